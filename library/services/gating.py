"""One pace and one fuse per source for all processes and hosts: both in the database."""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from library.metadata.pacing import REST_SECONDS, TROUBLES_MOST
from library.metadata.source import SourceResting
from library.models import MetadataSource

HANDED_OUT = 5
"""Moments taken from the shared row at a time, to spare the database."""
BURST_SECONDS = 1.0
"""A service that was left alone may be asked so many seconds' worth at once."""


class SharedGate:
    """A Gate (see library.metadata.pacing) that all workers share."""

    def __init__(
        self,
        source: str,
        per_second: float,
        *,
        now: Callable[[], datetime] = timezone.now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._source = source
        self._apart = timedelta(seconds=1 / per_second)
        self._now, self._sleep = now, sleep
        self._moments: list[datetime] = []
        self._lock = threading.Lock()
        self._troubles = 0
        self._has_told = False
        """Whether a trouble is written in the row that an answer will take away."""

    def wait(self) -> None:
        """See Gate.

        Raises: SourceResting.
        """
        with self._lock:
            if not self._moments:
                self._moments = self._take()
            at = self._moments.pop(0)
        wait = (at - self._now()).total_seconds()
        if wait > 0:
            self._sleep(wait)

    @transaction.atomic
    def _take(self) -> list[datetime]:
        rows = MetadataSource.objects.select_for_update()
        row = rows.get(name=self._source)
        now = self._now()
        if row.rests_until and row.rests_until > now:
            raise SourceResting(
                gettext(
                    "{label} failed {troubles} times in a row; it is left in peace "
                    "until {timezone:%H:%M}."
                ).format(
                    label=row.label,
                    troubles=row.troubles,
                    timezone=timezone.localtime(row.rests_until),
                )
            )
        self._troubles = max(self._troubles, row.troubles)
        self._has_told = self._has_told or bool(row.trouble)
        first = max(row.next_at, now - timedelta(seconds=BURST_SECONDS))
        after = first + self._apart * HANDED_OUT
        MetadataSource.objects.filter(pk=row.pk).update(next_at=after)
        return [first + self._apart * place for place in range(HANDED_OUT)]

    def note_success(self) -> None:
        """See Gate; writes only after trouble."""
        if not self._troubles and not self._has_told:
            return
        self._troubles, self._has_told = 0, False
        MetadataSource.objects.filter(name=self._source).update(
            troubles=0, rests_until=None, trouble=""
        )

    def note_refusal(self, why: str) -> None:
        """See Gate; a key that is not taken blows no fuse."""
        self._has_told = True
        MetadataSource.objects.filter(name=self._source).update(
            troubles=0, rests_until=None, trouble=why[:300]
        )

    def note_trouble(self, why: str) -> None:
        """See Gate."""
        self._troubles += 1
        self._has_told = True
        with transaction.atomic():
            row = MetadataSource.objects.select_for_update().get(name=self._source)
            troubles = row.troubles + 1
            rests = None
            if troubles >= TROUBLES_MOST:
                rests = self._now() + timedelta(seconds=REST_SECONDS)
                self._moments = []
            MetadataSource.objects.filter(pk=row.pk).update(
                troubles=troubles, rests_until=rests, trouble=why[:300]
            )


def wake_sources() -> None:
    """Let sources that rest be asked again: a person wants it now."""
    MetadataSource.objects.exclude(troubles=0).update(troubles=0, rests_until=None)
