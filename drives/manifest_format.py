"""The manifest as bytes: what it may hold, written out, and read as foreign input.

`docs/manifest.md` publishes the format.
"""

import contextlib
import hashlib
import json
import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from drivearr.lib.errors import StopRun
from drivearr.lib.rootfolder import UnsafePath, check_relpath
from drivearr.lib.wording import gettext, gettext_noop

VERSION = 1
MOST_BYTES = 64 * 1024**2
MOST_FILES = 1_000_000
MOST_PARTS = 4_000_000
"""Commas and brackets: what a small file could unfold to in memory is bounded too."""
MOST_DEPTH = 16
MOST_HISTORY = 500
MOST_TEXT = 4096
_MOST_DIGITS = 20
_LARGEST = 2**63 - 1
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_HEXES = re.compile("(?:[0-9a-f]{0,64},)*")
T = TypeVar("T")


class ManifestUnreadable(StopRun):
    """There is a manifest, but neither it nor its copy can be understood."""

    code = "MANIFEST_UNREADABLE"
    advice = gettext_noop(
        "Nothing on the drive was touched. If you know which drive this "
        "is, say so: `drivearr drives assign`."
    )


class ManifestHostile(ManifestUnreadable):
    """A manifest holds what Drivearr never writes: paths that lead out, endless parts."""

    code = "MANIFEST_HOSTILE"
    advice = gettext_noop(
        "Nothing was touched. Use this drive only if you know where it "
        "comes from; delete its manifest there to begin anew."
    )


class ManifestFromTheFuture(StopRun):
    """A newer Drivearr wrote this manifest."""

    code = "MANIFEST_FROM_THE_FUTURE"
    advice = gettext_noop("Update Drivearr here, then plug the drive in again.")


@dataclass(frozen=True, slots=True)
class TitleFacts:
    """What a file is, so that an installation that never saw it can tell."""

    kind: str = ""
    """`MOVIE`, `SHOW`, `OTHER`; empty when it was not known."""
    name: str = ""
    year: int | None = None
    ids: Mapping[str, str] = field(default_factory=dict)
    """`{tmdb: "603", …}`."""
    episodes: tuple[tuple[int, int], ...] = ()
    """Season and number of each episode that the file holds."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file that Drivearr wrote."""

    relpath: str
    size_bytes: int
    mtime_ns: int = 0
    kind: str = "VIDEO"
    sha256: str = ""
    block_digests: tuple[str, ...] = ()
    """blake3 of each 64 MiB block."""
    verified_by: str = "NONE"
    verified_at: str = ""
    copied_at: str = ""
    source_fingerprint: str = ""
    job: int | None = None
    """The writing installation's number of the job that copied it."""
    title: TitleFacts = TitleFacts()
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Keys this version does not know; written back as they were."""


@dataclass(frozen=True, slots=True)
class Profile:
    """How the drive wants to be filled."""

    owner: str = ""
    label: str = ""
    side_files: str = ""
    verification: str = ""
    reserve_bytes: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    outdated: str = ""
    makes_room: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """One line of history."""

    at: str
    action: str
    title: str = ""
    relpath: str = ""
    size_bytes: int = 0
    verified_by: str = ""
    code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """The whole of it."""

    drive_uuid: uuid.UUID
    generation: int = 0
    name: str = ""
    filesystem_uuid: str = ""
    written_at: str = ""
    profile: Profile = Profile()
    files: tuple[Entry, ...] = ()
    history: tuple[Event, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


# --- Writing ----------------------------------------------------------------------


def encode(manifest: Manifest) -> bytes:
    """Return the file's bytes: a body, and a digest of it.

    Raises:
        UnsafePath: an entry's path is none below the drive.

    """
    body: dict[str, Any] = {
        "version": VERSION,
        "generation": manifest.generation,
        "written_at": manifest.written_at,
        "drive": {
            "uuid": str(manifest.drive_uuid),
            "name": _clean(manifest.name),
            "filesystem_uuid": _clean(manifest.filesystem_uuid),
        },
        "profile": _plain(manifest.profile),
        "files": [plain_entry(entry) for entry in manifest.files],
        "history": [_plain(line) for line in manifest.history[-MOST_HISTORY:]],
    }
    body = {**manifest.extra, **body}
    document = {"drivearr": body, "sha256": digest_of(body)}
    return json.dumps(document, ensure_ascii=False, indent=0).encode() + b"\n"


def plain_entry(entry: Entry) -> dict[str, Any]:
    """Return an entry as JSON keys.

    Raises: UnsafePath.
    """
    check_relpath(entry.relpath)
    plain = _plain(entry)
    title = _plain(entry.title)
    if title:
        plain["title"] = title
    return plain


def _plain(part: Any) -> dict[str, Any]:
    """Return a dataclass as JSON keys, without what is empty or another dataclass."""
    named = {name: getattr(part, name) for name in part.__dataclass_fields__}
    plain = dict(named.pop("extra", {}))
    for name, value in named.items():
        if value in ("", (), {}, None) or isinstance(value, TitleFacts):
            continue
        plain[name] = _clean(value) if isinstance(value, str) else value
    return plain


def _clean(text: str) -> str:
    """Replace what the reader refuses, so that we never lock ourselves out."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)[:MOST_TEXT]


