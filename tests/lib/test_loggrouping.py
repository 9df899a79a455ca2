"""Which sentences a log says most."""

import pytest

from drivearr.lib.loggrouping import find_most_said, shape_of
from drivearr.lib.logreading import LogLine


def line(at: str, text: str, *, level: str = "ERROR") -> LogLine:
    return LogLine(
        at=f"2026-11-21 {at},000",
        level=level,
        job=None,
        logger="drives",
        part="worker",
        text=text,
    )


class TestShapeOf:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("Job 12 took 3.5 s", "Job 7 took 12.25 s"),
            ("“Car” is away", "“Cabin disk” is away"),
            ("cannot read /mnt/a b: EIO", "cannot read /media/x b: EIO"),
            ("drive 3fccaf1f-00e6-45ac gone", "drive 29e80625-8aaf-4c6f gone"),
        ],
    )
    def test_forgets_what_varies(self, one: str, other: str) -> None:
        assert shape_of(one) == shape_of(other)

    def test_keeps_what_differs(self) -> None:
        assert shape_of("Job 1 failed") != shape_of("Job 1 hangs")


class TestFindMostSaid:
    def test_counts_each_sentence_once(self) -> None:
        said = find_most_said(
            [
                line("09:00:03", "Broker away, job 3"),
                line("09:00:01", "Broker away, job 1"),
                line("09:00:02", "The disk hangs"),
            ],
            most=5,
        )

        assert [(each.count, each.text) for each in said] == [
            (2, "Broker away, job 3"),
            (1, "The disk hangs"),
        ]
        assert said[0].first_at == "2026-11-21 09:00:01,000"
        assert said[0].words == "Broker away, job"

    def test_keeps_levels_apart(self) -> None:
        lines = [line("09:00:01", "x"), line("09:00:02", "x", level="WARNING")]

        assert len(find_most_said(lines, most=5)) == 2

    def test_gives_no_more_than_asked_for(self) -> None:
        lines = [line("09:00:01", word) for word in ("one", "two", "three")]

        assert len(find_most_said(lines, most=2)) == 2
