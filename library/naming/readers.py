"""Names read by several processes, where there are many: one process reads 7,000 a second.

Each is `python -m library.naming.readers`: a line of JSON in, a line of JSON out, until its
input ends. It holds no file, no lock and no thread of the one who asks, whatever that is,
and costs nothing once it has ended.
"""

import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from library.naming import VERSION, ParsedName, parse

READERS_MOST = 4
"""One who asks cannot take in what more of them would answer."""
MANY_NAMES = 1000
"""What is read meanwhile takes less time than starting processes."""
ANSWER_SECONDS = 60.0
_READ_BYTES = 1 << 20

Named = tuple[str, str | None]
"""A relative path, and the kind of its root."""


def kept_name(parsed: ParsedName) -> dict[str, Any]:
    """Return what MediaFile.parsed keeps of a name."""
    return parsed.as_json() | {"version": VERSION}


def read_here(names: Sequence[Named]) -> list[str]:
    """Return what is kept of each name, as JSON."""
    return [json.dumps(kept_name(parse(name, kind))) for name, kind in names]


def count_readers() -> int:
    """Return how many processes can read at once here; below two none is worth it."""
    return min(len(os.sched_getaffinity(0)), READERS_MOST)


class NameReaders:
    """Reads names; from the `MANY_NAMES`th on in processes of its own, while it is open.

    One that dies or gives no answer is done without; what it was asked is read here.
    """

    def __init__(self, *, most: int | None = None, many: int = MANY_NAMES) -> None:
        self._most = count_readers() if most is None else most
        self._many = many
        self._asked = 0
        self._readers: list[_Reader] = []
        self._has_begun = False

    def __enter__(self) -> "NameReaders":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for reader in self._readers:
            reader.end()
        self._readers = []

    @property
    def pids(self) -> list[int]:
        """The processes that read now."""
        return [reader.process.pid for reader in self._readers if not reader.is_lost]

    def ask(self, names: Sequence[Named]) -> "Answers":
        """Begin to read; take the answers before the next question is asked."""
        self._asked += len(names)
        if self._asked > self._many and self._most > 1 and not self._has_begun:
            self._begin()
        able = [reader for reader in self._readers if not reader.is_lost]
        share = -(-len(names) // len(able)) if able else len(names)
        parts: list[tuple[_Reader | None, Sequence[Named]]] = []
        for number, start in enumerate(range(0, len(names), share or 1)):
            some = names[start : start + share]
            reader = able[number] if able else None
            if reader:
                reader.send(some)
            parts.append((reader, some))
        return Answers(parts)

    def _begin(self) -> None:
        self._has_begun = True
        for _ in range(self._most):
            try:
                self._readers.append(_Reader())
            except OSError:
                # No memory or no process to be had: it goes without.
                return


class Answers:
    """What was asked for, in its order."""

    def __init__(
        self, parts: Sequence[tuple["_Reader | None", Sequence[Named]]]
    ) -> None:
        self._parts = parts

    def take(self) -> list[str]:
        """Wait for all, and return what is kept of each name, as JSON."""
        told: list[str] = []
        for reader, names in self._parts:
            answer = reader.receive() if reader else None
            is_whole = answer is not None and len(answer) == len(names)
            told += answer if answer and is_whole else read_here(names)
        return told


class _Reader:
    """One process."""

    def __init__(self) -> None:
        self.is_lost = False
        self.process = subprocess.Popen(
            [sys.executable, "-m", "library.naming.readers"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=Path(__file__).parents[2],
            start_new_session=True,
        )

    def send(self, names: Sequence[Named]) -> None:
        """Ask; nothing else may be on its way."""
        try:
            pipe = _open_pipe(self.process.stdin)
            pipe.write(json.dumps(names).encode() + b"\n")
            pipe.flush()
        except OSError:
            self._lose()

    def receive(self) -> list[str] | None:
        """Return the answer; None when it gives none."""
        if self.is_lost:
            return None
        try:
            told = json.loads(self._read_line())
        except (OSError, ValueError):
            self._lose()
            return None
        return told if isinstance(told, list) else None

    def end(self) -> None:
        """Let it end, and see that it did."""
        _open_pipe(self.process.stdout).close()
        try:
            _open_pipe(self.process.stdin).close()
            self.process.wait(timeout=1)
        except (OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()

    def _read_line(self) -> bytes:
        """Return the next line; what came of it when it ends or takes too long."""
        pipe = _open_pipe(self.process.stdout)
        until = time.monotonic() + ANSWER_SECONDS
        pieces: list[bytes] = []
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            while selector.select(until - time.monotonic()):
                piece = os.read(pipe.fileno(), _READ_BYTES)
                pieces.append(piece)
                if not piece or piece.endswith(b"\n"):
                    break
        return b"".join(pieces)

    def _lose(self) -> None:
        self.is_lost = True
        self.process.kill()


def _open_pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise OSError("there is no pipe")
    return pipe


def serve() -> None:
    """Answer until the input ends."""
    for line in sys.stdin.buffer:
        names: list[Named] = json.loads(line)
        sys.stdout.buffer.write(json.dumps(read_here(names)).encode() + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    serve()
