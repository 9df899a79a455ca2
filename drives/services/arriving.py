"""Who hears that a known drive came: what waited for it goes on at once."""

from collections.abc import Callable

from drives.models import Drive

Listener = Callable[[Drive], None]
_listeners: list[Listener] = []


def register_listener(listener: Listener) -> None:
    """Have `listener` called with each known drive that is plugged in."""
    if listener not in _listeners:
        _listeners.append(listener)


def tell_arrived(drive: Drive) -> None:
    """Tell all that a drive is here now."""
    for listener in _listeners:
        listener(drive)
