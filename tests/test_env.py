"""Settings out of the environment and the settings page."""

import json
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from drivearr import env


@pytest.fixture(autouse=True)
def _clean() -> None:
    env._from_page.clear()


class TestSource:
    def test_is_the_environment_before_the_page(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = tmp_path / "settings.json"
        file.write_text(json.dumps({"DRIVEARR_ROOM": "3", "DRIVEARR_DOOR": "blue"}))
        monkeypatch.setenv("DRIVEARR_ROOM", "5")
        env.load_page_settings(file)

        assert env.env_int("ROOM", 1) == 5
        assert env.env_str("DOOR") == "blue"
        assert env.env_str("WALL", "white") == "white"
        sources = [
            env.readings[f"DRIVEARR_{n}"].source for n in ("ROOM", "DOOR", "WALL")
        ]
        assert sources == ["ENVIRONMENT", "PAGE", "DEFAULT"]

    def test_that_is_broken_is_told(self, tmp_path: Path) -> None:
        file = tmp_path / "settings.json"
        file.write_text("{")

        with pytest.raises(ImproperlyConfigured, match="settings page"):
            env.load_page_settings(file)


class TestReaders:
    @pytest.mark.parametrize(
        ("reader", "raw"),
        [
            (lambda: env.env_int("X", 1, least=1, most=9), "10"),
            (lambda: env.env_int("X", 1), "many"),
            (lambda: env.env_bool("X"), "perhaps"),
            (lambda: env.env_networks("X"), "300.1.1.1"),
            (lambda: env.env_base("X"), "a b"),
            (lambda: env.env_base("X"), "../x"),
            (lambda: env.env_url("X"), "films.example"),
            (lambda: env.env_paths("X", []), "here:there"),
        ],
    )
    def test_name_what_is_wrong(
        self, reader: object, raw: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DRIVEARR_X", raw)

        with pytest.raises(ImproperlyConfigured, match="DRIVEARR_X"):
            reader()  # type: ignore[operator]  # a table of lambdas

    @pytest.mark.parametrize("raw", ["drivearr", "/drivearr", "/drivearr/"])
    def test_take_a_base_path_with_any_slashes(
        self, raw: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DRIVEARR_X", raw)

        assert env.env_base("X") == "/drivearr"


class TestEndpoint:
    def test_is_an_address_with_a_port(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DRIVEARR_CALL", "10.0.0.255:32414")

        assert env.env_endpoint("CALL", "239.0.0.250:1") == ("10.0.0.255", 32414)
        assert env.env_endpoint("OTHER", "239.0.0.250:1") == ("239.0.0.250", 1)

    @pytest.mark.parametrize("raw", ["10.0.0.1", "films.example:80", "10.0.0.1:0", ":"])
    def test_of_anything_else_is_refused(
        self, monkeypatch: pytest.MonkeyPatch, raw: str
    ) -> None:
        monkeypatch.setenv("DRIVEARR_CALL", raw)

        with pytest.raises(ImproperlyConfigured, match="with a port such as"):
            env.env_endpoint("CALL", "239.0.0.250:1")
