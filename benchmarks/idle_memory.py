"""Memory of the whole set when nothing runs: proportional set size, part by part.

python -m benchmarks.idle_memory

Promised: under 320 MB, and under 200 MB with DRIVEARR_COMPACT=1.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from benchmarks.measuring import machine, table

SETTLE_SECONDS = 12
PROMISED_MB = {"0": 320, "1": 200}


def pss_bytes(pid: int) -> int:
    """Return a process's proportional set size. Source: proc_pid_smaps_rollup(5)."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def main() -> None:
    """Measure both sets."""
    for compact in ("0", "1"):
        _measure(compact)


def _measure(compact: str) -> None:
    folder = tempfile.mkdtemp(prefix="drivearr-bench-")
    env = os.environ | {
        "DRIVEARR_DATA_DIR": f"{folder}/data",
        "DRIVEARR_RUNTIME_DIR": f"{folder}/run",
        "DRIVEARR_PORT": "8497",
        "DRIVEARR_COMPACT": compact,
    }
    with subprocess.Popen(
        [sys.executable, "-m", "drivearr", "up"],
        env=env,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        try:
            for line in parent.stdout or ():
                if "Ready after" in line:
                    break
            time.sleep(SETTLE_SECONDS)
            _report(parent.pid, compact)
        finally:
            parent.send_signal(signal.SIGTERM)
            parent.wait(timeout=15)
            shutil.rmtree(folder, ignore_errors=True)


def _report(pid: int, compact: str) -> None:
    top = psutil.Process(pid)
    found = [("supervisor", pss_bytes(pid))]
    found += [
        (_name(child), pss_bytes(child.pid)) for child in top.children(recursive=True)
    ]
    total = sum(size for _, size in found)
    promised = PROMISED_MB[compact] * 1e6
    rows = [(name, f"{size / 1e6:.0f} MB") for name, size in found]
    rows.append(
        ("together", f"{total / 1e6:.0f} MB = {total / promised:.2f} of promised")
    )
    table(f"Idle, DRIVEARR_COMPACT={compact} ({machine()})", rows)


def _name(process: psutil.Process) -> str:
    line = " ".join(process.cmdline())
    for mark in ("valkey", "nursery", "worker@", "copy@", "beat", "drivearr: "):
        if mark in line:
            return line.removeprefix(mark) if mark == "drivearr: " else mark.strip("@")
    return process.name()


if __name__ == "__main__":
    main()
