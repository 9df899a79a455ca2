"""Speed limits of drives: set, change, lift."""

from datetime import time

from django.utils.translation import gettext, gettext_noop

from drivearr.lib.errors import Refused
from drives.models import Drive
from syncqueue.models import SpeedLimit

LEAST_BYTES_PER_SECOND = 64 * 1024


class LimitRefused(Refused):
    """A speed limit does not make sense as it is."""

    code = "LIMIT_REFUSED"
    advice = gettext_noop("The least is 0.1 MB/s.")


def set_limit(
    *,
    drive: Drive,
    bytes_per_second: int,
    begins: time = time(0),
    ends: time = time(0),
) -> SpeedLimit:
    """Limit how fast a drive is written and read back; holds at once, also for a copy.

    `begins`, `ends`: local times of day; equal: it holds all day.

    Raises: LimitRefused.
    """
    if not LEAST_BYTES_PER_SECOND <= bytes_per_second < 2**62:
        raise LimitRefused(gettext("A drive is not copied to at such a speed."))
    row, _ = SpeedLimit.objects.update_or_create(
        drive=drive,
        defaults={
            "bytes_per_second": bytes_per_second,
            "begins": begins,
            "ends": ends,
        },
    )
    return row


def lift_limit(*, drive: Drive) -> bool:
    """Let a drive be as fast as it is; False when it had no limit."""
    return bool(SpeedLimit.objects.filter(drive=drive).delete()[0])
