"""How long to wait before the next try."""

ATTEMPTS_MOST = 5
"""So often a file is tried before a person is asked."""
CEILING_SECONDS = 300
UNIT_SECONDS = 1.0


def wait_seconds(failures: int) -> float:
    """Return the seconds to wait after so many failures in a row: 2, 4, 8 … 300."""
    # Without the bound the power of a long row of failures has thousands of digits.
    steps = min(max(failures, 1), 20)
    return min(UNIT_SECONDS * 2.0**steps, CEILING_SECONDS)
