"""A drive in a folder, a witness that keeps what it hears, and faults by script."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from drivearr.lib.rootfolder import RootFolder
from syncqueue.copying.filesystem import DriveFilesystem
from syncqueue.copying.task import Block, Phase, SourceIdentity


@dataclass
class Witnessed:
    """A witness for tests."""

    identity: SourceIdentity | None = None
    resumed_at: int = 0
    begun: int = 0
    blocks: dict[int, Block] = field(default_factory=dict)
    steps: list[tuple[Phase, int]] = field(default_factory=list)
    on_check: Callable[["Witnessed"], None] = lambda _: None

    def began(self, identity: SourceIdentity, *, blocks: Sequence[Block]) -> None:
        self.identity, self.resumed_at = identity, blocks[-1].end if blocks else 0
        self.blocks = {block.number: block for block in blocks}
        self.begun += 1

    def durable(self, block: Block) -> None:
        self.blocks[block.number] = block

    def progressed(self, phase: Phase, done: int) -> None:
        self.steps.append((phase, done))

    def check(self) -> None:
        self.on_check(self)


class FaultyFilesystem:
    """Passes calls on; the n-th call of a named kind does something else instead."""

    def __init__(self, real: DriveFilesystem) -> None:
        self._real = real
        self.calls: list[str] = []
        self.faults: dict[tuple[str, int], Callable[..., Any]] = {}

    def fail(self, name: str, *, at: int = 1, error: int) -> None:
        def fault(*_: object, **__: object) -> None:
            raise OSError(error, os.strerror(error))

        self.faults[name, at] = fault

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._real, name)
        if not callable(real):
            return real

        def call(*arguments: Any, **named: Any) -> Any:
            self.calls.append(name)
            fault = self.faults.get((name, self.calls.count(name)))
            return fault(*arguments, **named) if fault else real(*arguments, **named)

        return call


@dataclass
class Drive:
    """A drive's folder and the two file systems on it."""

    path: Path
    real: DriveFilesystem
    faulty: FaultyFilesystem

    def names(self) -> list[str]:
        return sorted(
            str(p.relative_to(self.path)) for p in self.path.rglob("*") if p.is_file()
        )


@pytest.fixture
def drive(tmp_path: Path) -> Iterator[Drive]:
    folder = tmp_path / "drive"
    folder.mkdir()
    with RootFolder.open_at(folder) as root:
        real = DriveFilesystem(root)
        yield Drive(folder, real, FaultyFilesystem(real))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "film.mkv"
    path.write_bytes(os.urandom(5_000_001))
    os.utime(path, ns=(1_600_000_000_000_000_000, 1_600_000_000_000_000_000))
    return path


@pytest.fixture
def witness() -> Witnessed:
    return Witnessed()
