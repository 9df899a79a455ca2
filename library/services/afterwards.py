"""What other apps do once files came or went; they register, this app knows none."""

from collections.abc import Callable

from library.services.scanning import ScanSummary

Listener = Callable[[ScanSummary], None]
_listeners: list[Listener] = []


def register_listener(listener: Listener) -> None:
    """Name something that queues work after a scan; from AppConfig.ready."""
    if listener not in _listeners:
        _listeners.append(listener)


CopyListener = Callable[[str], None]
_copy_listeners: list[CopyListener] = []


def register_copy_listener(listener: CopyListener) -> None:
    """Name something that queues work after files were copied; from AppConfig.ready."""
    if listener not in _copy_listeners:
        _copy_listeners.append(listener)


def tell_copied(folder: str) -> None:
    """Tell all who want to know that files came into a folder, such as a drive's."""
    for listener in _copy_listeners:
        listener(folder)


def tell(summary: ScanSummary) -> None:
    """Tell all who want to know that a scan has ended."""
    for listener in _listeners:
        listener(summary)
