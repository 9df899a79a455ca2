"""Slows down guessing of passwords."""

import hashlib

from django.core.cache import cache

TRIES_PER_NAME = 8
"""Wrong passwords for one name from one address before it must wait."""
TRIES_PER_ADDRESS = 40
"""Wrong passwords from one address, whatever the names."""
WAIT_SECONDS = 300


def _keys(address: str, name: str) -> tuple[tuple[str, int], ...]:
    both = hashlib.sha256(f"{address}\0{name.casefold()}".encode()).hexdigest()
    alone = hashlib.sha256(address.encode()).hexdigest()
    return (
        (f"sign-in:name:{both}", TRIES_PER_NAME),
        (f"sign-in:address:{alone}", TRIES_PER_ADDRESS),
    )


def must_wait(*, address: str, name: str) -> bool:
    """Whether too many wrong passwords came from there lately."""
    return any(cache.get(key, 0) >= most for key, most in _keys(address, name))


def count_failure(*, address: str, name: str) -> None:
    """Remember a wrong password for WAIT_SECONDS."""
    for key, _most in _keys(address, name):
        if cache.add(key, 1, WAIT_SECONDS):
            continue
        try:
            cache.incr(key)
        except ValueError:
            # It ran out between the two calls.
            cache.add(key, 1, WAIT_SECONDS)


def forget_failures(*, address: str, name: str) -> None:
    """Start anew after a right password; the address keeps its count."""
    cache.delete(_keys(address, name)[0][0])
