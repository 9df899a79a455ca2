"""`drivearr up`: all parts, kept alive, ended together."""

import contextlib
import os
import signal
import sys
import time
import urllib.request

import psutil
import pytest

from tests.houses import House, parts, start, wait_for

pytestmark = pytest.mark.processes


def answers(house: House) -> bool:
    address = f"http://127.0.0.1:{house.env['DRIVEARR_PORT']}/setup/"
    with contextlib.suppress(OSError), urllib.request.urlopen(address) as answer:
        return bool(answer.status == 200)
    return False


def lives(process: psutil.Process) -> bool:
    """Whether it still runs; one that ended and waits for its parent does not."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


class TestUp:
    def test_starts_every_part_and_answers(self, bare_house: House) -> None:
        parent = start(bare_house)

        assert set(parts(parent)) == {
            *("broker", "web", "worker"),
            *("copy", "beat", "watcher"),
        }
        assert answers(bare_house)

    def test_keeps_its_key_to_itself(self, bare_house: House) -> None:
        start(bare_house)

        data = bare_house.folder / "data"
        assert (data / "secret.key").stat().st_mode & 0o777 == 0o600
        assert data.stat().st_mode & 0o077 == 0
        assert (bare_house.folder / "run").stat().st_mode & 0o077 == 0

    def test_ends_all_parts_within_ten_seconds(self, bare_house: House) -> None:
        parent = start(bare_house)
        children = list(parts(parent).values())
        begun = time.monotonic()

        parent.send_signal(signal.SIGTERM)
        status = bare_house.running[-1].wait(timeout=12)

        assert time.monotonic() - begun < 10
        assert status == 0
        assert not any(child.is_running() for child in children)

    def test_says_that_another_one_runs(self, bare_house: House) -> None:
        start(bare_house)

        second = bare_house.start(sys.executable, "-m", "drivearr", "up")

        assert second.wait(timeout=20) == 1
        assert "already runs on the data folder" in bare_house.log()

    @pytest.mark.parametrize("name", ["broker", "web", "worker", "beat"])
    def test_starts_a_part_again_that_was_killed(
        self, bare_house: House, name: str
    ) -> None:
        parent = start(bare_house)
        old = parts(parent)[name]

        old.kill()

        def is_new() -> bool:
            found = parts(parent).get(name)
            return found is not None and found.pid != old.pid

        wait_for(is_new, seconds=20)
        assert "ended by signal 9; starting it again" in bare_house.log()

    def test_starts_all_again_when_what_they_were_forked_from_is_killed(
        self, bare_house: House
    ) -> None:
        parent = start(bare_house)
        old = {name: part.pid for name, part in parts(parent).items()}
        nursery = psutil.Process(old["web"]).parent()
        assert nursery is not None
        assert nursery.pid != parent.pid

        nursery.kill()

        def are_new() -> bool:
            found = {name: part.pid for name, part in parts(parent).items()}
            return set(found) == set(old) and all(
                found[name] != pid for name, pid in old.items() if name != "broker"
            )

        wait_for(are_new, seconds=90)
        wait_for(lambda: answers(bare_house), seconds=20)

    def test_keeps_schedules_in_fewer_processes_when_compact(
        self, bare_house: House
    ) -> None:
        bare_house.env["DRIVEARR_COMPACT"] = "1"

        parent = start(bare_house)

        assert set(parts(parent)) == {"broker", "web", "worker", "watcher"}
        # Beat keeps its counts in memory and writes them when it ends.
        time.sleep(2 * float(bare_house.env["DRIVEARR_JOB_SWEEP_SECONDS"]) + 1)
        parent.send_signal(signal.SIGTERM)
        assert bare_house.running[-1].wait(timeout=12) == 0
        assert bare_house.rows(
            "SELECT * FROM django_celery_beat_periodictask "
            "WHERE total_run_count > 0 AND name LIKE 'Jobs: find lost%'"
        )

    def test_leaves_no_part_behind_when_it_is_killed(self, bare_house: House) -> None:
        parent = start(bare_house)
        children = list(parts(parent).values())

        os.kill(parent.pid, signal.SIGKILL)

        wait_for(lambda: not any(lives(c) for c in children), seconds=40)
        start_again = bare_house.start(sys.executable, "-m", "drivearr", "up")
        wait_for(lambda: bare_house.log().count("Ready after") == 2, seconds=60)
        assert start_again.poll() is None

    def test_says_when_the_port_is_taken(self, bare_house: House) -> None:
        start(bare_house)
        bare_house.env["DRIVEARR_DATA_DIR"] += "-other"
        bare_house.env["DRIVEARR_RUNTIME_DIR"] += "-other"

        second = bare_house.start(sys.executable, "-m", "drivearr", "up")

        assert second.wait(timeout=30) == 1
        assert "Cannot listen on" in bare_house.log()
