"""The record of work under real faults: real broker, real workers."""

import signal
import time
from pathlib import Path

import pytest

from tests.houses import House, wait_for

pytestmark = pytest.mark.processes


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


class TestWorker:
    def test_does_what_was_queued(self, house: House, tmp_path: Path) -> None:
        house.enqueue(tmp_path / "out", steps=3, pause=0)
        house.start_worker()

        wait_for(lambda: house.states() == ["SUCCEEDED"])

        assert len(lines(tmp_path / "out")) == 3

    def test_killed_its_job_is_lost_and_the_work_continues(
        self, house: House, tmp_path: Path
    ) -> None:
        out = tmp_path / "out"
        house.enqueue(out, steps=60, pause=0.1)
        first = house.start_worker()
        wait_for(lambda: len(lines(out)) >= 3)
        first.send_signal(signal.SIGKILL)
        first.wait()
        killed_at = time.monotonic()
        before = len(lines(out))
        house.start_worker()

        wait_for(lambda: len(lines(out)) > before, seconds=60)
        assert time.monotonic() - killed_at < 60
        wait_for(lambda: house.states() == ["LOST", "SUCCEEDED"])

        # No step is done twice, none is left out.
        assert [int(line.split()[0]) for line in lines(out)] == list(range(60))
        assert house.jobs()[1]["attempt"] == 2

    def test_silent_without_being_dead_here_is_lost_by_the_sweep(
        self, house: House, tmp_path: Path
    ) -> None:
        out = tmp_path / "out"
        house.enqueue(out, steps=100, pause=0.1)
        frozen = house.start_worker()
        wait_for(lambda: len(lines(out)) >= 3)
        frozen.send_signal(signal.SIGSTOP)
        house.start_worker("--hostname", "second@%h")

        def swept() -> bool:
            house.sweep()
            return "LOST" in house.states()

        wait_for(swept)
        wait_for(lambda: "SUCCEEDED" in house.states(), seconds=60)
        frozen.send_signal(signal.SIGCONT)
        time.sleep(2)

        # The one that came back does not go on beside the other.
        assert house.states() == ["LOST", "SUCCEEDED"]
        assert len(lines(out)) <= 101

    def test_given_a_message_twice_runs_it_once(
        self, house: House, tmp_path: Path
    ) -> None:
        out = tmp_path / "out"
        job = house.enqueue(out, steps=5, pause=0.05)
        house.shell(
            "from drivearr.jobs.models import Job\n"
            "from drivearr.jobs.services import send\n"
            f"job = Job.objects.get(pk={job})\n"
            "send(job); send(job)"
        )
        house.start_worker()
        house.start_worker("--hostname", "second@%h")

        wait_for(lambda: house.states() == ["SUCCEEDED"])
        time.sleep(1)

        assert len(lines(out)) == 5
        assert len({line.split()[1] for line in lines(out)}) == 1

    def test_running_longer_than_the_brokers_visibility_runs_once(
        self, house: House, tmp_path: Path
    ) -> None:
        out = tmp_path / "out"
        house.enqueue(out, steps=70, pause=0.1)
        house.start_worker()
        house.start_worker("--hostname", "second@%h")

        wait_for(lambda: house.states() == ["SUCCEEDED"], seconds=40)

        assert len(lines(out)) == 70
        assert len({line.split()[1] for line in lines(out)}) == 1

    def test_asked_to_cancel_stops_in_under_two_seconds(
        self, house: House, tmp_path: Path
    ) -> None:
        out = tmp_path / "out"
        job = house.enqueue(out, steps=1000, pause=0.05)
        house.start_worker()
        wait_for(lambda: len(lines(out)) >= 3)
        house.shell(
            "from drivearr.jobs.models import Job\n"
            "from drivearr.jobs.services import request_cancel\n"
            f"request_cancel(job=Job.objects.get(pk={job}))"
        )
        asked = time.monotonic()

        wait_for(lambda: house.states() == ["CANCELLED"])

        assert time.monotonic() - asked < 2
        count = len(lines(out))
        time.sleep(0.3)
        assert len(lines(out)) == count

    def test_ended_in_an_orderly_way_puts_its_job_back(
        self, house: House, tmp_path: Path
    ) -> None:
        out = tmp_path / "out"
        house.enqueue(out, steps=60, pause=0.1)
        first = house.start_worker()
        wait_for(lambda: len(lines(out)) >= 3)

        first.send_signal(signal.SIGTERM)
        first.wait(timeout=10)

        assert house.states() == ["QUEUED"]
        house.start_worker()
        wait_for(lambda: house.states() == ["SUCCEEDED"], seconds=60)
        assert [int(line.split()[0]) for line in lines(out)] == list(range(60))


class TestBroker:
    def test_killed_loses_no_work(self, house: House, tmp_path: Path) -> None:
        house.enqueue(tmp_path / "out", steps=3, pause=0)
        time.sleep(1.2)  # what is younger than a second may be lost, and is sent again
        house.running[0].send_signal(signal.SIGKILL)
        house.running[0].wait()
        house.start_broker()
        house.start_worker()

        wait_for(lambda: house.states() == ["SUCCEEDED"])

    def test_that_is_away_does_not_hinder_queueing(
        self, house: House, tmp_path: Path
    ) -> None:
        house.running[0].send_signal(signal.SIGKILL)
        house.running[0].wait()

        house.enqueue(tmp_path / "out", steps=1, pause=0)

        assert house.states() == ["QUEUED"]
        house.start_broker()
        house.start_worker()
        wait_for(lambda: house.states() == ["SUCCEEDED"])
