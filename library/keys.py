"""Many keys of rows in little memory: a bit each, where a set of numbers takes 70 bytes."""

from collections.abc import Iterable, Iterator

_PAGE_BITS = 13
_PAGE_BYTES = 2**_PAGE_BITS // 8
_IN_PAGE = 2**_PAGE_BITS - 1


class KeySet:
    """A set of numbers from 0, most of them near one another, as keys of one table are.

    Memory: 1 KiB for every 8,192 keys; at worst that much for each single one.
    """

    def __init__(self, keys: Iterable[int] = ()) -> None:
        self._pages: dict[int, bytearray] = {}
        self.update(keys)

    def add(self, key: int) -> None:
        """Put a key in."""
        page = self._pages.get(key >> _PAGE_BITS)
        if page is None:
            page = self._pages[key >> _PAGE_BITS] = bytearray(_PAGE_BYTES)
        place = key & _IN_PAGE
        page[place >> 3] |= 1 << (place & 7)

    def update(self, *many: Iterable[int]) -> None:
        """Put keys in."""
        for keys in many:
            for key in keys:
                self.add(key)

    def merge(self, other: "KeySet") -> None:
        """Put in all that another one holds."""
        for number, theirs in other._pages.items():  # noqa: SLF001 - of its own kind
            ours = self._pages.get(number, bytes(_PAGE_BYTES))
            both = int.from_bytes(ours, "big") | int.from_bytes(theirs, "big")
            self._pages[number] = bytearray(both.to_bytes(_PAGE_BYTES, "big"))

    def __contains__(self, key: int) -> bool:
        """Whether a key was put in."""
        page = self._pages.get(key >> _PAGE_BITS)
        place = key & _IN_PAGE
        return page is not None and bool(page[place >> 3] & 1 << (place & 7))

    def __iter__(self) -> Iterator[int]:
        """Yield the keys in order."""
        for number in sorted(self._pages):
            page = self._pages[number]
            first = number << _PAGE_BITS
            for place in range(_IN_PAGE + 1):
                if page[place >> 3] & 1 << (place & 7):
                    yield first + place

    def __len__(self) -> int:
        """Return how many keys were put in."""
        return sum(
            int.from_bytes(page, "big").bit_count() for page in self._pages.values()
        )
