"""What smartctl says, in all the shapes it says it."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from drives.smart import parse_smart, read_smart

ATA: dict[str, Any] = {
    "model_name": "WDC WD40",
    "serial_number": "WX1",
    "smart_status": {"passed": True},
    "temperature": {"current": 34},
    "power_on_time": {"hours": 812},
    "ata_smart_attributes": {
        "table": [
            {"id": 5, "raw": {"value": 3}},
            {"id": 9, "raw": {"value": 812}},
            {"id": 197, "raw": {"value": 0x0001_0000_0002}},
            {"id": 198, "raw": {"value": 0}},
        ]
    },
}


def said(text: str, status: int = 2) -> Any:
    document = {"smartctl": {"exit_status": status, "messages": [{"string": text}]}}
    return parse_smart(json.dumps(document), status)


def program(folder: Path, body: str) -> str:
    """Put a stand-in for smartctl into a folder and return the folder."""
    path = folder / "smartctl"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(folder)


class TestParseSmart:
    def test_reads_an_ata_disk(self) -> None:
        smart = parse_smart(json.dumps(ATA))

        assert smart.is_available
        assert (smart.passed, smart.celsius, smart.power_on_hours) == (True, 34, 812)
        assert smart.counts == {
            "reallocated sectors": 3,
            "sectors waiting to be reallocated": 2,
        }

    def test_reads_an_nvme_disk(self) -> None:
        log = {
            "critical_warning": 0,
            "media_errors": 7,
            "percentage_used": 93,
            "available_spare": 4,
            "available_spare_threshold": 10,
        }
        smart = parse_smart(
            json.dumps(
                {
                    "smart_status": {"passed": True},
                    "nvme_smart_health_information_log": log,
                }
            )
        )

        assert smart.counts == {"media errors": 7}
        assert (smart.wear_percent, smart.spare_is_low) == (93, True)

    def test_believes_a_failing_disk_whatever_the_exit_status(self) -> None:
        smart = parse_smart(json.dumps(ATA | {"smart_status": {"passed": False}}), 8)

        assert (smart.is_available, smart.passed) == (True, False)

    def test_tells_sleep_from_trouble(self) -> None:
        smart = said("Device is in STANDBY mode, exit(2)")

        assert (smart.is_available, smart.is_asleep) == (False, True)

    @pytest.mark.parametrize(
        "text",
        [
            "Smartctl open device: /dev/sdb failed: Permission denied",
            "Smartctl open device: /dev/sdb failed: Operation not permitted",
        ],
    )
    def test_says_that_the_right_is_lacking(self, text: str) -> None:
        smart = said(text)

        assert (smart.is_available, smart.is_forbidden) == (False, True)
        assert "no right" in smart.reason

    def test_hands_on_what_the_bridge_says(self) -> None:
        smart = said("/dev/sdb: Unknown USB bridge [0x1234:0x5678 (0x100)]", 1)

        assert not smart.is_available
        assert "Unknown USB bridge" in smart.reason

    @pytest.mark.parametrize(
        "reply",
        ["", "nonsense", "[]", "null", "7", "{}", "[" * 100_000, '{"smart_status": 3}'],
    )
    def test_takes_no_answer_for_no_praise(self, reply: str) -> None:
        smart = parse_smart(reply)

        assert not smart.is_available
        assert smart.reason

    @pytest.mark.parametrize(
        "part",
        [
            {"temperature": "hot"},
            {"temperature": {"current": "34"}},
            {"power_on_time": {"hours": -1}},
            {"ata_smart_attributes": {"table": [None, 3, {"id": "5"}, {"id": 5}]}},
            {"ata_smart_attributes": {"table": {"id": 5}}},
            {"model_name": None},
        ],
    )
    def test_survives_other_shapes(self, part: dict[str, Any]) -> None:
        assert parse_smart(json.dumps(ATA | part)).passed is True


class TestReadSmart:
    def test_says_that_the_program_is_missing(self, tmp_path: Path) -> None:
        smart = read_smart("/dev/null", places=str(tmp_path))

        assert "not installed" in smart.reason

    def test_tries_the_ways_through_a_bridge(self, tmp_path: Path) -> None:
        body = f"""case "$*" in
*"-d sntasmedia"*) echo '{json.dumps(ATA)}';;
*) echo '{{"smartctl": {{"messages": [{{"string": "Unknown USB bridge"}}]}}}}'; exit 1;;
esac"""
        smart = read_smart("/dev/null", places=program(tmp_path, body))

        assert smart.model == "WDC WD40"

    def test_asks_once_where_it_may_not(self, tmp_path: Path) -> None:
        body = f"""echo asked >> {tmp_path}/asked
echo '{{"smartctl": {{"messages": [{{"string": "Permission denied"}}]}}}}'; exit 2"""
        smart = read_smart("/dev/null", places=program(tmp_path, body))

        assert smart.is_forbidden
        assert (tmp_path / "asked").read_text() == "asked\n"

    def test_never_wakes_a_disk(self, tmp_path: Path) -> None:
        body = f"""echo "$*" >> {tmp_path}/asked; echo '{json.dumps(ATA)}'"""
        read_smart("/dev/null", places=program(tmp_path, body))

        assert "-n standby" in (tmp_path / "asked").read_text()

    def test_waits_no_longer_than_told(self, tmp_path: Path) -> None:
        begun = time.monotonic()

        smart = read_smart(
            "/dev/null", places=program(tmp_path, "exec sleep 20"), seconds=0.3
        )

        assert not smart.is_available
        assert time.monotonic() - begun < 5
