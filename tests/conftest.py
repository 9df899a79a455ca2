"""What all tests share."""

import hypothesis
import pytest

import drivearr.web.subscripts  # noqa: F401 - before views are imported
from drivearr.lib.remembering import forget_all

pytest_plugins = [
    "tests.houses",
    "tests.mounts",
    "tests.scenes.fixtures",
    "tests.shelf",
    "tests.stale",
]

# Timings never decide a test: a busy machine is no fault of ours.
hypothesis.settings.register_profile(
    "drivearr",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("drivearr")


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    """Rows of one test get the ids of another's."""
    forget_all()
