"""Posters: found beside the files first, then at the source; kept small in a cache."""

import logging
import secrets
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from blake3 import blake3
from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from drivearr.lib.errors import SkipFile
from drivearr.lib.progress import Progress
from library.facts import TitleFacts
from library.metadata.source import (
    Source,
    SourceLacks,
    SourceTrouble,
    SourceUnreachable,
)
from library.models import Artwork, MediaFile, Root, Season, SideFile, Title
from library.pairing import find_season
from library.services.gathering import folder_of, read_small

logger = logging.getLogger(__name__)

WIDTHS = {"POSTER": (342, 780), "BACKDROP": (780, 1280)}
REMOTE_GOOD_FOR = timedelta(days=150)
"""TMDb's terms: no picture is kept longer than six months without asking again."""
TRY_AGAIN_AFTER = timedelta(days=1)
SOURCE_TROUBLES_MOST = 3
_ROLES = ("POSTER", "BACKDROP", "SEASON_POSTER", "SEASON_BACKDROP")


@dataclass(frozen=True, slots=True)
class Place:
    """What a picture is for."""

    title_id: int
    season_id: int | None
    role: str


def picture_path(*, artwork: Artwork, width: int) -> Path | None:
    """Return the kept picture that is at least `width` pixels wide, else the widest.

    None when it has not been fetched, or its file is gone.
    """
    if not artwork.file:
        return None
    widths = WIDTHS[artwork.role]
    fitting = [each for each in widths if each >= width] or [widths[-1]]
    for each in (*fitting, *reversed(widths)):
        path = Path(settings.ARTWORK_DIR) / f"{artwork.file}-{each}.webp"
        if path.is_file():
            return path
    return None


# --- What there is --------------------------------------------------------------------


def note_remote(*, title: Title, facts: TitleFacts, origin: str) -> None:
    """Remember which pictures the source has; those beside the files outrank them."""
    if origin.upper() not in {Artwork.Origin.TMDB, Artwork.Origin.TVDB}:
        return
    pictures = {
        Place(title.pk, None, "POSTER"): facts.poster,
        Place(title.pk, None, "BACKDROP"): facts.backdrop,
    }
    numbers = dict(title.seasons.values_list("number", "pk"))
    for season in facts.seasons:
        if season.number in numbers:
            place = Place(title.pk, numbers[season.number], "POSTER")
            pictures[place] = season.poster
    for place, path in pictures.items():
        if path:
            _note(place, origin=origin.upper(), source=path, version="")


def note_local(*, roots: Iterable[Root]) -> None:
    """Look through the pictures beside the files of these roots."""
    for root in roots:
        for place, side in _local_pictures(root):
            _note(
                place,
                origin=Artwork.Origin.LOCAL,
                source=f"{root.path}/{side.relpath}",
                version=f"{side.size_bytes}-{side.mtime_ns}",
            )


def _note(place: Place, *, origin: str, source: str, version: str) -> None:
    """Write down a picture if it is new, another one, or outranks what is there."""
    row = Artwork.objects.filter(
        title=place.title_id, season=place.season_id, role=place.role
    ).first()
    if row is None:
        Artwork.objects.create(
            title_id=place.title_id,
            season_id=place.season_id,
            role=place.role,
            origin=origin,
            source=source[:1000],
            source_version=version,
        )
        return
    is_outranked = row.origin == Artwork.Origin.LOCAL != origin
    is_same = (row.origin, row.source, row.source_version) == (origin, source, version)
    if is_outranked or is_same:
        return
    # The old picture stays in view until the new one is here.
    Artwork.objects.filter(pk=row.pk).update(
        origin=origin,
        source=source[:1000],
        source_version=version,
        fetched_at=None,
        failed_at=None,
    )


def _local_pictures(root: Root) -> Iterator[tuple[Place, SideFile]]:
    sides = SideFile.objects.filter(
        root=root, kind=SideFile.Kind.ARTWORK, role__in=_ROLES
    ).order_by("relpath")
    by_folder: dict[str, list[SideFile]] = defaultdict(list)
    by_file: dict[int, list[SideFile]] = defaultdict(list)
    for side in sides:
        if side.media_file_id is None:
            by_folder[folder_of(side.relpath)].append(side)
        else:
            by_file[side.media_file_id].append(side)
    if not by_folder and not by_file:
        return
    taken: set[Place] = set()
    homes = _homes(root)
    for place, side in _pictures_at(homes, by_folder, by_file):
        if place not in taken:
            taken.add(place)
            yield place, side


@dataclass(frozen=True, slots=True)
class _Home:
    """Where a title's files lie."""

    file_id: int
    title_id: int
    is_show: bool
    folder: str
    show_folder: str
    season_id: int | None


def _homes(root: Root) -> list[_Home]:
    files = MediaFile.objects.present().filter(root=root, title__isnull=False)
    rows = files.order_by("relpath").values_list(
        "pk",
        "title",
        "title__kind",
        "relpath",
        "parsed__show_folder",
        "items__season",
    )
    return [
        _Home(
            pk,
            title,
            kind == Title.Kind.SHOW,
            folder_of(relpath),
            show_folder or "",
            season,
        )
        for pk, title, kind, relpath, show_folder, season in rows.distinct()
    ]


