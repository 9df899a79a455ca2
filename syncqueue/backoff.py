"""How long to wait before the next try."""

ATTEMPTS_MOST = 5
"""So often a file is tried before a person is asked."""
CEILING_SECONDS = 300
UNIT_SECONDS = 1.0
FAILURES_MOST = 5
"""After so many failed runs in a row a drive may be told to rest."""


def wait_seconds(failures: int) -> float:
    """Return the seconds to wait after so many failures in a row: 2, 4, 8 … 300."""
    # Without the bound the power of a long row of failures has thousands of digits.
    steps = min(max(failures, 1), 20)
    return min(UNIT_SECONDS * 2.0**steps, CEILING_SECONDS)


def rest_seconds(failures: int, *, rest_minutes: int) -> float:
    """Return the seconds a drive rests after so many failed runs in a row.

    `rest_minutes`: how long from the fifth on; 0: as `wait_seconds` says.
    """
    if rest_minutes and failures >= FAILURES_MOST:
        return rest_minutes * 60.0
    return wait_seconds(failures)
