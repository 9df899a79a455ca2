"""Rows of the library for tests: real files where a test copies them."""

import os
from itertools import count
from pathlib import Path

import factory
from factory.django import DjangoModelFactory

from library.fingerprinting import read_fingerprint
from library.models import Item, MediaFile, MediaFileItem, Root, Season, SideFile, Title

_numbers = count(1)


def make_root(path: Path, *, kind: str = Root.Kind.MOVIES) -> Root:
    path.mkdir(parents=True, exist_ok=True)
    return Root.objects.create(path=str(path), kind=kind, state=Root.State.AVAILABLE)


def make_title(
    name: str = "Quiet Harbour",
    *,
    year: int | None = 1999,
    kind: str = Title.Kind.MOVIE,
) -> Title:
    return Title.objects.create(
        kind=kind,
        name=name,
        sort_name=name.casefold(),
        year=year,
        identity_key=f"test:{next(_numbers)}",
    )


def make_file(
    root: Root,
    relpath: str,
    *,
    title: Title,
    items: list[Item],
    data: bytes | None = None,
    part: int | None = None,
) -> MediaFile:
    """Write a real file and its row, matched."""
    path = root.folder / relpath
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(os.urandom(100_000) if data is None else data)
    about = path.stat()
    file = MediaFile.objects.create(
        root=root,
        relpath=relpath,
        size_bytes=about.st_size,
        mtime_ns=about.st_mtime_ns,
        fingerprint=read_fingerprint(path),
        title=title,
        match_state=MediaFile.Match.MATCHED,
        matched_by=MediaFile.MatchedBy.AUTO,
        part=part,
    )
    MediaFileItem.objects.bulk_create(
        MediaFileItem(media_file=file, item=item, position=place)
        for place, item in enumerate(items)
    )
    return file


def make_movie(
    root: Root, name: str = "Quiet Harbour", *, data: bytes | None = None
) -> Title:
    """A movie with its item and a real file."""
    title = make_title(name)
    item = Item.objects.create(title=title, name=name)
    make_file(root, f"{name} (1999)/{name}.mkv", title=title, items=[item], data=data)
    return title


def make_show(
    root: Root, name: str = "Lantern Street", *, seasons: dict[int, int]
) -> Title:
    """A show; `seasons`: number → episodes, each with a real file."""
    title = make_title(name, year=2001, kind=Title.Kind.SHOW)
    for number, episodes in seasons.items():
        season = Season.objects.create(title=title, number=number)
        for episode in range(1, episodes + 1):
            item = Item.objects.create(
                title=title, season=season, number=episode, name=f"Part {episode}"
            )
            relpath = f"{name}/Season {number}/{name} S{number:02d}E{episode:02d}.mkv"
            make_file(root, relpath, title=title, items=[item], data=os.urandom(20_000))
    return title


def make_side(
    file: MediaFile, suffix: str, *, kind: str, data: bytes = b"x"
) -> SideFile:
    """A side file beside a media file, real."""
    path = (file.root.folder / file.relpath).with_suffix("")
    path = path.with_name(path.name + suffix)
    path.write_bytes(data)
    return SideFile.objects.create(
        root=file.root,
        relpath=str(path.relative_to(file.root.folder)),
        kind=kind,
        media_file=file,
        suffix=suffix,
        size_bytes=len(data),
        mtime_ns=path.stat().st_mtime_ns,
    )


class RootFactory(DjangoModelFactory[Root]):
    """A root whose folder need not be there."""

    class Meta:
        model = Root

    path = factory.Sequence(lambda n: f"/media/films-{n}")
    kind = Root.Kind.MOVIES


class TitleFactory(DjangoModelFactory[Title]):
    """A movie without files; `kind="SHOW"` for a show."""

    class Meta:
        model = Title

    kind = Title.Kind.MOVIE
    name = factory.Sequence(lambda n: f"Film {n}")
    sort_name = factory.LazyAttribute(lambda row: row.name.casefold())
    search_text = factory.LazyAttribute(lambda row: row.name.casefold())
    identity_key = factory.Sequence(lambda n: f"factory:{n}")
    year = 2001


class SeasonFactory(DjangoModelFactory[Season]):
    """A season of a show of its own."""

    class Meta:
        model = Season

    title = factory.SubFactory(TitleFactory, kind=Title.Kind.SHOW)
    number = factory.Sequence(lambda n: n + 1)


class EpisodeFactory(DjangoModelFactory[Item]):
    """An episode of a season of its own."""

    class Meta:
        model = Item

    season = factory.SubFactory(SeasonFactory)
    title = factory.SelfAttribute("season.title")
    number = factory.Sequence(lambda n: n + 1)


class MediaFileFactory(DjangoModelFactory[MediaFile]):
    """A row of a file that is there but was not looked at; on no disk."""

    class Meta:
        model = MediaFile

    root = factory.SubFactory(RootFactory)
    relpath = factory.Sequence(lambda n: f"Film {n}/Film {n}.mkv")
    size_bytes = 1000
    mtime_ns = 1
    fingerprint = factory.Sequence(lambda n: f"1000-{n}")
