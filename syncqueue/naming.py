"""Names on drives: one scheme that every file system and player takes.

`Movies/Title (Year)/Title (Year).mkv`,
`TV Shows/Title (Year)/Season 01/Title (Year) - S01E01 - Episode.mkv`, `Videos/…`.
The name written is recorded; later matching never makes the name again.
"""

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple

MOST_BYTES = 240
"""Of a component, in UTF-8: leaves room for `.drivearr-partial` below 255."""
MOST_PATH_UNITS = 240
"""Of the whole path, in UTF-16: Windows without long paths takes 260."""
SIDE_ROOM_BYTES = 28
"""Kept free behind a video's name, so that `.pt-BR.forced.srt` fits in its place."""
_FOLDER_MOST_BYTES = 110
_EDITION_MOST_BYTES = 30
_NUMBERS_MOST = 8
"""Episodes named one by one; more than that lie in no file with a gap."""
_HASH_LENGTH = 6
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_PLAIN = re.compile(r"[A-Za-z0-9][\w()\[\]{}&+,;=@#$%!'~. -]*", re.ASCII)
"""Nothing in it needs changing but spaces and dots."""
_READY = re.compile(
    r"[a-z0-9][\w()\[\]{}&+,;=@#$%!'~.-]*(?: [\w()\[\]{}&+,;=@#$%!'~.-]+)*(?<!\.)",
    re.ASCII | re.IGNORECASE,
)
"""Nothing in it needs changing at all, unless it is a reserved name."""
_RESERVED_BEGINS = frozenset({"con", "prn", "aux", "nul", "com", "lpt"})
_UNPRINTABLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
# Source: Microsoft, "Naming Files, Paths, and Namespaces".
_RESERVED = re.compile(
    r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)", re.IGNORECASE
)
_REPLACED = {
    ":": " -",
    "/": "-",
    "\\": "-",
    "|": "-",
    '"': "'",
    "?": "",
    "*": "",
    "<": "(",
    ">": ")",
}


class Named(NamedTuple):
    """What a file's name is made of; a tuple, for a plan makes tens of thousands."""

    kind: str
    """MOVIE, SHOW or OTHER."""
    title: str
    year: int | None = None
    episodes: Sequence[tuple[int, int]] = ()
    """(season, number) of each episode the file holds, in order."""
    episode_name: str = ""
    air_date: date | None = None
    """Stands for season and number where episodes are known by their day."""
    edition: str = ""
    part: int | None = None


def safe_component(text: str, *, suffix: str = "", most_bytes: int = MOST_BYTES) -> str:
    """Return `text` + `suffix` as a name that every file system takes.

    NFC; no reserved characters or names, no dot or space at either end; cut to
    `most_bytes` with a mark of what was cut off, the suffix kept.
    """
    if (
        len(text) + len(suffix.encode()) <= most_bytes
        and _READY.fullmatch(text)
        and text[:3].lower() not in _RESERVED_BEGINS
    ):
        return text + suffix
    if not _PLAIN.fullmatch(text):
        text = _printable(text)
    text = " ".join(text.split()).strip(" .") or "_"
    if _RESERVED.fullmatch(text.split(".", 1)[0].strip()):
        text = f"_{text}"
    return _cut(text, most_bytes - len(suffix.encode())) + suffix


def _printable(text: str) -> str:
    text = unicodedata.normalize("NFC", text)
    text = _FORBIDDEN.sub(lambda match: _REPLACED.get(match[0], " "), text)
    if not text.isprintable():
        text = "".join(
            " " if unicodedata.category(c) in _UNPRINTABLE else c for c in text
        )
    return unicodedata.normalize("NFC", text)


def _cut(text: str, most_bytes: int) -> str:
    data = text.encode()
    if len(data) <= most_bytes:
        return text
    mark = "~" + hashlib.sha256(data).hexdigest()[:_HASH_LENGTH]
    kept = data[: max(most_bytes - len(mark), 1)].decode(errors="ignore")
    # Not between a letter and its accent.
    while kept and unicodedata.combining(text[len(kept)]):
        kept = kept[:-1]
    return kept.rstrip(" .") + mark


def safe_extension(name: str) -> str:
    """Return the extension of a file name, in lower case, when it is a plain one."""
    dot = name.rfind(".")
    return _safe_extension(name[dot:]) if dot >= 0 else ""


@lru_cache(maxsize=256)
def _safe_extension(end: str) -> str:
    found = re.match(r"\.[A-Za-z0-9]{1,8}$", end)
    return found[0].lower() if found else ""


