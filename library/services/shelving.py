"""Keeps `Title.is_here` true, whoever writes files: triggers of the database do it.

A shelf of 100,000 titles cannot ask each whether it has a file; an index over a kept
mark can. Files are written in many places, in bulk, by cascades and by the admin, so
that no single service sees all of them: the database does (docs/adr/0012).
"""

from collections.abc import Iterator
from typing import Any

from django.apps import apps as every_app
from django.apps.registry import Apps
from django.core.exceptions import FieldDoesNotExist
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext

from drivearr.lib.counting import counted
from drivearr.web.checking import Finding
from library import triggers
from library.models import MediaFile, Title
from library.models.title import TitleQuerySet


def install(*, using: str = DEFAULT_DB_ALIAS) -> None:
    """Make the triggers anew and mend what went wrong without them."""
    connection = connections[using]
    remove(using=using)
    with connection.cursor() as cursor:
        for statement in triggers.MAKE[connection.vendor]:
            cursor.execute(statement)
    settle()


def remove(*, using: str = DEFAULT_DB_ALIAS) -> None:
    """Drop the triggers, as before a migration: SQLite makes tables anew."""
    connection = connections[using]
    tables = connection.introspection.table_names()
    with connection.cursor() as cursor:
        for name, table in zip(triggers.NAMES, triggers.TABLES, strict=True):
            if table in tables:
                on = f" ON {table}" if connection.vendor == "postgresql" else ""
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on}")


def is_installed() -> bool:
    """Whether all triggers are there."""
    connection = connections[DEFAULT_DB_ALIAS]
    with connection.cursor() as cursor:
        cursor.execute(triggers.LIST[connection.vendor])
        return {*triggers.NAMES} <= {name for (name,) in cursor.fetchall()}


def settle() -> int:
    """Set right every mark that is wrong; return how many were."""
    gone, come = _wrong()
    return gone.update(is_here=False) + come.update(is_here=True)


def _wrong() -> tuple[TitleQuerySet, TitleQuerySet]:
    """Return the titles marked though no file is there, and those not marked."""
    present = Exists(MediaFile.objects.present().filter(title=OuterRef("pk")))
    titles = Title.objects.all()
    return (
        titles.filter(~present, is_here=True),
        titles.filter(present, is_here=False),
    )


def check_shelf() -> Iterator[Finding]:
    """Look whether the shelf shows what there are files of."""
    wrong = sum(rows.count() for rows in _wrong())
    ok = is_installed() and not wrong
    said = gettext("The library lists what there are files of, and nothing else.")
    if wrong:
        said = gettext("The library lists {titles} wrongly.").format(
            titles=counted(wrong, "title")
        )
    elif not ok:
        said = gettext("Nothing keeps the library's lists in step with the files.")
    yield Finding(
        name=gettext("library lists"),
        ok=ok,
        message=said,
        advice="" if ok else gettext("Restart Drivearr: it mends this as it starts."),
        page="" if ok else "title_list",
    )


def before_migrating(*, using: str, **_: Any) -> None:
    """Hear that migrations begin."""
    remove(using=using)


def after_migrating(*, using: str, apps: Apps = every_app, **_: Any) -> None:
    """Hear that migrations ended, perhaps at a state that knows no mark."""
    try:
        apps.get_model("library", "Title")._meta.get_field("is_here")  # noqa: SLF001 - Django's own name
    except (LookupError, FieldDoesNotExist):
        return
    install(using=using)