def digest_of(body: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a body in canonical form (sorted keys, no blanks)."""
    canonical = json.dumps(
        body, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


# --- Reading ----------------------------------------------------------------------


class _Bad(Exception):
    """What is damaged, in words."""


class _Hostile(Exception):
    """What no accident makes, in words."""


def decode(data: bytes) -> Manifest:
    """Return what a manifest's bytes say.

    Raises:
        ManifestUnreadable: they are damaged; the message says how.
        ManifestHostile: they hold what Drivearr never writes.
        ManifestFromTheFuture: a newer schema.

    """
    with _in_words():
        return _decode(data)


def parse_json(text: bytes) -> Any:
    """Return what JSON says, as strictly as a manifest is read.

    Raises: ManifestUnreadable, ManifestHostile.
    """
    with _in_words():
        return _parse(text)


def entries_of(rows: Any) -> tuple[Entry, ...]:
    """Return entries from parsed JSON.

    Raises: ManifestUnreadable, ManifestHostile.
    """
    with _in_words():
        return tuple(_entry_of(_mapping(row)) for row in _list(rows))


@contextlib.contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except _Hostile as error:
        raise ManifestHostile(
            gettext("The manifest is not one of ours: {error}.").format(error=error)
        ) from error
    except _Bad as error:
        raise ManifestUnreadable(
            gettext("The manifest cannot be used: {error}.").format(error=error)
        ) from error
    except RecursionError as error:
        raise ManifestHostile(gettext("The manifest is nested without end.")) from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ManifestUnreadable(gettext("The manifest is damaged.")) from error


def _decode(data: bytes) -> Manifest:
    if len(data) > MOST_BYTES:
        raise _Hostile(f"it is larger than {MOST_BYTES} bytes")
    document = _parse(data)
    body = document["drivearr"]
    _check_version(body["version"])
    if document["sha256"] != digest_of(body):
        raise _Bad("its digest does not match")
    return _manifest_of(body)


def _parse(data: bytes) -> Any:
    if sum(data.count(mark) for mark in (b",", b"[", b"{")) > MOST_PARTS:
        raise _Hostile("it has more parts than any drive has files")
    document = json.loads(
        data.decode("utf-8"),
        object_pairs_hook=_no_duplicates,
        parse_constant=_no_constant,
        parse_int=_int_of,
        parse_float=_no_constant,
    )
    _check_depth(document)
    return document


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Hostile("a key stands twice")
    return found


def _no_constant(name: str) -> Any:
    raise _Bad(f"{name[:_MOST_DIGITS]} is no whole number")


def _int_of(text: str) -> int:
    if len(text) > _MOST_DIGITS:
        raise _Hostile("a number is longer than any size")
    return int(text)


def _check_depth(document: Any) -> None:
    level = [document]
    for _ in range(MOST_DEPTH):
        level = [below for part in level for below in _parts_of(part)]
        if not level:
            return
    raise _Hostile("it is nested too deeply")


def _parts_of(part: Any) -> Iterable[Any]:
    values = part.values() if isinstance(part, dict) else part
    return (value for value in values if isinstance(value, dict | list))


def _check_version(version: Any) -> None:
    if type(version) is not int or version < 1:
        raise _Bad("its version is no number")
    if version > VERSION:
        raise ManifestFromTheFuture(
            gettext(
                "The drive's manifest has version {version}; this Drivearr knows "
                "{known}."
            ).format(version=version, known=VERSION)
        )


_BODY_KEYS = frozenset(
    "version generation written_at drive profile files history".split()  # noqa: SIM905
)


def _manifest_of(body: dict[str, Any]) -> Manifest:
    drive, files = _mapping(body["drive"]), _list(body["files"])
    if len(files) > MOST_FILES:
        raise _Hostile(f"it lists {len(files)} files")
    entries = tuple(_entry_of(_mapping(row)) for row in files)
    if len({entry.relpath for entry in entries}) != len(entries):
        raise _Hostile("a file is listed twice")
    history = _list(body.get("history", []))[-MOST_HISTORY:]
    return Manifest(
        drive_uuid=uuid.UUID(_text(drive["uuid"])),
        generation=_size(body["generation"]),
        name=_text(drive.get("name", ""))[:100],
        filesystem_uuid=_text(drive.get("filesystem_uuid", ""))[:100],
        written_at=_text(body.get("written_at", "")),
        profile=_profile_of(_mapping(body.get("profile", {}))),
        files=entries,
        history=tuple(_event_of(_mapping(line)) for line in history),
        extra={key: body[key] for key in body.keys() - _BODY_KEYS},
    )


def _profile_of(row: Mapping[str, Any]) -> Profile:
    return Profile(
        owner=_text(row.get("owner", ""))[:100],
        label=_text(row.get("label", ""))[:100],
        side_files=_text(row.get("side_files", "")),
        verification=_text(row.get("verification", "")),
        outdated=_text(row.get("outdated", "")),
        makes_room=_text(row.get("makes_room", "")),
        reserve_bytes=_optional(row.get("reserve_bytes"), _size),
        extra=_unknown(row, Profile),
    )


def _entry_of(row: Mapping[str, Any]) -> Entry:
    return Entry(
        relpath=_relpath(row["relpath"]),
        size_bytes=_size(row["size_bytes"]),
        mtime_ns=_number(row.get("mtime_ns", 0)),
        kind=_text(row.get("kind", "VIDEO")),
        sha256=_hex(row.get("sha256", "")),
        block_digests=_digests(_list(row.get("block_digests", []))),
        verified_by=_text(row.get("verified_by", "NONE")),
        verified_at=_text(row.get("verified_at", "")),
        copied_at=_text(row.get("copied_at", "")),
        source_fingerprint=_text(row.get("source_fingerprint", "")),
        job=_optional(row.get("job"), _size),
        title=_title_of(_mapping(row.get("title", {}))),
        extra=_unknown(row, Entry),
    )


def _title_of(row: Mapping[str, Any]) -> TitleFacts:
    ids = _mapping(row.get("ids", {}))
    return TitleFacts(
        kind=_text(row.get("kind", "")),
        name=_text(row.get("name", ""))[:500],
        year=_optional(row.get("year"), _size),
        ids={_text(source): _text(value) for source, value in ids.items()},
        episodes=tuple(_pair(x) for x in _list(row.get("episodes", []))),
    )


def _event_of(row: Mapping[str, Any]) -> Event:
    return Event(
        at=_text(row["at"]),
        action=_text(row["action"]),
        title=_text(row.get("title", "")),
        relpath=_text(row.get("relpath", "")),
        size_bytes=_size(row.get("size_bytes", 0)),
        verified_by=_text(row.get("verified_by", "")),
        code=_text(row.get("code", "")),
        message=_text(row.get("message", "")),
    )


def _unknown(row: Mapping[str, Any], kind: type) -> dict[str, Any]:
    known: Mapping[str, Any] = kind.__dataclass_fields__  # type: ignore[attr-defined]  # only for our dataclasses
    return {key: row[key] for key in row.keys() - known.keys() | row.keys() & {"extra"}}


def _relpath(value: Any) -> str:
    relpath = _text(value)
    try:
        check_relpath(relpath)
    except UnsafePath as error:
        raise _Hostile(f"a path leads out of the drive ({error})") from error
    return relpath


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _Bad("a text is none")
    if len(value) > MOST_TEXT:
        raise _Hostile(f"a text is {len(value)} characters long")
    if _CONTROL.search(value):
        raise _Hostile("a text holds control characters")
    return value


def _hex(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch("[0-9a-f]{0,64}", value):
        raise _Bad("a digest is none")
    return value


def _digests(values: list[Any]) -> tuple[str, ...]:
    # All in one go: a drive full of films has a quarter of a million of them.
    if not _HEXES.fullmatch("".join(f"{value}," for value in values)):
        raise _Bad("a digest is none")
    return tuple(values)


def _number(value: Any) -> int:
    if type(value) is not int or abs(value) > _LARGEST:
        raise _Bad("a number is none, or too large")
    return value


def _size(value: Any) -> int:
    if _number(value) < 0:
        raise _Bad("a size is negative")
    return int(value)


def _pair(value: Any) -> tuple[int, int]:
    season, number = _list(value)
    return _size(season), _size(number)


def _optional(value: Any, check: Callable[[Any], T]) -> T | None:
    return None if value is None else check(value)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise _Bad("a list is none")
    return value


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _Bad("a part has the wrong type")
    return value
