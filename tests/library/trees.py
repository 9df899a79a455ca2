"""Real folders of small files for tests."""

import os
from pathlib import Path


def make_tree(top: Path, *relpaths: str, content: bytes | None = None) -> Path:
    """Make files below `top`; each holds its own path unless `content` is given."""
    for relpath in relpaths:
        path = top / relpath
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(relpath.encode() * 3 if content is None else content)
    top.mkdir(parents=True, exist_ok=True)
    return top


def make_films(top: Path, count: int) -> Path:
    """Make `count` films, each in a folder of its own."""
    names = [f"Film {n:03} (2001)/Film {n:03} (2001).mkv" for n in range(count)]
    return make_tree(top, *names)


def hashes(top: Path) -> dict[str, bytes]:
    """Read every file below `top`, to prove afterwards that none was touched."""
    return {
        os.fspath(path.relative_to(top)): path.read_bytes()
        for path in sorted(top.rglob("*"))
        if path.is_file()
    }
