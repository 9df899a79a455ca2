"""What all tests share."""

pytest_plugins = ["tests.mounts", "tests.scenes.fixtures"]
