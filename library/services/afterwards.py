"""What other apps do once a scan has ended; they register, this app knows none."""

from collections.abc import Callable

from library.services.scanning import ScanSummary

Listener = Callable[[ScanSummary], None]
_listeners: list[Listener] = []


def register_listener(listener: Listener) -> None:
    """Name something that queues work after a scan; from AppConfig.ready."""
    if listener not in _listeners:
        _listeners.append(listener)


def tell(summary: ScanSummary) -> None:
    """Tell all who want to know that a scan has ended."""
    for listener in _listeners:
        listener(summary)
