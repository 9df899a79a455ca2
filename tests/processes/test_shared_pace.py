"""One pace for a source, however many processes ask it."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.processes

PROCESSES, EACH, PER_SECOND = 3, 25, 20
ASK = f"""
import django, time
django.setup()
from library.services.gating import SharedGate
gate = SharedGate("tmdb", {PER_SECOND})
for _ in range({EACH}):
    gate.wait()
    print(time.time(), flush=True)
"""


def test_is_kept_by_all_processes_together(tmp_path: Path) -> None:
    env = os.environ | {
        "DRIVEARR_DATA_DIR": str(tmp_path / "data"),
        "DJANGO_SETTINGS_MODULE": "drivearr.settings",
    }
    env.pop("DRIVEARR_DATABASE_URL", None)
    prepare = "import django; django.setup(); from django.core.management import call_command; "
    prepare += "call_command('migrate', verbosity=0); "
    prepare += "from library.services.sourcing import list_rows; list_rows()"
    subprocess.run([sys.executable, "-c", prepare], env=env, check=True)
    running = [
        subprocess.Popen(
            [sys.executable, "-c", ASK], env=env, stdout=subprocess.PIPE, text=True
        )
        for _ in range(PROCESSES)
    ]
    moments = sorted(
        float(line)
        for each in running
        for line in each.communicate(timeout=60)[0].splitlines()
    )

    assert all(each.returncode == 0 for each in running)
    assert len(moments) == PROCESSES * EACH
    # In no second more than one second's worth and what may leave at once.
    for at, moment in enumerate(moments):
        inside = [each for each in moments[at:] if each < moment + 1]
        assert len(inside) <= 2 * PER_SECOND + 5 * PROCESSES
    assert moments[-1] - moments[0] >= len(moments) / PER_SECOND - 1.5
    assert time.time() >= moments[-1]
