"""What Plex says of the files of a title: versions, parts, tracks, chapters, trouble."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from drivearr.lib.counting import counted
from drivearr.lib.text import size_words
from library.models import Title
from plexlink.models import PlexItem, PlexPart

FILES_SHOWN = 100
_TRACKS_SHOWN = 8


@dataclass(frozen=True, slots=True)
class PlexFile:
    """One file of an item, in words."""

    name: str
    """"S01E02", the edition, "Version 2, part 1"; empty where there is but one."""
    path: str
    facts: str
    tracks: tuple[str, ...]
    """"Subtitles: German (SRT)", and so on."""
    state: str
    state_label: str
    error: str
    error_count: int
    scanned_at: datetime | None


def list_files(title: Title) -> tuple[PlexFile, ...]:
    """Return the files Plex has of a title, at most so many; one query."""
    parts = (
        PlexPart.objects.filter(plex_item__title=title)
        .exclude(plex_item__state=PlexItem.State.FILE_NOT_FOUND)
        .select_related("plex_item")
        .order_by(
            *("plex_item__season_number", "plex_item__number", "plex_item"),
            *("version", "position", "pk"),
        )
    )
    found = list(parts[:FILES_SHOWN])
    return tuple(_file(part, found) for part in found)


def _file(part: PlexPart, all_parts: Sequence[PlexPart]) -> PlexFile:
    item = part.plex_item
    others = [each for each in all_parts if each.plex_item_id == item.pk]
    return PlexFile(
        name=_name(part, others),
        path=part.file,
        facts=" · ".join(_facts(part)),
        tracks=tuple(_tracks(part.streams, item.extras)),
        state=item.state,
        state_label=str(item.get_state_display()),
        error=item.error,
        error_count=item.error_count,
        scanned_at=item.scanned_at,
    )


def _name(part: PlexPart, others: Sequence[PlexPart]) -> str:
    item = part.plex_item
    said = []
    if item.kind == PlexItem.Kind.EPISODE and item.number is not None:
        said.append(f"S{item.season_number or 0:02}E{item.number:02}")
    if part.edition:
        said.append(part.edition)
    if any(each.version != part.version for each in others):
        said.append(gettext("version {number}").format(number=part.version + 1))
    if any(each.version == part.version and each.pk != part.pk for each in others):
        said.append(gettext("part {number}").format(number=part.position + 1))
    return ", ".join(said)


def _facts(part: PlexPart) -> list[str]:
    videos = [each for each in part.streams if each.get("type") == "VIDEO"]
    minutes = round(part.duration_ms / 60_000)
    said = (
        part.container,
        str(videos[0].get("displayTitle", "")) if videos else "",
        gettext("{minutes} min").format(minutes=minutes) if minutes else "",
        size_words(part.size_bytes) if part.size_bytes else "",
    )
    return [each for each in said if each]


def _tracks(streams: Iterable[dict[str, Any]], extras: dict[str, Any]) -> list[str]:
    named: dict[str, list[str]] = {"AUDIO": [], "SUBTITLE": []}
    for stream in streams:
        kind = named.get(str(stream.get("type")))
        name = stream.get("displayTitle") or stream.get("languageTag")
        if kind is not None and name:
            kind.append(str(name))
    lines = (
        (gettext("Sound"), named["AUDIO"]),
        (gettext("Subtitles"), named["SUBTITLE"]),
    )
    said = [
        f"{label}: {', '.join(names[:_TRACKS_SHOWN])}"
        for label, names in lines
        if names
    ]
    chapters = extras.get("chapters", [])
    if chapters:
        said.append(counted(len(chapters), "chapter"))
    markers = dict.fromkeys(str(each[0]) for each in extras.get("markers", []))
    if markers:
        said.append(gettext("Marked: {names}").format(names=", ".join(markers)))
    return said
