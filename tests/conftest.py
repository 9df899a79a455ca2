"""What all tests share."""

import drivearr.web.subscripts  # noqa: F401 - before views are imported

pytest_plugins = ["tests.houses", "tests.mounts", "tests.scenes.fixtures"]
