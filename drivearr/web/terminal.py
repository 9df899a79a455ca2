"""What a person sees in the terminal: tables, a progress bar, names made harmless."""

import io
import shutil
import signal
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any, TextIO

from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, ProgressColumn, Task, TextColumn
from rich.progress import Progress as Bars
from rich.table import Table
from rich.text import Text

from drivearr.lib.errors import SkipFile
from drivearr.lib.progress import Cancelled, Unit

PIPED_COLUMNS = 1000
"""Width of a table nobody looks at directly: no cell is cut for a program."""


def printable(text: str) -> str:
    """Return `text` with control characters spelled out.

    File names are foreign input: one may hold the escape codes that repaint a screen.
    """
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def draw_table(
    columns: Sequence[str], rows: Iterable[Sequence[Any]], *, is_terminal: bool
) -> str:
    """Draw a table as text; empty when there is no row."""
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*(Text("" if cell is None else _cell(cell)) for cell in row))
    if not table.row_count:
        return ""
    width = shutil.get_terminal_size().columns if is_terminal else PIPED_COLUMNS
    page = io.StringIO()
    Console(file=page, force_terminal=is_terminal, width=width).print(table)
    return "\n".join(line.rstrip() for line in page.getvalue().split("\n"))


def _cell(cell: Any) -> str:
    return printable(str(cell))


class _Amount(ProgressColumn):
    """How much is done of how much, in the task's own unit."""

    def render(self, task: Task) -> Text:
        """Draw it."""
        show = decimal if task.fields["unit"] == "BYTES" else _count
        done = show(int(task.completed))
        whole = f" of {show(int(task.total))}" if task.total is not None else ""
        return Text(done + whole)


class _Speed(ProgressColumn):
    """Bytes a second; nothing for other units."""

    def render(self, task: Task) -> Text:
        """Draw it."""
        speed = task.finished_speed or task.speed
        if task.fields["unit"] != "BYTES" or not speed:
            return Text("")
        return Text(f"{decimal(int(speed))}/s")


def _count(number: int) -> str:
    return f"{number:,}"


class TerminalProgress:
    """A Progress (see drivearr.lib.progress) drawn on standard error.

    Without a terminal only the trouble of single files is written, a line each. A
    Ctrl-C, told by `stop`, ends the work at its next check.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._console = Console(file=stream)
        self._bars = Bars(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            _Amount(),
            _Speed(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task = self._bars.add_task("", total=None, unit="ITEMS")
        self._stopped = threading.Event()

    def __enter__(self) -> "TerminalProgress":
        self._bars.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._bars.stop()

    def expect(self, total: int | None, unit: Unit) -> None:
        """See Progress."""
        self._bars.reset(self._task, total=total, unit=unit)

    def advance(self, amount: int = 1) -> None:
        """See Progress."""
        self._bars.advance(self._task, amount)

    def note(self, text: str) -> None:
        """See Progress."""
        width = max(20, self._console.width // 2)
        self._bars.update(self._task, description=printable(text)[:width])

    def report(self, error: SkipFile, *, path: str = "") -> None:
        """See Progress; one line each."""
        line = ": ".join(filter(None, [printable(path), printable(error.message)]))
        if self._console.is_terminal:
            self._console.print(line, markup=False, highlight=False)
        else:
            self._stream.write(line + "\n")

    def check(self) -> None:
        """See Progress.

        Raises: Cancelled once `stop` was called.
        """
        if self.is_stopped:
            raise Cancelled

    @property
    def is_stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._stopped.is_set()

    def stop(self) -> None:
        """Ask the work to end at its next check."""
        self._stopped.set()


@contextmanager
def listening(stream: TextIO | None = None) -> Iterator[TerminalProgress]:
    """Give a bar on `stream` (standard error) and let Ctrl-C stop the work softly.

    The first Ctrl-C or SIGTERM ends the work at a safe point, a second one at once.
    Must be called in the main thread to hear signals; elsewhere it only draws.
    """
    progress = TerminalProgress(stream or sys.stderr)

    def stop(_number: int, _frame: FrameType | None) -> None:
        if progress.is_stopped:
            raise KeyboardInterrupt
        progress.stop()

    with progress, _handling((signal.SIGINT, signal.SIGTERM), stop):
        yield progress


@contextmanager
def _handling(signals: tuple[signal.Signals, ...], handler: Any) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in signals}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
