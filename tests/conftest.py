"""What all tests share."""

pytest_plugins = ["tests.houses", "tests.mounts", "tests.scenes.fixtures"]
