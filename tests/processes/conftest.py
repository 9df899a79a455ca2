"""A data folder with the broker running, for work of the tests' own."""

import pytest

from tests.houses import House

WITH_SLOWWORK = "tests.processes.settings"


@pytest.fixture
def house(bare_house: House) -> House:
    """A prepared data folder with the broker running; it knows the tests' own work."""
    bare_house.env["DJANGO_SETTINGS_MODULE"] = WITH_SLOWWORK
    bare_house.python("-m", "drivearr", "migrate", "--verbosity", "0")
    bare_house.start_broker()
    return bare_house
