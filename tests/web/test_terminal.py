"""Tables and bars, on a real terminal where it matters."""

import io
import os
import signal
import threading

import pytest

from drivearr.lib.errors import SkipFile
from drivearr.lib.progress import Cancelled
from drivearr.web.terminal import TerminalProgress, draw_table, listening, printable


def read_until(terminal: int, text: str) -> str:
    drawn = b""
    while text.encode() not in drawn:
        drawn += os.read(terminal, 65536)
    return drawn.decode(errors="replace")


class TestPrintable:
    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("Amélie 東京", "Amélie 東京"),
            ("a\x1b[2Jb", "a\\x1b[2Jb"),
            ("two\nlines", "two\\nlines"),
            ("\udcff", "\\udcff"),
            ("\u202egpj.exe", "\\u202egpj.exe"),
        ],
    )
    def test_spells_out_what_moves_the_cursor(self, text: str, shown: str) -> None:
        assert printable(text) == shown


class TestDrawTable:
    def test_is_empty_without_rows(self) -> None:
        assert draw_table(["id"], [], is_terminal=False) == ""

    def test_cuts_no_cell_in_a_pipe(self) -> None:
        name = "x" * 300

        assert name in draw_table(["id", "name"], [(1, name)], is_terminal=False)


class TestTerminalProgress:
    def test_writes_single_troubles_only_into_a_pipe(self) -> None:
        stream = io.StringIO()

        with TerminalProgress(stream) as progress:
            progress.expect(10, "BYTES")
            progress.note("a.mkv")
            progress.advance(10)
            progress.report(SkipFile("It cannot be read."), path="a\x1b.mkv")

        assert stream.getvalue() == "a\\x1b.mkv: It cannot be read.\n"

    @pytest.mark.timeout(20)
    def test_draws_a_bar_on_a_terminal(self) -> None:
        reading, writing = os.openpty()
        with os.fdopen(writing, "w") as stream, TerminalProgress(stream) as progress:
            progress.expect(2_000_000, "BYTES")
            progress.note("a.mkv")
            progress.advance(1_000_000)
            progress._bars.refresh()
            drawn = read_until(reading, "1.0 MB of 2.0 MB")
        os.close(reading)

        assert "a.mkv" in drawn


class TestListening:
    def test_hears_ctrl_c_at_the_next_check(self) -> None:
        with listening(io.StringIO()) as progress:
            progress.check()
            signal.raise_signal(signal.SIGINT)

            with pytest.raises(Cancelled):
                progress.check()

    def test_stops_at_once_when_asked_twice(self) -> None:
        with listening(io.StringIO()):
            signal.raise_signal(signal.SIGINT)

            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)

    def test_puts_the_old_handlers_back(self) -> None:
        before = signal.getsignal(signal.SIGINT)

        with listening(io.StringIO()):
            assert signal.getsignal(signal.SIGINT) is not before

        assert signal.getsignal(signal.SIGINT) is before

    def test_only_draws_in_another_thread(self) -> None:
        ended: list[bool] = []

        def work() -> None:
            with listening(io.StringIO()) as progress:
                progress.check()
                ended.append(True)

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()

        assert ended == [True]
