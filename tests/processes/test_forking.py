"""Parts are forked from a process that has everything loaded."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from drivearr.processes.forking import ForkedProcess, Nursery, NurseryFailed, follow
from drivearr.processes.nursery import END_SECONDS
from tests.houses import wait_for

pytestmark = pytest.mark.processes


class Heard(list[tuple[str, str]]):
    def __call__(self, name: str, line: str) -> None:
        self.append((name, line))


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def nursery(tmp_path: Path, heard: Heard) -> Iterator[Nursery]:
    env = {
        "DRIVEARR_DATA_DIR": str(tmp_path / "data"),
        "DJANGO_SETTINGS_MODULE": "drivearr.settings",
        "PYTHONPATH": str(tmp_path),
    }
    one = Nursery(env=env, say=heard)
    yield one
    one.end()


def bear(nursery: Nursery, heard: Heard, folder: Path, code: str) -> ForkedProcess:
    ours = folder / "ours.py"
    # Never while another part may be reading it.
    if not ours.exists() or ours.read_text() != code:
        ours.write_text(code)
    output = follow("part", heard)
    try:
        return nursery.start(
            ("ours", "a", "b c"), env={"X": "1"}, title="ours", output=output.write
        )
    finally:
        os.close(output.write)


class TestNursery:
    def test_runs_a_module_with_its_arguments_and_environment(
        self, nursery: Nursery, heard: Heard, tmp_path: Path
    ) -> None:
        part = bear(
            nursery,
            heard,
            tmp_path,
            "import os, sys\n"
            "print(sys.argv[1:], os.environ['X'], __name__)\n"
            "print('celery' in sys.modules, os.getsid(0) == os.getpid())\n",
        )

        assert part.wait(timeout=10) == 0
        until = time.monotonic() + 5
        while len(heard) < 2 and time.monotonic() < until:
            time.sleep(0.02)
        assert heard == [
            ("part", "['a', 'b c'] 1 __main__"),
            ("part", "True True"),
        ]

    def test_tells_how_each_of_several_ended(
        self, nursery: Nursery, heard: Heard, tmp_path: Path
    ) -> None:
        code = "import time; time.sleep(0.5); raise SystemExit(7)"
        those = [bear(nursery, heard, tmp_path, code) for _ in range(3)]

        assert [part.wait(timeout=10) for part in those] == [7, 7, 7]

    def test_kills_a_part_that_does_not_end_when_it_is_told_to_end_itself(
        self, nursery: Nursery, heard: Heard, tmp_path: Path
    ) -> None:
        part = bear(
            nursery,
            heard,
            tmp_path,
            "import signal, time\n"
            "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
            "print('deaf', flush=True)\n"
            "time.sleep(600)\n",
        )
        wait_for(lambda: ("part", "deaf") in heard)
        parent = psutil.Process(part.pid).parent()
        assert parent is not None

        parent.terminate()

        assert part.wait(timeout=END_SECONDS + 10) == -signal.SIGKILL

    @pytest.mark.parametrize(
        ("code", "expected"),
        [
            ("raise SystemExit(3)", 3),
            ("1 / 0", 1),
            ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -9),
        ],
    )
    def test_tells_how_a_part_ended(
        self, nursery: Nursery, heard: Heard, tmp_path: Path, code: str, expected: int
    ) -> None:
        part = bear(nursery, heard, tmp_path, code)

        assert part.wait(timeout=10) == expected
        assert part.poll() == expected

    def test_ends_its_parts_with_itself(
        self, nursery: Nursery, heard: Heard, tmp_path: Path
    ) -> None:
        part = bear(nursery, heard, tmp_path, "import time; time.sleep(60)")
        assert part.poll() is None

        nursery.end()

        assert part.wait(timeout=10) == -signal.SIGTERM

    def test_is_started_anew_when_it_was_killed(
        self, nursery: Nursery, heard: Heard, tmp_path: Path
    ) -> None:
        first = bear(nursery, heard, tmp_path, "import time; time.sleep(60)")
        mother = psutil.Process(first.pid).parent()
        assert mother is not None
        mother.kill()
        first.wait(timeout=10)

        second = bear(nursery, heard, tmp_path, "raise SystemExit(4)")

        assert second.wait(timeout=10) == 4

    def test_passes_a_signal_on(
        self, nursery: Nursery, heard: Heard, tmp_path: Path
    ) -> None:
        part = bear(nursery, heard, tmp_path, "import time; time.sleep(60)")

        part.send_signal(signal.SIGTERM)

        assert part.wait(timeout=10) == -signal.SIGTERM
        with pytest.raises(ProcessLookupError):
            part.send_signal(signal.SIGTERM)

    def test_gives_up_waiting_for_a_part_that_lives(
        self, nursery: Nursery, heard: Heard, tmp_path: Path
    ) -> None:
        part = bear(nursery, heard, tmp_path, "import time; time.sleep(60)")

        with pytest.raises(subprocess.TimeoutExpired):
            part.wait(timeout=0.1)

    def test_says_why_it_could_not_load(self, heard: Heard, tmp_path: Path) -> None:
        broken = Nursery(env={"DJANGO_SETTINGS_MODULE": "nowhere"}, say=heard)

        with pytest.raises(NurseryFailed):
            bear(broken, heard, tmp_path, "")

        assert any("nowhere" in line for _, line in heard)


class TestFillHoles:
    HOLES = """
import ctypes
from drivearr.processes.nursery import fill_holes

libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.malloc.argtypes = libc.free.argtypes = [ctypes.c_size_t]
taken = [libc.malloc(1500) for _ in range(2000)]
last = max(taken)
for one in taken[:-100:2]:
    libc.free(one)
if fill:
    fill_holes()
print(sum(libc.malloc(1400) < last for _ in range(500)))
"""

    @pytest.mark.skipif(
        not hasattr(ctypes.CDLL(None), "mallinfo2"), reason="This is not glibc."
    )
    @pytest.mark.parametrize(("fill", "reused"), [(False, 500), (True, 0)])
    def test_leaves_none_for_a_part_to_write_in(self, fill: bool, reused: int) -> None:
        done = subprocess.run(
            [sys.executable, "-c", f"fill = {fill}\n{self.HOLES}"],
            capture_output=True,
            text=True,
            check=True,
        )
        assert int(done.stdout) == reused
