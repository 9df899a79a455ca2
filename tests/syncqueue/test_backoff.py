"""How long to wait before the next try."""

import pytest

from syncqueue.backoff import CEILING_SECONDS, wait_seconds


class TestWaitSeconds:
    @pytest.mark.parametrize(
        ("failures", "seconds"), [(1, 2), (2, 4), (3, 8), (4, 16), (8, 256), (9, 300)]
    )
    def test_doubles_up_to_the_ceiling(self, failures: int, seconds: int) -> None:
        assert wait_seconds(failures) == seconds

    @pytest.mark.parametrize("failures", [0, -3])
    def test_waits_a_little_also_for_no_failure(self, failures: int) -> None:
        assert wait_seconds(failures) == 2

    def test_stays_small_after_a_million_failures(self) -> None:
        assert wait_seconds(1_000_000) == CEILING_SECONDS
