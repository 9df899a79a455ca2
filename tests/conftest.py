"""What all tests share."""

import pytest

import drivearr.web.subscripts  # noqa: F401 - before views are imported
from drivearr.lib.remembering import forget_all

pytest_plugins = [
    "tests.houses",
    "tests.mounts",
    "tests.scenes.fixtures",
    "tests.stale",
]


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    """Rows of one test get the ids of another's."""
    forget_all()
