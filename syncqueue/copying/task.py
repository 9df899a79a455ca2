"""What is asked of the copier, what it answers, and whom it tells meanwhile."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from drivearr.lib.rootfolder import PARTIAL_SUFFIX

VerifiedBy = Literal["DEVICE", "CACHE", "NONE"]
Phase = Literal["COPYING", "VERIFYING"]
Engine = Literal["OWN", "RSYNC"]
"""What writes the partial; the rest is the same."""


@dataclass(frozen=True, slots=True)
class Block:
    """A durable block: the journal's unit. The last one may have grown only in part."""

    number: int
    offset: int
    length: int
    digest: str
    """blake3, hexadecimal, of the bytes as read from the source."""

    @property
    def end(self) -> int:
        """The byte after it."""
        return self.offset + self.length


@dataclass(frozen=True, slots=True)
class SourceIdentity:
    """What a source file was when copying began; a different one starts over."""

    dev: int
    ino: int
    size: int
    mtime_ns: int
    ctime_ns: int

    @classmethod
    def of(cls, about: os.stat_result) -> "SourceIdentity":
        """Return the identity that a stat shows."""
        return cls(
            dev=about.st_dev,
            ino=about.st_ino,
            size=about.st_size,
            mtime_ns=about.st_mtime_ns,
            ctime_ns=about.st_ctime_ns,
        )


class Witness(Protocol):
    """What the copier tells while it works; `check` may raise to stop it.

    Every call comes from the thread that called the copier.
    """

    def began(self, identity: SourceIdentity, *, blocks: Sequence[Block]) -> None:
        """Copying begins (again) behind these blocks; all others are void."""

    def durable(self, block: Block) -> None:
        """A block is on the drive; journal it now. A longer one replaces its number."""

    def progressed(self, phase: Phase, done: int) -> None:
        """So many bytes are on the drive, or read back."""

    def check(self) -> None:
        """Raise to stop: Cancelled, Interrupted, or a DrivearrError."""


@dataclass(frozen=True, slots=True)
class CopyTask:
    """One file to copy."""

    source: Path
    relpath: str
    place: str = ""
    """The folder that hangs as a whole when it does; empty: the one of the source."""
    may_replace: bool = False
    """Whether a file of that name on the drive is ours to replace."""
    verify: bool = True
    engine: Engine = "OWN"
    rsync_flags: tuple[str, ...] = ()
    identity: SourceIdentity | None = None
    """What the source was when the journal below was written; None: begin anew."""
    journal: Sequence[Block] = ()


@dataclass(frozen=True, slots=True)
class Copied:
    """A file that carries its final name."""

    size_bytes: int
    mtime_ns: int
    """As the drive keeps it."""
    sha256: str
    """Of the drive's bytes as they were read back; unverified: of what was written."""
    block_digests: tuple[str, ...]
    verified_by: VerifiedBy
    mended_blocks: int = 0
    io_errors: int = 0
    """Errors of the drive that were gone at the second try."""
    resumed_at: int = 0
    seconds: float = 0.0
    write_seconds: float = 0.0


def partial_of(relpath: str) -> str:
    """Return the partial's name beside a target."""
    return relpath + PARTIAL_SUFFIX
