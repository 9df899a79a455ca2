"""What is in a file, in words for a person."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext

from drivearr.lib.counting import counted
from library.languages import name_language
from library.models import MediaFacts

TRACKS_SHOWN = 8
_CHANNELS = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}


def name_facts(facts: MediaFacts) -> tuple[str, ...]:
    """Return "Matroska", "HEVC", "1920 × 1080", "HDR10", "2 h 10 min", "12 chapters"."""
    size = f"{facts.width} × {facts.height}" if facts.width and facts.height else ""
    chapters = counted(facts.chapters, "chapter") if facts.chapters > 1 else ""
    length = _length(facts.duration_seconds) if facts.duration_seconds else ""
    said = (facts.container, facts.video_codec, size, facts.hdr, length, chapters)
    return tuple(filter(None, said))


def name_tracks(facts: MediaFacts) -> tuple[str, ...]:
    """Return "Sound: English AC-3 5.1" and "Subtitles: English, German forced"."""
    lines = (
        (gettext("Sound"), _sounds(facts.audio)),
        (gettext("Subtitles"), _texts(facts.subtitles)),
    )
    return tuple(f"{label}: {_joined(names)}" for label, names in lines if names)


def _length(seconds: float) -> str:
    minutes = round(seconds / 60)
    if not minutes:
        return gettext("{seconds} s").format(seconds=round(seconds))
    hours, rest = divmod(minutes, 60)
    said = gettext("{hours} h {minutes} min") if hours else gettext("{minutes} min")
    return said.format(hours=hours, minutes=rest if hours else minutes)


def _sounds(tracks: Iterable[dict[str, Any]]) -> list[str]:
    return [
        _words(
            name_language(track.get("language") or ""),
            track.get("codec"),
            _CHANNELS.get(track.get("channels") or 0, ""),
        )
        for track in tracks
    ]


def _texts(tracks: Iterable[dict[str, Any]]) -> list[str]:
    return [
        _words(
            name_language(track.get("language") or "")
            or track.get("title")
            or track.get("codec"),
            gettext("forced") if track.get("is_forced") else "",
            gettext("for the hard of hearing") if track.get("is_sdh") else "",
        )
        for track in tracks
    ]


def _words(*parts: object) -> str:
    return " ".join(str(part) for part in parts if part)


def _joined(names: list[str]) -> str:
    more = len(names) - TRACKS_SHOWN
    said = ", ".join(names[:TRACKS_SHOWN])
    if more <= 0:
        return said
    return gettext("{names} and {n} more").format(names=said, n=more)
