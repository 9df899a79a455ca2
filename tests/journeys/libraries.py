"""A library for errands, and ways to see that nothing happened to a folder."""

import hashlib
import random
from pathlib import Path

FILES = {
    "Movies/The Quiet Lantern (2011)/The Quiet Lantern (2011).mkv": 3_000_000,
    "Movies/The Quiet Lantern (2011)/The Quiet Lantern (2011).en.srt": 400,
    "Movies/Été à Öland (2009)/Été à Öland (2009).mkv": 1_048_577,
    "Shows/Saltmarsh Lane/Season 01/Saltmarsh Lane - S01E01 - High Water.mkv": 700_001,
    "Shows/Saltmarsh Lane/Season 01/Saltmarsh Lane - S01E03.mkv": 65_536,
    "Shows/Saltmarsh Lane/Season 02/Saltmarsh Lane - S02E01E02.mkv": 1,
}
"""Relative path → size in bytes; sizes on and beside the borders of blocks."""


def make_library(folder: Path) -> Path:
    """Make the files, each with bytes of its own."""
    chance = random.Random(1)
    for relpath, size in FILES.items():
        path = folder / relpath
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(chance.randbytes(size))
    return folder


def make_large_movie(folder: Path, *, mib: int) -> Path:
    """Make one movie of that size, no two MiB of it alike."""
    path = folder / "Movies/A Long Way Down (2001)/A Long Way Down (2001).mkv"
    path.parent.mkdir(parents=True)
    piece = random.Random(2).randbytes(1024**2 - 8)
    with path.open("wb") as stream:
        for number in range(mib):
            stream.write(number.to_bytes(8, "big") + piece)
    return path


def digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def digests(folder: Path) -> dict[str, str]:
    """Relative path → SHA-256 of each file below."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): digest(path) for path in files}


def traces(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Relative path → inode, size, time of change of all below; a write shows here."""
    found = {}
    for path in folder.rglob("*"):
        facts = path.lstat()
        relpath = str(path.relative_to(folder))
        found[relpath] = (facts.st_ino, facts.st_size, facts.st_mtime_ns)
    return found
