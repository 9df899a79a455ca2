"""The manifest kept on a drive: what it is, what we wrote there, what happened.

Written whole, then again in another folder; read as foreign input. `docs/manifest.md`
describes the format.
"""

import hashlib
import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from drivearr.lib.errors import Refused
from drivearr.lib.rootfolder import RootFolder, UnsafePath, check_relpath

NAME = ".drivearr-manifest.json"
FOLDER = ".drivearr"
COPY_NAME = ".drivearr/manifest.json"
LOCK_NAME = ".drivearr/lock"
VERSION = 1
MOST_BYTES = 64 * 1024**2
MOST_FILES = 1_000_000
MOST_DEPTH = 16
MOST_HISTORY = 500
_MOST_TEXT = 4096


class ManifestUnreadable(Refused):
    """There is a manifest, but neither it nor its copy can be understood."""

    code = "MANIFEST_UNREADABLE"
    advice = (
        "Nothing on the drive was touched. If you know which drive this is, assign it "
        "to its profile: `drivearr drives assign`."
    )


class ManifestFromTheFuture(Refused):
    """A newer Drivearr wrote this manifest."""

    code = "MANIFEST_FROM_THE_FUTURE"
    advice = "Update Drivearr here, then plug the drive in again."


class _Bad(Exception):
    """What is wrong with a manifest, in words."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file that we wrote."""

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
    title: Mapping[str, Any] = field(default_factory=dict)
    """`{kind, name, year, ids, episodes: [[season, number], …]}`."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """The whole of it."""

    drive_uuid: uuid.UUID
    generation: int = 0
    name: str = ""
    filesystem_uuid: str = ""
    written_at: str = ""
    profile: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[Entry, ...] = ()
    history: tuple[Mapping[str, Any], ...] = ()


def encode(manifest: Manifest) -> bytes:
    """Return the file's bytes: a body, and a digest of it."""
    body = {
        "version": VERSION,
        "generation": manifest.generation,
        "written_at": manifest.written_at,
        "drive": {
            "uuid": str(manifest.drive_uuid),
            "name": manifest.name,
            "filesystem_uuid": manifest.filesystem_uuid,
        },
        "profile": dict(manifest.profile),
        "files": [_plain(entry) for entry in manifest.files],
        "history": [dict(line) for line in manifest.history[-MOST_HISTORY:]],
    }
    document = {"drivearr": body, "sha256": _digest(body)}
    return json.dumps(document, ensure_ascii=False, indent=0).encode() + b"\n"


def _plain(entry: Entry) -> dict[str, Any]:
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in asdict(entry).items()
        if value not in ("", (), {})
    }


