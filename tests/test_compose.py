"""The container files say what the documentation promises."""

import re
from pathlib import Path

import pytest
from django.conf import settings

yaml = pytest.importorskip("yaml")
HOUSE: Path = settings.BASE_DIR


class TestCompose:
    def test_mounts_the_drives_parent_with_propagation(self) -> None:
        document = yaml.safe_load((HOUSE / "compose.yaml").read_text())

        binds = [
            v
            for v in document["services"]["drivearr"]["volumes"]
            if isinstance(v, dict)
        ]

        assert [bind["bind"]["propagation"] for bind in binds] == ["rslave"]

    def test_checks_the_health_of_every_service(self) -> None:
        services = yaml.safe_load((HOUSE / "compose.yaml").read_text())["services"]

        assert "HEALTHCHECK" in (HOUSE / "Dockerfile").read_text()
        assert all("healthcheck" in services[name] for name in ("postgres", "redis"))

    def test_holds_no_password(self) -> None:
        text = (HOUSE / "compose.yaml").read_text()

        assert re.findall(r"PASSWORD: +(?!\"\$\{)", text) == []

    def test_starts_what_is_there(self) -> None:
        text = (HOUSE / "Dockerfile").read_text()

        for path in re.findall(r"/app/(\S+?)\"", text):
            assert (HOUSE / path).exists()
