"""What a copy tells the database while it works, and what may stop it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict

from django.utils import timezone

from drivearr.lib.progress import Progress
from drives.models import Drive
from drives.services.recording import check_fence
from syncqueue.copying.task import Block, Phase, SourceIdentity
from syncqueue.models import Copy, CopyBlock, QueueItem, SpeedLimit
from syncqueue.pacing import Pacer
from syncqueue.rates import Rate

PUBLISH_SECONDS = 0.25
LIMIT_SECONDS = 2.0
"""How often a drive's speed limit is looked up."""
_LEAST_SHOWN_BYTES = 1024 * 1024


class WishStopped(Exception):
    """The wish was paused or withdrawn while it was copied; the run goes on."""


class Limiter:
    """Keeps to a drive's speed limit, which a person may change meanwhile."""

    def __init__(self, drive: Drive) -> None:
        self._drive, self._pacer, self._asked = drive, Pacer(), 0.0

    def look(self) -> None:
        """Look up what holds now, if that is long ago."""
        now = time.monotonic()
        if self._asked and now - self._asked < LIMIT_SECONDS:
            return
        self._asked = now
        row = SpeedLimit.objects.filter(drive=self._drive.pk).first()
        holds = row is not None and row.limit.holds_at(timezone.localtime().time())
        self._pacer.set_rate(row.bytes_per_second if row and holds else None)

    def moved(self, amount: int, *, check: Callable[[], None]) -> None:
        """Wait as long as `amount` bytes deserve; `check` may raise to stop."""
        self._pacer.moved(amount, check=check)


class CopyWitness:
    """A Witness that journals into the database and asks whether to go on."""

    def __init__(
        self,
        copy: Copy,
        *,
        drive: Drive,
        fence: int,
        progress: Progress,
        limiter: Limiter,
        had_blocks: bool = True,
    ) -> None:
        """`had_blocks`: whether an earlier try may have left some in the journal."""
        self._copy, self._drive, self._fence = copy, drive, fence
        self._had_blocks = had_blocks
        self._progress = progress
        self._counted = 0
        # Asked at the first check: a limit holds from the first byte on.
        self._asked, self._published = 0.0, time.monotonic()
        self._phase: Phase = "COPYING"
        self._rate = Rate()
        self._moved = 0
        self._limiter = limiter

    def began(self, identity: SourceIdentity, *, blocks: Sequence[Block]) -> None:
        """See Witness."""
        # Blocks beyond the point of resuming are not there any more.
        if self._had_blocks:
            self._copy.blocks.filter(number__gte=len(blocks)).delete()
        self._had_blocks = True
        resumed_at = self._copy.durable_bytes = blocks[-1].end if blocks else 0
        Copy.objects.filter(pk=self._copy.pk).update(
            state=Copy.State.COPYING,
            source_identity=asdict(identity),
            size_bytes=identity.size,
            durable_bytes=resumed_at,
            verified_bytes=0,
            started_at=timezone.now(),
        )
        self._count(resumed_at)
        self._turn_to("COPYING", resumed_at)

    def durable(self, block: Block) -> None:
        """See Witness. A worker that lost its drive to another may not journal.

        Raises: NotTheWriter.
        """
        check_fence(drive=self._drive, fence=self._fence)
        row = CopyBlock(
            copy=self._copy,
            number=block.number,
            offset=block.offset,
            length=block.length,
            digest=block.digest,
        )
        # In one statement: it is done once for each small file, too.
        CopyBlock.objects.bulk_create(
            [row],
            update_conflicts=True,
            unique_fields=["copy", "number"],
            update_fields=["offset", "length", "digest"],
        )

    def progressed(self, phase: Phase, done: int) -> None:
        """See Witness. Takes its time where the drive has a speed limit."""
        if phase != self._phase:
            self._turn_to(phase, 0)
        self._limiter.moved(max(0, done - self._moved), check=self.check)
        self._moved = done
        now = time.monotonic()
        self._rate.note(at=now, done=done)
        if phase == "COPYING":
            # Who stops in between two looks still knows how far it was.
            self._copy.durable_bytes = done
            self._count(done)
        if now - self._published < PUBLISH_SECONDS and not self._is_end(done):
            return
        self._published = now
        rate = self._rate.bytes_per_second
        values = (
            {"durable_bytes": done, "state": Copy.State.COPYING}
            | ({"write_bytes_per_second": rate} if rate else {})
            if phase == "COPYING"
            else {"verified_bytes": done, "state": Copy.State.VERIFYING}
            | ({"read_bytes_per_second": rate} if rate else {})
        )
        Copy.objects.filter(pk=self._copy.pk).update(bytes_per_second=rate, **values)

    def _turn_to(self, phase: Phase, done: int) -> None:
        self._phase, self._rate, self._moved = phase, Rate(), done
        self._rate.note(at=time.monotonic(), done=done)

    def _is_end(self, done: int) -> bool:
        # A small file is recorded as done before anybody could see this.
        return done >= self._copy.size_bytes >= _LEAST_SHOWN_BYTES

    def _count(self, done: int) -> None:
        if done > self._counted:
            self._progress.advance(done - self._counted)
            self._counted = done

    def check(self) -> None:
        """See Witness.

        Raises: Cancelled, Interrupted; WishStopped when the wish was paused or
            withdrawn.
        """
        self._progress.check()
        now = time.monotonic()
        if now - self._asked < PUBLISH_SECONDS:
            return
        self._asked = now
        self._limiter.look()
        state = QueueItem.objects.filter(pk=self._copy.queue_item_id).values_list(
            "state", flat=True
        )
        if state.first() != QueueItem.State.COPYING:
            raise WishStopped
