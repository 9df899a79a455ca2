"""After each test with a database the shelf shows exactly what there are files of."""

from collections.abc import Iterator

import pytest

from library.services import shelving


@pytest.fixture(autouse=True)
def _shelf_is_right(request: pytest.FixtureRequest) -> Iterator[None]:
    if request.node.get_closest_marker("django_db") is None:
        yield
        return
    request.getfixturevalue("_django_db_helper")
    yield
    assert shelving.settle() == 0
