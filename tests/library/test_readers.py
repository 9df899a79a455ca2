"""Names read by processes of their own, and without them when they fail."""

import json
import os
import signal
import threading
from pathlib import Path

import pytest

from drivearr.lib.progress import SilentProgress
from library.models import MediaFile, Root
from library.naming import readers as module
from library.naming.readers import NameReaders, read_here
from library.services import scanning
from tests.library.trees import make_films

NAMES: list[tuple[str, str | None]] = [
    *((f"Show/Season 1/Show S01E{n:02}.mkv", "SHOWS") for n in range(1, 40)),
    ("Élan “vital” (1999)/\u6771\u4eac.mkv", "MOVIES"),
    ("The Matrix (1999).mkv", None),
]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


class TestNameReaders:
    def test_reads_as_one_process_reads(self) -> None:
        with NameReaders(most=2, many=0) as readers:
            told = readers.ask(NAMES).take()

            assert len(readers.pids) == 2
            assert [json.loads(each) for each in told] == [
                json.loads(each) for each in read_here(NAMES)
            ]

    def test_answers_one_question_after_the_other(self) -> None:
        with NameReaders(most=3, many=0) as readers:
            for count in (1, 0, 2, 40):
                told = readers.ask(NAMES[:count]).take()
                assert told == read_here(NAMES[:count])

    def test_starts_none_for_few_names(self) -> None:
        with NameReaders(most=2, many=len(NAMES)) as readers:
            assert readers.ask(NAMES).take() == read_here(NAMES)
            assert readers.pids == []

    def test_starts_none_where_there_is_one_processor(self) -> None:
        with NameReaders(most=1, many=0) as readers:
            assert readers.ask(NAMES).take() == read_here(NAMES)
            assert readers.pids == []

    def test_leaves_no_process_behind(self) -> None:
        with NameReaders(most=2, many=0) as readers:
            readers.ask(NAMES).take()
            pids = readers.pids

        assert len(pids) == 2
        assert not any(is_alive(pid) for pid in pids)

    def test_leaves_none_behind_when_it_ends_in_the_middle(self) -> None:
        pids: list[int] = []

        def stop() -> None:
            with NameReaders(most=2, many=0) as readers:
                readers.ask(NAMES * 500)
                pids.extend(readers.pids)
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            stop()
        assert not any(is_alive(pid) for pid in pids)

    def test_does_without_one_that_dies(self) -> None:
        with NameReaders(most=2, many=0) as readers:
            readers.ask(NAMES).take()
            os.kill(readers.pids[0], signal.SIGKILL)

            assert readers.ask(NAMES).take() == read_here(NAMES)
            assert len(readers.pids) == 1
            assert readers.ask(NAMES).take() == read_here(NAMES)

    def test_does_without_any_when_all_die_in_the_middle(self) -> None:
        with NameReaders(most=2, many=0) as readers:
            readers.ask(NAMES).take()
            for pid in readers.pids:
                os.kill(pid, signal.SIGSTOP)
            answers = readers.ask(NAMES)
            for pid in readers.pids:
                os.kill(pid, signal.SIGKILL)

            assert answers.take() == read_here(NAMES)
            assert readers.pids == []

    def test_does_without_one_that_gives_no_answer(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "ANSWER_SECONDS", 0.3)
        with NameReaders(most=2, many=0) as readers:
            readers.ask(NAMES)
            pids = readers.pids
            os.kill(pids[0], signal.SIGSTOP)

            assert readers.ask(NAMES).take() == read_here(NAMES)

        assert not is_alive(pids[0])

    def test_does_without_when_none_can_be_started(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr("sys.executable", os.fspath(tmp_path / "no-python"))
        with NameReaders(most=2, many=0) as readers:
            assert readers.ask(NAMES).take() == read_here(NAMES)

    def test_works_in_any_thread(self) -> None:
        told: list[list[str]] = []

        def read() -> None:
            with NameReaders(most=2, many=0) as readers:
                told.append(readers.ask(NAMES).take())

        threads = [threading.Thread(target=read) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)

        assert told == [read_here(NAMES)] * 3


@pytest.mark.django_db
class TestAScanWithReaders:
    @pytest.fixture
    def root(self, tmp_path: Path) -> Root:
        return Root.objects.create(path=os.fspath(tmp_path / "films"), kind="MOVIES")

    @pytest.fixture
    def pids(self, monkeypatch: pytest.MonkeyPatch) -> list[int]:
        """Two processes from the first name on; return those that were started."""
        started: list[int] = []

        class Two(NameReaders):
            def __init__(self) -> None:
                super().__init__(most=2, many=0)

            def _begin(self) -> None:
                super()._begin()
                started.extend(self.pids)

        monkeypatch.setattr(scanning, "NameReaders", Two)
        return started

    def test_keeps_what_the_names_say(self, root: Root, pids: list[int]) -> None:
        make_films(root.folder, 30)

        summary = scanning.scan_root(root_id=root.pk, progress=SilentProgress())

        assert summary.added == 30
        rows = MediaFile.objects.values_list("relpath", "parsed")
        assert all(
            kept == json.loads(read_here([(relpath, "MOVIES")])[0])
            for relpath, kept in rows
        )
        assert len(pids) == 2
        assert not any(is_alive(pid) for pid in pids)

    def test_ends_them_when_it_fails(
        self, root: Root, pids: list[int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make_films(root.folder, 30)

        def fail(*_: object, **__: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr("library.services.storing.insert_rows", fail)
        with pytest.raises(ZeroDivisionError):
            scanning.scan_root(root_id=root.pk, progress=SilentProgress())

        assert len(pids) == 2
        assert not any(is_alive(pid) for pid in pids)
