"""A set of keys in few bytes each."""

import sys

from hypothesis import given
from hypothesis import strategies as st

from plexlink.keyset import KeySet


class TestKeySet:
    @given(st.lists(st.text(max_size=6)), st.lists(st.text(max_size=6)))
    def test_says_what_a_set_says(self, keys: list[str], others: list[str]) -> None:
        small, plain = KeySet(), set[str]()
        for key in keys:
            assert small.add(key) is (key not in plain)
            plain.add(key)

        assert len(small) == len(plain)
        for key in [*keys, *others]:
            assert (key in small) is (key in plain)

    def test_takes_few_bytes_for_each_of_many(self) -> None:
        keys = KeySet()
        count = 100_000

        for number in range(count):
            assert keys.add(str(1_000_000 + number))

        assert len(keys) == count
        assert all(str(1_000_000 + number) in keys for number in range(count))
        assert "999999" not in keys
        assert sys.getsizeof(keys._slots) <= 20 * count
