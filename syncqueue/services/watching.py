"""What a copy tells the database while it works, and what may stop it."""

import time
from collections.abc import Sequence
from dataclasses import asdict

from django.utils import timezone

from drivearr.lib.progress import Progress
from drives.models import Drive
from drives.services.recording import check_fence
from syncqueue.copying.task import Block, Phase, SourceIdentity
from syncqueue.models import Copy, CopyBlock, QueueItem

PUBLISH_SECONDS = 0.25


class WishStopped(Exception):
    """The wish was paused or withdrawn while it was copied; the run goes on."""


class CopyWitness:
    """A Witness that journals into the database and asks whether to go on."""

    def __init__(
        self, copy: Copy, *, drive: Drive, fence: int, progress: Progress
    ) -> None:
        self._copy, self._drive, self._fence = copy, drive, fence
        self._progress = progress
        self._counted = 0
        self._asked = self._published = time.monotonic()
        self._phase: Phase = "COPYING"
        self._rate_from = (time.monotonic(), 0)

    def began(self, identity: SourceIdentity, *, blocks: Sequence[Block]) -> None:
        """See Witness."""
        # Blocks beyond the point of resuming are not there any more.
        self._copy.blocks.filter(number__gte=len(blocks)).delete()
        resumed_at = blocks[-1].end if blocks else 0
        Copy.objects.filter(pk=self._copy.pk).update(
            state=Copy.State.COPYING,
            source_identity=asdict(identity),
            size_bytes=identity.size,
            durable_bytes=resumed_at,
            verified_bytes=0,
            started_at=timezone.now(),
        )
        self._count(resumed_at)
        self._rate_from = (time.monotonic(), resumed_at)

    def durable(self, block: Block) -> None:
        """See Witness. A worker that lost its drive to another may not journal.

        Raises: NotTheWriter.
        """
        check_fence(drive=self._drive, fence=self._fence)
        CopyBlock.objects.update_or_create(
            copy=self._copy,
            number=block.number,
            defaults={
                "offset": block.offset,
                "length": block.length,
                "digest": block.digest,
            },
        )

    def progressed(self, phase: Phase, done: int) -> None:
        """See Witness."""
        now = time.monotonic()
        if phase != self._phase:
            self._phase, self._rate_from = phase, (now, 0)
        elif now - self._published < PUBLISH_SECONDS and done < self._copy.size_bytes:
            return
        self._published = now
        begun, before = self._rate_from
        rate = int((done - before) / (now - begun)) if now > begun else None
        values = (
            {"durable_bytes": done, "state": Copy.State.COPYING}
            if phase == "COPYING"
            else {"verified_bytes": done, "state": Copy.State.VERIFYING}
        )
        Copy.objects.filter(pk=self._copy.pk).update(bytes_per_second=rate, **values)
        if phase == "COPYING":
            self._count(done)

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
        state = QueueItem.objects.filter(pk=self._copy.queue_item_id).values_list(
            "state", flat=True
        )
        if state.first() != QueueItem.State.COPYING:
            raise WishStopped
