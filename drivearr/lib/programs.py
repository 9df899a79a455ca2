"""Programs of the machine that Drivearr can use where they are installed."""

import shutil


def find_rsync() -> str:
    """Return the path of `rsync`; empty where it is not installed."""
    return shutil.which("rsync") or ""