def clash_key(relpath: str) -> str:
    """Return what is equal for names that some file system takes for one."""
    if relpath.isascii():
        return relpath.lower()
    folded = unicodedata.normalize("NFC", relpath).casefold()
    return unicodedata.normalize("NFC", folded)


def folder_of(named: Named, *, mark: str = "") -> str:
    """Return the title's folder; `mark` tells twins apart: ` {tmdb-1}`."""
    return _folder(named.kind, _label(named.title, named.year), mark)


@lru_cache(maxsize=4096)
def _folder(kind: str, label: str, mark: str) -> str:
    top = {"MOVIE": "Movies", "SHOW": "TV Shows"}.get(kind, "Videos")
    name = safe_component(label, suffix=mark, most_bytes=_FOLDER_MOST_BYTES)
    return f"{top}/{name}"


@lru_cache(maxsize=256)
def _stem(label: str, mark: str, most_bytes: int) -> str:
    """Return how a file's name begins: for the episodes of a show mostly the same."""
    return safe_component(label, suffix=mark, most_bytes=most_bytes)


def _label(title: str, year: int | None) -> str:
    return f"{title} ({year})" if year else title


def video_relpath(named: Named, *, extension: str, mark: str = "") -> str:
    """Return where a video goes on a drive.

    The path has at most 240 UTF-16 units. What does not fit is cut from the episode's
    own name, then from the title's; season, episode and part stay.
    """
    label = _label(named.title, named.year)
    folder = _folder(named.kind, label, mark)
    if named.kind == "SHOW" and named.episodes:
        folder = f"{folder}/Season {named.episodes[0][0]:02d}"
    tail = _tail(named)
    # No text has more UTF-16 units than UTF-8 bytes: bytes are the stricter measure.
    most = min(MOST_BYTES, MOST_PATH_UNITS - _units(folder) - 1) - SIDE_ROOM_BYTES
    most_without = most - len(extension.encode())
    stem = _stem(label, mark, most_without - len(tail.encode())) + tail
    if named.episode_name:
        room = most_without - len(stem.encode())
        if room > len(" - ") + 2 * _HASH_LENGTH:
            whole = f"{stem} - {named.episode_name}"
            name = safe_component(whole, suffix=extension, most_bytes=most)
            return f"{folder}/{name}"
    return f"{folder}/{stem}{extension}"


def _tail(named: Named) -> str:
    tail = ""
    if named.air_date is not None:
        tail = f" - {named.air_date.isoformat()}"
    elif named.episodes:
        tail = f" - S{named.episodes[0][0]:02d}{_numbers(named.episodes)}"
    if named.edition:
        tail += " - " + safe_component(named.edition, most_bytes=_EDITION_MOST_BYTES)
    if named.part is not None:
        tail += f" - part{named.part}"
    return tail


def _numbers(episodes: Sequence[tuple[int, int]]) -> str:
    """Return `E01`, `E01-E03` for a run, `E01E03` where one is left out."""
    if len(episodes) == 1:
        return f"E{episodes[0][1]:02d}"
    numbers = [number for _, number in episodes]
    first, last = numbers[0], numbers[-1]
    if last > first and numbers == list(range(first, last + 1)):
        return f"E{first:02d}-E{last:02d}"
    return "".join(f"E{number:02d}" for number in numbers[:_NUMBERS_MOST])


def _units(text: str) -> int:
    if text.isascii():
        return len(text)
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def side_relpath(video: str, *, suffix: str) -> str:
    """Return where a side file goes: the video's name with `.en.srt` in its place."""
    folder, _, name = video.rpartition("/")
    stem = name.rpartition(".")[0] or name
    extension = safe_extension(suffix) or ".side"
    flags = suffix[: len(suffix) - len(extension)] if suffix else ""
    flags = re.sub(r"[^\w\-\[\]]+", ".", unicodedata.normalize("NFC", flags))
    flags = _cut(flags.strip("."), SIDE_ROOM_BYTES - len(extension) - 1)
    # Players know `-thumb.jpg` by its dash.
    dot = "" if flags.startswith("-") or not flags else "."
    plain = f"{dot}{flags}{extension}"
    return f"{folder}/{safe_component(stem, suffix=plain)}"


def beside(video: str, *, name: str, levels: int = 0) -> str:
    """Return where a folder's own file goes (poster.jpg), `levels` folders higher."""
    folders = video.split("/")[:-1]
    folders = folders[: len(folders) - levels]
    extension = safe_extension(name)
    stem = name[: len(name) - len(extension)] if extension else name
    room = min(MOST_BYTES, MOST_PATH_UNITS - _units("/".join(folders)) - 1)
    return "/".join([*folders, safe_component(stem, suffix=extension, most_bytes=room)])
