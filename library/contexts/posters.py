"""Posters of titles: the picture we have, else what is needed to draw one."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.http import urlencode

from library.models import Artwork, Title

SMALL_WIDTH, LARGE_WIDTH = 342, 780


@dataclass(frozen=True, slots=True)
class Poster:
    """A poster; without a url the name is drawn in its place."""

    name: str
    url: str = ""
    large_url: str = ""


def posters_of(titles: Iterable[Title]) -> dict[int, Poster]:
    """Return the poster of each title; one query."""
    names = {title.pk: title.name for title in titles}
    pictures = Artwork.objects.filter(
        title__in=list(names), season=None, role=Artwork.Role.POSTER
    ).exclude(file="")
    found = {row.title_id: _poster(names[row.title_id], row) for row in pictures}
    return {pk: found.get(pk) or Poster(name) for pk, name in names.items()}


def _poster(name: str, row: Artwork) -> Poster:
    return Poster(name, _url(row, SMALL_WIDTH), _url(row, LARGE_WIDTH))


def _url(row: Artwork, width: int) -> str:
    # The file's name changes with the picture, so that it may be cached for ever.
    query = urlencode({"v": row.file[-16:]})
    return f"{reverse('artwork', args=[row.pk, width])}?{query}"
