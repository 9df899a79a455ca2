"""A small library for the tests of drives: titles, items and files, as rows."""

from collections.abc import Iterable
from pathlib import Path

from library.fingerprinting import read_fingerprint
from library.models import (
    ExternalId,
    Item,
    MediaFile,
    MediaFileItem,
    Root,
    Season,
    Title,
)
from library.models.title import fold


def make_root(path: str | Path = "/library", kind: str = "MOVIES") -> Root:
    return Root.objects.get_or_create(path=str(path), defaults={"kind": kind})[0]


def make_title(
    name: str, *, kind: str = "MOVIE", year: int | None = None, tmdb: str = ""
) -> Title:
    title = Title.objects.create(
        kind=kind,
        identity_key=f"{kind}:{name}:{year}",
        name=name,
        sort_name=name,
        search_text=fold(name),
        year=year,
    )
    if tmdb:
        ExternalId.objects.create(title=title, source="tmdb", value=tmdb)
    return title


def make_episode(show: Title, season: int, number: int) -> Item:
    row, _ = Season.objects.get_or_create(title=show, number=season)
    return Item.objects.create(title=show, season=row, number=number)


def make_file(
    title: Title,
    items: Iterable[Item],
    *,
    relpath: str = "",
    fingerprint: str = "",
    state: str = "PRESENT",
    part: int | None = None,
    path: Path | None = None,
) -> MediaFile:
    """Return a matched library file; `path`: a real one, whose size and content count."""
    count = MediaFile.objects.count()
    file = MediaFile.objects.create(
        root=make_root(),
        relpath=relpath or f"{title.name}/{count}.mkv",
        size_bytes=path.stat().st_size if path else 1000,
        mtime_ns=path.stat().st_mtime_ns if path else 0,
        fingerprint=read_fingerprint(path) if path else fingerprint or f"1000-{count}",
        state=state,
        missing_since=None if state == "PRESENT" else title.added_at,
        title=title,
        match_state="MATCHED",
        part=part,
    )
    for position, item in enumerate(items):
        MediaFileItem.objects.create(media_file=file, item=item, position=position)
    return file


def make_movie(
    name: str = "The Matrix", year: int | None = 1999, path: Path | None = None
) -> tuple[Title, Item, MediaFile]:
    title = make_title(name, year=year, tmdb=str(600 + Title.objects.count()))
    item = Item.objects.create(title=title, name=name)
    return title, item, make_file(title, [item], path=path)
