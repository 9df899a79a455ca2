"""Slows down guessing of passwords, in all processes alike."""

import hashlib
from datetime import timedelta

from django.utils import timezone

from drivearr.web.models import Tally

TRIES_PER_NAME = 8
"""Wrong passwords for one name from one address before it must wait."""
TRIES_PER_ADDRESS = 40
"""Wrong passwords from one address, whatever the names."""
WAIT_SECONDS = 300


def _keys(address: str, name: str) -> dict[str, int]:
    both = hashlib.sha256(f"{address}\0{name.casefold()}".encode()).hexdigest()
    alone = hashlib.sha256(address.encode()).hexdigest()
    return {f"name:{both}": TRIES_PER_NAME, f"address:{alone}": TRIES_PER_ADDRESS}


def must_wait(*, address: str, name: str) -> bool:
    """Whether too many wrong passwords came from there lately; one query."""
    keys = _keys(address, name)
    running = Tally.objects.filter(key__in=keys, ends_at__gt=timezone.now())
    return any(tally.count >= keys[tally.key] for tally in running)


def count_failure(*, address: str, name: str) -> None:
    """Remember a wrong password for WAIT_SECONDS."""
    now = timezone.now()
    for key in _keys(address, name):
        Tally.add(key, now=now, ends_at=now + timedelta(seconds=WAIT_SECONDS))


def forget_failures(*, address: str, name: str) -> None:
    """Start anew after a right password; the address keeps its count."""
    first = next(iter(_keys(address, name)))
    Tally.objects.filter(key=first).delete()


def clean_up() -> int:
    """Drop tallies that ended; return how many."""
    return Tally.objects.filter(ends_at__lt=timezone.now()).delete()[0]
