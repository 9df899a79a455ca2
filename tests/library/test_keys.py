"""Many keys of rows in little memory."""

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from library.keys import KeySet

KEYS = st.sets(st.integers(0, 100_000) | st.integers(0, 2**63 - 1), max_size=200)


class TestKeySet:
    @given(KEYS, KEYS)
    def test_holds_what_was_put_in_and_nothing_else(
        self, keys: set[int], others: set[int]
    ) -> None:
        held = KeySet(keys)

        assert list(held) == sorted(keys)
        assert len(held) == len(keys)
        assert {key for key in keys | others if key in held} == keys

    @given(KEYS, KEYS)
    def test_takes_in_all_of_another(self, keys: set[int], others: set[int]) -> None:
        held, other = KeySet(keys), KeySet(others)

        held.merge(other)

        assert set(held) == keys | others
        assert set(other) == others

    def test_takes_little_for_half_a_million(self) -> None:
        tracemalloc.start()
        held = KeySet(range(500_000))
        taken = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()

        assert len(held) == 500_000
        assert taken < 150_000
