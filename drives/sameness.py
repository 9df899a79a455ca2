"""Whether a file on a drive is still the one that was written there."""

TIME_GRAIN_NS = 2_000_000_000
"""FAT keeps times in steps of 2 s. Source: Microsoft FAT specification 1.03."""
_HOUR_NS = 3_600_000_000_000


def is_same_time(one_ns: int, other_ns: int) -> bool:
    """Whether two times are one within what FAT can keep.

    FAT keeps local time: a file may seem an hour off after the clocks change.
    """
    apart = abs(one_ns - other_ns)
    return apart <= TIME_GRAIN_NS or abs(apart - _HOUR_NS) <= TIME_GRAIN_NS


def is_unchanged(
    *, size_bytes: int, mtime_ns: int, size_now: int, mtime_ns_now: int
) -> bool:
    """Whether size and time are those recorded; content is asked by verifying."""
    return size_bytes == size_now and is_same_time(mtime_ns, mtime_ns_now)
