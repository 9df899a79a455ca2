"""The wishes of one pass: begun, their files sent, small ones together, and ended."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils import timezone

from drives.services import recording
from syncqueue.copying import faults
from syncqueue.models import Copy, QueueItem
from syncqueue.planning import Plan, PlannedCopy
from syncqueue.services import batching, sending
from syncqueue.services.batching import Measure
from syncqueue.services.sending import Run, Sent
from syncqueue.services.watching import WishStopped

_State = QueueItem.State


def fulfil(run: Run, plan: Plan) -> None:
    """Send what a plan says. A wish's failure is its own; a StopRun ends the run.

    Raises: StopRun kinds, Cancelled, Interrupted.
    """
    _Fulfilment(run, plan).work()


@dataclass(slots=True)
class _Begun:
    """A wish that is worked on."""

    wish: QueueItem
    left: int
    """So many of its files are not tried yet."""
    waits: bool
    lost: Copy | None = None


class _Fulfilment:
    def __init__(self, run: Run, plan: Plan) -> None:
        self._run = run
        self._files: dict[int, list[PlannedCopy]] = {}
        for planned in plan.copies:
            self._files.setdefault(planned.wanted.wish_id, []).append(planned)
        self._with_left_out = {left.wanted.wish_id for left in plan.left_out}
        self._begun: dict[int, _Begun] = {}
        self._seen = set[int]()
        self._measure = Measure()
        self._last: batching.Sent | None = None
        """Has its names; its rows are written while the next batch is copied."""

    def work(self) -> None:
        try:
            for group in self._groups():
                self._begin(group)
                self._send(group)
            self._settle_last()
        except BaseException as error:
            self._end_stopped(error)
            raise

    def _groups(self) -> Iterator[list[PlannedCopy]]:
        """Yield what is sent together: in the order of the wishes, large files alone."""
        group: list[PlannedCopy] = []
        size = 0
        for planned in (each for files in self._files.values() for each in files):
            if not batching.fits(self._run, planned):
                if group:
                    yield group
                yield [planned]
                group, size = [], 0
                continue
            if group and (
                len(group) >= self._measure.files
                or size + planned.wanted.size_bytes > self._measure.size_bytes
            ):
                yield group
                group, size = [], 0
            group.append(planned)
            size += planned.wanted.size_bytes
        if group:
            yield group

    # --- Begin ----------------------------------------------------------------

    def _begin(self, group: Sequence[PlannedCopy]) -> None:
        """Turn to the wishes of a group; one that somebody withdrew is left."""
        new = {planned.wanted.wish_id for planned in group} - self._seen
        if not new:
            return
        self._seen |= new
        QueueItem.objects.filter(pk__in=new, state=_State.WAITING).update(
            state=_State.COPYING,
            changed_at=timezone.now(),
            error_code="",
            error_message="",
            error_advice="",
        )
        # A title is asked for when its file fails, which few do.
        for wish in QueueItem.objects.filter(pk__in=new, state=_State.COPYING):
            self._begun[wish.pk] = _Begun(
                wish, len(self._files[wish.pk]), wish.pk in self._with_left_out
            )

    # --- Send -----------------------------------------------------------------

    def _send(self, group: Sequence[PlannedCopy]) -> None:
        rest = [each for each in group if each.wanted.wish_id in self._begun]
        if len(rest) > 1:
            rest = self._send_together(rest)
        if rest:
            self._settle_last()
        for planned in rest:
            if planned.wanted.wish_id in self._begun:
                self._send_alone(planned)
        if rest:
            self._end_finished()

    def _send_together(self, files: Sequence[PlannedCopy]) -> list[PlannedCopy]:
        """Return those that are to be sent by themselves."""
        begun = time.monotonic()
        sent = batching.send_together(
            self._run,
            [(self._begun[each.wanted.wish_id].wish, each) for each in files],
            meanwhile=self._record_last if self._last else None,
        )
        self._last = sent
        if sent.done.stopped is not None:
            raise sent.done.stopped
        self._measure.learn(time.monotonic() - begun)
        went = {id(each) for each in sent.planned}
        return [each for each in files if id(each) not in went]

    def _record_last(self) -> None:
        """Do `_settle_last`, and tell the manifest if that is long ago."""
        self._settle_last()
        sending.flush_manifest(self._run, now=False)

    def _settle_last(self) -> None:
        """Record the batch that was copied last, and end the wishes it was all of."""
        last, self._last = self._last, None
        if last is None:
            return
        last.record()
        for each in last.planned:
            if each.wanted.wish_id in self._begun:
                self._begun[each.wanted.wish_id].left -= 1
        self._end_finished()

    def _send_alone(self, planned: PlannedCopy) -> None:
        begun = self._begun[planned.wanted.wish_id]
        if not self._is_wanted(begun.wish):
            del self._begun[begun.wish.pk]
            return
        try:
            sent, copy = sending.send_file(self._run, begun.wish, planned)
        except WishStopped:
            # Paused or withdrawn: the person said what it is now.
            del self._begun[begun.wish.pk]
            return
        begun.left -= 1
        begun.waits |= sent is Sent.LATER
        if sent is Sent.LOST:
            begun.lost = begun.lost or copy

    def _is_wanted(self, wish: QueueItem) -> bool:
        """Whether a wish is still there, and copied: a batch may have taken a while."""
        return QueueItem.objects.filter(pk=wish.pk, state=_State.COPYING).exists()

    # --- End ------------------------------------------------------------------

    def _end_finished(self) -> None:
        """Say how it went with the wishes whose files were all tried."""
        ended = [begun for begun in self._begun.values() if not begun.left]
        if not ended:
            return
        now = timezone.now()
        done = []
        for begun in ended:
            del self._begun[begun.wish.pk]
            if begun.lost is not None:
                begun.wish.fail(
                    code=begun.lost.error_code,
                    message=begun.lost.error_message,
                    advice=begun.lost.error_advice,
                    now=now,
                )
            elif begun.waits:
                _wait_on(begun.wish)
            else:
                done.append(begun.wish.pk)
        if done:
            QueueItem.objects.move_all(
                done, to=_State.DONE, among=(_State.COPYING,), now=now
            )

    def _end_stopped(self, error: BaseException) -> None:
        """Put wishes back where they wait; one whose file is given up fails."""
        if isinstance(error, recording.NotTheWriter):
            # They are in other hands now.
            return
        try:
            self._settle_last()
        except recording.NotTheWriter:
            return
        now = timezone.now()
        if isinstance(error, faults.DriveFailing):
            lost = Copy.objects.filter(
                queue_item__in=list(self._begun), state=Copy.State.FAILED
            )
            for pk in set(lost.values_list("queue_item_id", flat=True)):
                self._begun.pop(pk).wish.fail(
                    code=error.code, message=error.message, advice=error.advice, now=now
                )
        QueueItem.objects.move_all(
            list(self._begun), to=_State.WAITING, among=(_State.COPYING,), now=now
        )


def _wait_on(wish: QueueItem) -> None:
    """Let a wish wait again; why, it says already."""
    wish.refresh_from_db()
    reason = {
        "error_code": wish.error_code,
        "error_message": wish.error_message,
        "error_advice": wish.error_advice,
    }
    if wish.move(to=_State.WAITING, among=(_State.COPYING,), now=timezone.now()):
        QueueItem.objects.filter(pk=wish.pk).update(**reason)