def _pictures_at(
    homes: list[_Home],
    by_folder: dict[str, list[SideFile]],
    by_file: dict[int, list[SideFile]],
) -> Iterator[tuple[Place, SideFile]]:
    titles: dict[str, set[int]] = defaultdict(set)
    for home in homes:
        titles[home.folder].add(home.title_id)
        titles[home.show_folder].add(home.title_id)
    for home in homes:
        for side in by_file.get(home.file_id, ()):
            if not home.is_show:
                yield Place(home.title_id, None, side.role), side
        # A folder's pictures are a title's only where no other title lives.
        folder = home.show_folder if home.is_show else home.folder
        if folder and len(titles[folder]) == 1:
            yield from _of_folder(home.title_id, by_folder.get(folder, ()))
        if home.is_show and home.season_id and home.folder != home.show_folder:
            for side in by_folder.get(home.folder, ()):
                if side.role == "POSTER":
                    yield Place(home.title_id, home.season_id, "POSTER"), side


def _of_folder(
    title_id: int, sides: Iterable[SideFile]
) -> Iterator[tuple[Place, SideFile]]:
    for side in sides:
        if not side.role.startswith("SEASON_"):
            yield Place(title_id, None, side.role), side
            continue
        number = find_season(side.relpath.rpartition("/")[2])
        if number is None:
            continue
        season = Season.objects.filter(title=title_id, number=number).first()
        if season and side.role == "SEASON_POSTER":
            yield Place(title_id, season.pk, "POSTER"), side


# --- Fetching -------------------------------------------------------------------------


def fetch_artwork(*, sources: Iterable[Source], progress: Progress) -> int:
    """Fetch what is noted and not here, or old; returns how many pictures came.

    Pictures beside the files, and those of these sources. Trouble with one picture is
    reported and tried again after a day.
    """
    by_origin = {source.name.upper(): source for source in sources}
    pks = list(_due(by_origin).order_by("pk").values_list("pk", flat=True))
    if not pks:
        return 0
    progress.expect(len(pks), "ITEMS")
    progress.note("Pictures")
    fetched = troubles = 0
    for pk in pks:
        progress.check()
        row = Artwork.objects.filter(pk=pk).first()
        is_remote = row is not None and row.origin != Artwork.Origin.LOCAL
        if row is None or (is_remote and troubles >= SOURCE_TROUBLES_MOST):
            continue
        try:
            fetched += _fetch(row, by_origin.get(row.origin))
        except SkipFile as error:
            is_lack = isinstance(error, SourceLacks)
            troubles += isinstance(error, SourceTrouble) and not is_lack
            Artwork.objects.filter(pk=pk).update(failed_at=timezone.now())
            progress.report(error, path=row.source)
        progress.advance()
    return fetched


def _due(origins: Iterable[str]) -> "QuerySet[Artwork]":
    now = timezone.now()
    is_old = ~Q(origin="LOCAL") & Q(fetched_at__lt=now - REMOTE_GOOD_FOR)
    rows = Artwork.objects.filter(Q(fetched_at=None) | is_old)
    rows = rows.filter(Q(failed_at=None) | Q(failed_at__lt=now - TRY_AGAIN_AFTER))
    return rows.filter(origin__in=["LOCAL", *origins])


def _fetch(row: Artwork, source: Source | None) -> bool:
    # Late: Pillow takes memory that a process that only serves pictures need not carry.
    from library.pictures import make_variants  # noqa: PLC0415

    data = _read(row, source)
    pictures = make_variants(data, widths=WIDTHS[row.role])
    digest = blake3(data).hexdigest(length=16)
    name = f"{digest[:2]}/{digest}"
    for width, picture in pictures.variants:
        _write_whole(Path(settings.ARTWORK_DIR) / f"{name}-{width}.webp", picture)
    old = row.file
    Artwork.objects.filter(
        pk=row.pk, source=row.source, source_version=row.source_version
    ).update(
        file=name,
        width=pictures.width,
        height=pictures.height,
        fetched_at=timezone.now(),
        failed_at=None,
    )
    if old and old != name:
        _forget_picture(old, row.role)
    return True


class PictureUnreadable(SkipFile):
    """A picture beside a file cannot be read."""

    code = "PICTURE_UNREADABLE"
    advice = gettext_noop("Check its owner and permissions.")


def _read(row: Artwork, source: Source | None) -> bytes:
    from library.pictures import MOST_BYTES  # noqa: PLC0415 - as above

    if row.origin == Artwork.Origin.LOCAL:
        try:
            return read_small(Path(row.source), most_bytes=MOST_BYTES + 1)
        except OSError as error:
            raise PictureUnreadable(
                gettext("It cannot be read: {strerror}.").format(
                    strerror=error.strerror
                )
            ) from error
    if source is None:
        raise SourceUnreachable(gettext("There is no source to fetch it from."))
    return source.fetch_picture(path=row.source, width=max(WIDTHS[row.role]))


def _write_whole(path: Path, data: bytes) -> None:
    """Write so that nobody ever sees half a picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        partial.write_bytes(data)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _forget_picture(name: str, role: str) -> None:
    if Artwork.objects.filter(file=name).exists():
        return
    for width in WIDTHS[role]:
        path = Path(settings.ARTWORK_DIR) / f"{name}-{width}.webp"
        path.unlink(missing_ok=True)
