"""From evidence to a verdict."""

import pytest

from drives.health import Evidence, conclude, judge_smart, judge_speed
from drives.smart import Smart


def smart(**facts: object) -> Smart:
    return Smart(**({"is_available": True, "passed": True} | facts))  # type: ignore[arg-type]  # a table of facts


class TestJudgeSmart:
    @pytest.mark.parametrize(
        ("told", "verdict", "word"),
        [
            (smart(), "GOOD", "well"),
            (smart(power_on_hours=812, celsius=30), "GOOD", "812 hours"),
            (smart(passed=False), "FAILING", "itself says"),
            (smart(counts={"reallocated sectors": 3}), "LIMITED", "3 reallocated"),
            (smart(counts={"reallocated sectors": 101}), "FAILING", "101"),
            (smart(counts={"media errors": 11}), "FAILING", "11 media"),
            (smart(wear_percent=90), "LIMITED", "90 %"),
            (smart(spare_is_low=True), "FAILING", "spare"),
            (smart(celsius=60), "LIMITED", "60 °C"),
            (Smart(is_available=False, reason="no right"), "UNKNOWN", "no right"),
        ],
    )
    def test_weighs_each_sort(self, told: Smart, verdict: str, word: str) -> None:
        evidence = judge_smart(told)

        assert evidence.verdict == verdict
        assert word in evidence.message


class TestJudgeSpeed:
    def test_says_nothing_while_the_past_is_short(self) -> None:
        assert judge_speed([100.0] * 14) is None

    def test_notices_a_drive_that_became_slow(self) -> None:
        evidence = judge_speed([100.0] * 20 + [30.0] * 5)

        assert evidence is not None
        assert (evidence.verdict, evidence.value) == ("LIMITED", 0.3)
        assert "30%" in evidence.message

    def test_forgives_one_slow_copy(self) -> None:
        evidence = judge_speed([100.0] * 20 + [3.0])

        assert evidence is not None
        assert evidence.verdict == "GOOD"

    def test_survives_copies_of_no_speed(self) -> None:
        assert judge_speed([0.0] * 30) is None


BAD = Evidence("read-back", "FAILING", "one file came back wrong")
WORN = Evidence("smart", "LIMITED", "worn")
FINE = Evidence("smart", "GOOD", "well")
CLEAN = Evidence("read-back", "GOOD", "all read back")


class TestConclude:
    def test_knows_nothing_of_nothing(self) -> None:
        assert conclude([]) == ("UNKNOWN", "")

    def test_takes_the_worst(self) -> None:
        assert conclude([FINE, BAD]) == ("FAILING", BAD.message)

    def test_lets_a_clean_verification_settle_what_was_before(self) -> None:
        assert conclude([CLEAN, BAD])[0] == "GOOD"
        assert conclude([BAD, CLEAN])[0] == "FAILING"

    def test_lets_only_the_newest_word_of_the_disk_count(self) -> None:
        assert conclude([FINE, WORN])[0] == "GOOD"
        assert conclude([WORN, FINE]) == ("LIMITED", "worn")

    def test_takes_no_speed_for_health(self) -> None:
        fast = Evidence("speed", "GOOD", "as fast as ever")

        assert conclude([fast])[0] == "UNKNOWN"

    def test_says_why_it_does_not_know(self) -> None:
        silent = Evidence("smart", "UNKNOWN", "SMART: no right.")

        assert conclude([silent]) == ("UNKNOWN", "SMART: no right.")
        assert conclude([silent, CLEAN])[0] == "GOOD"

    def test_names_each_reason_once_and_few(self) -> None:
        many = [Evidence("io-error", "FAILING", f"e{n % 5}.") for n in range(20)]

        assert conclude(many) == ("FAILING", "e0. e1. e2.")
