"""Which keys came by, in few bytes each: a listing may have a hundred thousand rows."""

from array import array

_SMALLEST_ROOM = 1024
_FULL_RATIO = 0.8


class KeySet:
    """A set of texts that can only grow and be asked; 10 to 20 bytes a key.

    A `set` of the texts takes some 130. It keeps their 64-bit hashes in one table: of a
    million keys two would be taken for one once in 30 million listings.
    """

    __slots__ = ("_count", "_slots")

    def __init__(self) -> None:
        self._slots = array("q", bytes(8 * _SMALLEST_ROOM))
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __contains__(self, key: str) -> bool:
        mark = _mark(key)
        return self._slots[_place(self._slots, mark)] == mark

    def add(self, key: str) -> bool:
        """Remember a key; False when it is known already."""
        mark = _mark(key)
        place = _place(self._slots, mark)
        if self._slots[place] == mark:
            return False
        self._slots[place] = mark
        self._count += 1
        if self._count > _FULL_RATIO * len(self._slots):
            self._slots = _widened(self._slots)
        return True


def _mark(key: str) -> int:
    # Nought is an empty place of the table.
    return hash(key) or 1


def _place(slots: "array[int]", mark: int) -> int:
    """Return where a mark is, or the empty place that it would take."""
    last = len(slots) - 1
    place = mark & last
    while slots[place] not in {0, mark}:
        place = (place + 1) & last
    return place


def _widened(slots: "array[int]") -> "array[int]":
    wide = array("q", bytes(8 * 2 * len(slots)))
    for mark in slots:
        if mark:
            wide[_place(wide, mark)] = mark
    return wide
