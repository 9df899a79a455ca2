"""Rows below a folder, found through the index of their paths."""

from django.db import connection
from django.db.models import Q


def below(folder: str) -> Q:
    """Return the condition that `relpath` lies in `folder`, however deep.

    SQLite's LIKE knows no capitals and walks no index: there the bounds of the texts
    that begin so are asked for ("0" follows "/"). PostgreSQL may sort texts by a
    language's rules, in which bounds say nothing.
    """
    inside = f"{folder}/"
    if connection.vendor == "sqlite":
        return Q(relpath__gt=inside, relpath__lt=f"{folder}0")
    return Q(relpath__startswith=inside)
