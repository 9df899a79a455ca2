"""Where the shapes of a chart lie."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivearr.lib import charting
from drivearr.lib.charting import Point


class TestCeiling:
    @pytest.mark.parametrize(
        ("value", "top"), [(0, 1), (1, 1), (3, 5), (37, 50), (50, 50), (0.21, 0.25)]
    )
    def test_is_the_next_round_number(self, value: float, top: float) -> None:
        assert charting.ceiling(value) == pytest.approx(top)

    @given(st.floats(min_value=1e-6, max_value=1e18))
    def test_is_never_below_nor_far_above(self, value: float) -> None:
        assert value * (1 - 1e-9) <= charting.ceiling(value) <= value * 2.51


class TestBars:
    @given(st.lists(st.floats(min_value=0, max_value=1e12), max_size=60))
    def test_stay_in_their_box_and_stand_on_its_floor(
        self, values: list[float]
    ) -> None:
        top = charting.ceiling(max(values, default=0))
        drawn = charting.bars([Point("", each, "") for each in values], top=top)

        assert len(drawn) == len(values)
        for bar in drawn:
            assert bar.x_percent >= 0
            assert bar.x_percent + bar.width_percent <= 100.001
            assert bar.y_percent + bar.height_percent == pytest.approx(100)


class TestLine:
    def test_leads_from_side_to_side(self) -> None:
        assert (
            charting.line([0, 5, 10], top=10) == "0.00,100.00 50.00,50.00 100.00,0.00"
        )

    def test_of_one_value_is_level(self) -> None:
        assert charting.line([5], top=10) == "0.00,50.00 100.00,50.00"

    def test_of_nothing_is_nothing(self) -> None:
        assert charting.line([], top=1) == ""


class TestSlices:
    def test_fill_the_ring(self) -> None:
        ring = charting.slices([Point("a", 1, ""), Point("b", 3, "")])

        assert [part.length for part in ring] == [25, 75]
        assert [part.offset for part in ring] == [25, 0]

    def test_of_nothing_are_none(self) -> None:
        assert charting.slices([Point("a", 0, "")]) == ()
