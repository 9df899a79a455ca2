"""Waiting for a call on the drive that may take long, and hearing meanwhile to stop."""

from collections.abc import Callable
from threading import Event, Thread

from syncqueue.copying.sizes import ASK_SECONDS


def hearing(deed: Callable[[], None], check: Callable[[], None]) -> None:
    """Do `deed` in a thread of its own; what it raises is raised here.

    `check` is called while it is waited for and may raise: then the thread is left to
    end by itself.
    """
    errors: list[BaseException] = []
    is_done = Event()

    def work() -> None:
        try:
            deed()
        except BaseException as error:  # noqa: BLE001 - raised by who waits
            errors.append(error)
        finally:
            is_done.set()

    Thread(target=work, name="flusher", daemon=True).start()
    while not is_done.wait(ASK_SECONDS):
        check()
    if errors:
        raise errors[0]
