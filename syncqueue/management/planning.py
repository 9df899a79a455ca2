"""Deeds of `drivearr queue` about the plan: see it, and accept what it offers."""

from collections.abc import Iterable
from typing import Any

import humanize

from drivearr.lib.errors import Refused
from drivearr.web.commands import Deeds, row_id
from drives.management.finding import DriveCommand, find_drive, find_title
from drives.models import Drive
from drives.services import weighing
from drives.services.listing import file_row
from syncqueue.models import QueueItem
from syncqueue.planning import Plan
from syncqueue.services import listing, outdating, renewing, starting, suggesting
from syncqueue.services.outdating import Outdated
from syncqueue.services.planning import plan_drive
from syncqueue.services.suggesting import Suggestion


class NothingSuggested(Refused):
    """Nothing could go to make room, or nothing needs to."""

    code = "NOTHING_SUGGESTED"


class Planning(DriveCommand):
    """Plan, renew what is outdated, make room."""

    def add_planning(self, deeds: Deeds) -> None:
        """Add these deeds."""
        planning = deeds.add(
            "plan", self.plan, says="what would be copied, and why not"
        )
        planning.add_argument("--drive", type=row_id, required=True, metavar="ID")
        renewing_ = deeds.add(
            "renew", self.renew, says="copies that the library has newer files of"
        )
        renewing_.add_argument("--drive", type=row_id, required=True, metavar="ID")
        which = renewing_.add_mutually_exclusive_group()
        which.add_argument("--title", type=row_id, metavar="ID", help="renew this one")
        which.add_argument("--all", action="store_true", help="renew all of them")
        renewing_.add_argument(
            "--keep", action="store_true", help="keep that title's copies as they are"
        )
        making = deeds.add(
            "make-room", self.make_room, says="delete what the plan suggests"
        )
        making.add_argument("--drive", type=row_id, required=True, metavar="ID")
        making.add_argument("--yes", action="store_true", help="delete what is listed")
        making.add_argument(
            "--sure", action="store_true", help="also when it is most of the drive"
        )

    # --- The plan -----------------------------------------------------------------

    def plan(self, *, drive: int) -> None:
        """Show what would be copied, what is left out and why, and what is offered."""
        target = find_drive(drive)
        plan = plan_drive(drive=target)
        room = suggesting.suggest_room(drive=target, plan=plan)
        outdated = _asked_about(target)
        if self.as_json:
            self.emit(
                listing.plan_document(plan, drive=target, room=room, outdated=outdated)
            )
            return
        self._show_plan(plan)
        if room is not None:
            self._show_room(room)
        if outdated:
            self._show_outdated(outdated)

    def _show_plan(self, plan: Plan) -> None:
        self.table(
            ["Size", "To"],
            (
                (humanize.naturalsize(one.wanted.size_bytes), one.wanted.relpath)
                for one in plan.copies
            ),
            empty="Nothing to copy.",
        )
        self.table(
            ["Left out", "Why", "What helps"],
            (
                (left.wanted.relpath, left.sentence, left.advice)
                for left in plan.left_out
            ),
        )
        duration = (
            f", about {humanize.naturaldelta(plan.seconds)}" if plan.seconds else ""
        )
        self.say(
            f"{humanize.naturalsize(plan.bytes_to_copy)} to copy{duration}; "
            f"{humanize.naturalsize(max(plan.bytes_after, 0))} free afterwards."
        )

    # --- Newer files --------------------------------------------------------------

    def renew(
        self, *, drive: int, title: int | None, keep: bool, **which: bool
    ) -> None:
        """List what is outdated on a drive; renew it, or keep it, when told so."""
        target = find_drive(drive)
        titles = [find_title(title).pk] if title is not None else None
        if keep and titles is None:
            raise NothingSuggested("Say which title is kept: --title ID.")
        if keep:
            outdating.keep(drive=target, title_ids=titles or [])
        elif titles is not None or which["all"]:
            wishes = renewing.renew(drive=target, title_ids=titles)
            starting.begin_with_worker(drive=target)
            self._tell_wishes(wishes)
            return
        rows = outdating.list_outdated(drive=target)
        if self.as_json:
            self.emit([listing.outdated_row(row) for row in rows])
        else:
            self._show_outdated(rows)

    def _tell_wishes(self, wishes: list[QueueItem]) -> None:
        if not self.as_json:
            titles = len({wish.title_id for wish in wishes})
            self.say(f"{titles} titles will be renewed.")
            return
        rows = QueueItem.objects.filter(pk__in=[wish.pk for wish in wishes])
        self.emit(listing.queue_rows(rows.in_order()))

    def _show_outdated(self, rows: Iterable[Outdated]) -> None:
        self.table(
            ["Id", "Newer in the library", "Items", "On the drive", "Newer", ""],
            (
                (
                    row.title_id,
                    row.name,
                    row.items,
                    humanize.naturalsize(row.old_bytes),
                    humanize.naturalsize(row.new_bytes),
                    "kept" if row.is_kept else "",
                )
                for row in rows
            ),
            empty="Nothing on it is outdated.",
        )

    # --- Room ---------------------------------------------------------------------

    def make_room(self, *, drive: int, yes: bool, sure: bool) -> None:
        """List what the plan suggests to delete; delete it when told so."""
        target = find_drive(drive)
        room = suggesting.suggest_room(drive=target, plan=plan_drive(drive=target))
        if room is None:
            raise NothingSuggested(f"All that waits for “{target.name}” fits.")
        if not room.choice.parts:
            raise NothingSuggested(room.refusal)
        files = suggesting.list_files(drive=target, choice=room.choice)
        if yes:
            weighing.weigh(drive=target, files=files).check(is_sure=sure)
        deleted = self.delete_here(target, files, is_sure=sure) if yes else {}
        if yes:
            starting.begin_with_worker(drive=target)
        if self.as_json:
            rows: dict[str, Any] = listing.room_document(room)
            self.emit(
                rows
                | {"file_rows": [file_row(row) for row in files], "deleted": deleted}
            )
            return
        self._show_room(room)
        self.show_files([file_row(row) for row in files])
        freed = humanize.naturalsize(deleted.get("size_bytes", 0))
        self.say(
            f"{deleted.get('files', 0)} files deleted, {freed} freed."
            if yes
            else "Nothing was deleted. Add --yes to delete these files."
        )

    def _show_room(self, room: Suggestion) -> None:
        self.table(
            ["Could go", "Why", "Files", "Frees"],
            (
                (
                    part.name,
                    suggesting.words_of(part),
                    part.files,
                    humanize.naturalsize(part.size_bytes),
                )
                for part in room.choice.parts
            ),
        )
        lacking = humanize.naturalsize(room.lacking_bytes)
        self.say(f"{lacking} are lacking. {room.refusal}".rstrip())


def _asked_about(drive: Drive) -> tuple[Outdated, ...]:
    """Return what is outdated, unless the profile keeps what is there."""
    if drive.outdated == Drive.Outdated.KEEP:
        return ()
    return outdating.list_outdated(drive=drive)
