"""The real settings, with the tests' own work."""

from drivearr.settings import *  # noqa: F403, TID251
from drivearr.settings import INSTALLED_APPS as REAL  # noqa: TID251

INSTALLED_APPS = [*REAL, "tests.processes.slowwork"]