def _digest(body: Mapping[str, Any]) -> str:
    canonical = json.dumps(
        body, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Bad("a key stands twice")
    return found


def _no_constant(name: str) -> Any:
    raise _Bad(f"{name} is no number")


def _int_of(text: str) -> int:
    if len(text) > 20:  # noqa: PLR2004 - more digits than 64 bits have
        raise _Bad("a number is too long")
    return int(text)


def decode(data: bytes) -> Manifest:
    """Return what a manifest's bytes say.

    Raises:
        ManifestUnreadable: they are damaged or hostile; the message says how.
        ManifestFromTheFuture: a newer schema.

    """
    try:
        return _decode(data)
    except _Bad as error:
        raise ManifestUnreadable(f"The manifest cannot be used: {error}.") from error
    except (ValueError, RecursionError, TypeError, KeyError, AttributeError) as error:
        raise ManifestUnreadable("The manifest is damaged.") from error


def _decode(data: bytes) -> Manifest:
    if len(data) > MOST_BYTES:
        raise _Bad("it is too large")
    _check_depth(data)
    document = json.loads(
        data.decode("utf-8"),
        object_pairs_hook=_no_duplicates,
        parse_constant=_no_constant,
        parse_int=_int_of,
    )
    body = document["drivearr"]
    version = body["version"]
    if type(version) is int and version > VERSION:
        raise ManifestFromTheFuture(
            f"The drive's manifest has version {version}; this Drivearr knows {VERSION}."
        )
    if version != VERSION:
        raise _Bad(f"its version is {version!r}")
    if document["sha256"] != _digest(body):
        raise _Bad("its digest does not match")
    return _manifest_of(body)


def _check_depth(data: bytes) -> None:
    """Refuse deep nesting before the JSON reader recurses into it."""
    depth = 0
    outside_strings = re.sub(rb'"(?:[^"\\]|\\.)*"', b"", data)
    for mark in re.findall(rb"[\[\]{}]", outside_strings):
        depth += 1 if mark in b"[{" else -1
        if depth > MOST_DEPTH:
            raise _Bad("it is nested too deeply")


def _manifest_of(body: dict[str, Any]) -> Manifest:
    drive, files = body["drive"], body["files"]
    if not isinstance(files, list) or len(files) > MOST_FILES:
        raise _Bad("its list of files is none, or too long")
    entries = tuple(_entry_of(row) for row in files)
    if len({entry.relpath for entry in entries}) != len(entries):
        raise _Bad("a file is listed twice")
    history = body.get("history", [])
    return Manifest(
        drive_uuid=uuid.UUID(_text(drive["uuid"])),
        generation=_number(body["generation"]),
        name=_text(drive.get("name", ""))[:100],
        filesystem_uuid=_text(drive.get("filesystem_uuid", ""))[:100],
        written_at=_text(body.get("written_at", "")),
        profile=_mapping(body.get("profile", {})),
        files=entries,
        history=tuple(_mapping(line) for line in history[-MOST_HISTORY:]),
    )


def _entry_of(row: Any) -> Entry:
    relpath = _text(row["relpath"])
    try:
        check_relpath(relpath)
    except UnsafePath as error:
        raise _Bad(f"it names a path outside the drive ({error})") from error
    return Entry(
        relpath=relpath,
        size_bytes=_number(row["size_bytes"]),
        mtime_ns=_number(row.get("mtime_ns", 0)),
        kind=_text(row.get("kind", "VIDEO")),
        sha256=_text(row.get("sha256", "")),
        block_digests=tuple(_text(x) for x in row.get("block_digests", [])),
        verified_by=_text(row.get("verified_by", "NONE")),
        verified_at=_text(row.get("verified_at", "")),
        copied_at=_text(row.get("copied_at", "")),
        source_fingerprint=_text(row.get("source_fingerprint", "")),
        title=_mapping(row.get("title", {})),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > _MOST_TEXT:
        raise _Bad("a text is none, or too long")
    if any(0xD800 <= ord(c) <= 0xDFFF or c == "\0" for c in value):  # noqa: PLR2004
        raise _Bad("a text holds no characters")
    return value


def _number(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 2**63:
        raise _Bad("a number is none, negative or too large")
    return value


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _Bad("a part has the wrong type")
    return value


def read(root: RootFolder) -> Manifest | None:
    """Return the newest good manifest on a drive; None when it has none.

    Raises:
        ManifestUnreadable: there are manifests, and none is good.
        ManifestFromTheFuture: a newer schema.

    """
    good: list[Manifest] = []
    trouble: Refused | None = None
    for name in (NAME, COPY_NAME):
        try:
            good.append(decode(root.read_whole(name, most_bytes=MOST_BYTES)))
        except (FileNotFoundError, NotADirectoryError):
            continue
        except ManifestFromTheFuture:
            raise
        except (ManifestUnreadable, UnsafePath) as error:
            trouble = error
        except OSError as error:
            trouble = ManifestUnreadable(
                f"The manifest cannot be read: {error.strerror}."
            )
    if good:
        return max(good, key=lambda manifest: manifest.generation)
    if trouble is not None:
        raise ManifestUnreadable(trouble.message)
    return None


def write(root: RootFolder, manifest: Manifest) -> None:
    """Write the manifest, then its copy in another folder; each whole or not at all.

    Raises: OSError as the drive gives it; what was there before is kept.
    """
    data = encode(manifest)
    root.write_whole(NAME, data)
    root.mkdirs(FOLDER)
    root.write_whole(COPY_NAME, data)
