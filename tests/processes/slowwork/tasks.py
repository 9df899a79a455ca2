"""Counts slowly, and writes each step into a file."""

import os
import time
from pathlib import Path

from drivearr.jobs.kinds import JobKind
from drivearr.jobs.running import RunningJob, job_task

COUNT = JobKind(
    name="slowwork.count",
    label="Count slowly",
    task="tests.processes.slowwork.tasks.count_slowly",
)


@job_task(COUNT)
def count_slowly(run: RunningJob, *, path: str, steps: int, pause: float) -> None:
    """Write a line a step; go on after the last line that is there."""
    file = Path(path)
    done = len(file.read_text().splitlines()) if file.exists() else 0
    run.expect(steps, "ITEMS")
    run.advance(done)
    for number in range(done, steps):
        run.check()
        with file.open("a") as stream:
            stream.write(f"{number} {os.getpid()}\n")
        run.advance()
        time.sleep(pause)
