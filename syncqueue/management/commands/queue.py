"""`drivearr queue`: wishes, plans and copying."""

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from datetime import datetime, time
from math import isfinite
from typing import Any

import humanize
from django.db.models import Q

from drivearr.jobs.models import Job
from drivearr.lib.errors import Refused
from drivearr.web.commands import (
    DONE,
    FAILED,
    INTERRUPTED,
    row_id,
)
from drives.management.finding import find_drive, find_title
from drives.models import Drive
from library.models import Item, Season
from syncqueue.management.planning import Planning
from syncqueue.models import QueueItem, SpeedLimit
from syncqueue.services import (
    finishing,
    limiting,
    listing,
    renaming,
    starting,
    wishing,
)


class NoSuchThing(Refused):
    """An id on the command line names nothing."""

    code = "NOT_FOUND"


class NotMoved(Refused):
    """A wish stays where it is in its drive's order."""

    code = "NOT_MOVED"


class Command(Planning):
    """Wish for titles on drives, see the plan, copy here and now."""

    help = "Wishes: add, list, plan, run; pause, resume, retry, cancel, clear."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        """See DrivearrCommand."""
        deeds = self.add_deeds(parser)
        adding = deeds.add("add", self.add_wish, says="wish for something on a drive")
        adding.add_argument("--drive", type=row_id, required=True, metavar="ID")
        what = adding.add_mutually_exclusive_group(required=True)
        what.add_argument("--title", type=row_id, metavar="ID")
        what.add_argument("--missing", action="store_true", help="all that is missing")
        adding.add_argument("--season", type=row_id, metavar="N")
        adding.add_argument("--episode", type=row_id, metavar="N")
        for name, work, says in (
            ("list", self.list_wishes, "list the wishes"),
            ("run", self.run, "copy here and now until nothing is left"),
            ("clear", self.clear, "take what is done or cancelled off the list"),
        ):
            deeds.add(name, work, says=says).add_argument(
                "--drive", type=row_id, metavar="ID", help="only this drive"
            )
        self.add_planning(deeds)
        for name, says in (
            ("pause", "stop working on wishes"),
            ("resume", "let paused wishes go on"),
            ("retry", "try failed wishes again"),
            ("cancel", "withdraw wishes; what is on the drive stays"),
        ):
            self._add_change(deeds.add(name, getattr(self, name), says=says))
        moving = deeds.add("move", self.move, says="change the order of a drive")
        moving.add_argument("wish_id", type=row_id, metavar="ID")
        moving.add_argument(
            "where", choices=wishing.PLACES, help="one step, or to an end"
        )
        limiting = deeds.add(
            "limit", self.limit, says="how fast a drive is copied to at most"
        )
        limiting.add_argument("--drive", type=row_id, required=True, metavar="ID")
        self._add_rename(deeds)
        rate = limiting.add_mutually_exclusive_group(required=True)
        rate.add_argument("--mbps", type=float, metavar="N", help="megabytes a second")
        rate.add_argument("--off", action="store_true", help="as fast as it is")
        limiting.add_argument(
            "--from", dest="begins", type=time_of_day, metavar="HH:MM"
        )
        limiting.add_argument("--until", dest="ends", type=time_of_day, metavar="HH:MM")

    def _add_rename(self, deeds: Any) -> None:
        renaming_ = deeds.add(
            "rename", self.rename, says="give files on a drive the names of today"
        )
        renaming_.add_argument("--drive", type=row_id, required=True, metavar="ID")
        renaming_.add_argument(
            "--dry-run", action="store_true", help="only show what would be renamed"
        )

    def _add_change(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("wish_ids", nargs="*", type=row_id, metavar="ID", default=[])
        which.add_argument("--drive", type=row_id, metavar="ID", help="all of a drive")

    # --- Wishing ------------------------------------------------------------------

    def add_wish(
        self,
        *,
        drive: int,
        title: int | None,
        missing: bool,
        season: int | None,
        episode: int | None,
    ) -> None:
        """Wish for a title, season or episode, or for all that is missing."""
        target = find_drive(drive)
        if missing:
            if season is not None or episode is not None:
                raise NoSuchThing("--missing takes neither --season nor --episode.")
            wishes = wishing.add_missing(drive=target)
        else:
            wishes = [_wish_for(target, title or 0, season, episode)]
        starting.begin_with_worker(drive=target)
        rows = QueueItem.objects.filter(pk__in=[wish.pk for wish in wishes])
        self._show(
            listing.queue_rows(rows.in_order()), empty="Nothing is missing there."
        )

    def list_wishes(self, *, drive: int | None) -> None:
        """List the wishes."""
        wishes = QueueItem.objects.in_order()
        if drive is not None:
            wishes = wishes.filter(drive=find_drive(drive))
        self._show(listing.queue_rows(wishes), empty="No wishes.")

    def _show(self, rows: list[dict[str, Any]], *, empty: str) -> None:
        if self.as_json:
            self.emit(rows)
            return
        self.table(
            ["Id", "Drive", "Title", "Part", "State", "Files", "Done", "Why"],
            (
                (
                    row["id"],
                    row["drive"]["name"],
                    row["title"]["name"],
                    _part(row),
                    row["state"].lower(),
                    f"{row['files_done']}/{row['files_total']}",
                    humanize.naturalsize(row["bytes_done"]),
                    row["error"]["message"] if row["error"] else "",
                )
                for row in rows
            ),
            empty=empty,
        )

    # --- Planning and copying -----------------------------------------------------

    def run(self, *, drive: int | None) -> int:
        """Copy here and now; status 1 when a wish could not be fulfilled."""
        asked = find_drive(drive) if drive is not None else None
        with self.progress() as listener:
            done = finishing.finish_drives(drive=asked, listener=listener)
        jobs = list(done.values())
        wishes = QueueItem.objects.filter(drive__in=list(done)).in_order()
        self._show(listing.queue_rows(wishes), empty="Nothing to do.")
        failed = [job for job in jobs if job.state == Job.State.FAILED]
        for job in failed:
            self.say_trouble(job.error_message, job.error_advice)
        if any(job.state == Job.State.CANCELLED for job in jobs):
            return INTERRUPTED
        open_wishes = wishes.open().exclude(state=QueueItem.State.PAUSED)
        return FAILED if failed or open_wishes.exists() else DONE

    # --- Changing -----------------------------------------------------------------

    def pause(self, *, wish_ids: list[int], drive: int | None) -> None:
        """Stop working on wishes, or on a whole drive."""
        if drive is not None:
            wishing.pause_drive(drive=find_drive(drive))
        self._change(wish_ids, wishing.pause_wish, "paused", drive)

    def resume(self, *, wish_ids: list[int], drive: int | None) -> None:
        """Let paused wishes, or a whole drive, go on."""
        if drive is not None:
            wishing.resume_drive(drive=find_drive(drive))
        self._change(wish_ids, wishing.resume_wish, "resumed", drive)
        self._go_on(wish_ids, drive)

    def retry(self, *, wish_ids: list[int], drive: int | None) -> None:
        """Try failed wishes again."""
        if drive is not None:
            failed = find_drive(drive).wishes.filter(state=QueueItem.State.FAILED)
            wish_ids = list(failed.values_list("pk", flat=True))
        self._change(wish_ids, wishing.retry_wish, "waiting again")
        self._go_on(wish_ids, drive)

    def cancel(self, *, wish_ids: list[int], drive: int | None) -> None:
        """Withdraw wishes."""
        if drive is not None:
            still_open = find_drive(drive).wishes.filter(
                state__in=QueueItem.OPEN_STATES
            )
            wish_ids = list(still_open.values_list("pk", flat=True))
        self._change(wish_ids, wishing.cancel_wish, "cancelled")

    def _go_on(self, wish_ids: list[int], drive: int | None) -> None:
        """Begin now where a worker hears of it; the schedule would in half a minute."""
        drives = Drive.objects.filter(Q(pk=drive) | Q(wishes__in=wish_ids)).distinct()
        for each in drives.order_by("pk"):
            starting.begin_with_worker(drive=each)

    def _change(
        self,
        wish_ids: list[int],
        change: Callable[..., bool],
        word: str,
        drive: int | None = None,
    ) -> None:
        wishes = [_wish(pk) for pk in wish_ids]
        changed = sum(change(wish=wish) for wish in wishes)
        rows = QueueItem.objects.filter(pk__in=wish_ids)
        if drive is not None:
            rows = QueueItem.objects.filter(drive=drive)
        if self.as_json:
            self.emit(listing.queue_rows(rows.in_order()))
        elif drive is not None and not wish_ids:
            self.say(f"Copying to the drive is {word}.")
        else:
            self.say(f"{changed} of {len(wishes)} wishes {word}.")

    def move(self, *, wish_id: int, where: str) -> None:
        """Let a wish be worked off earlier or later than others of its drive."""
        wish = _wish(wish_id)
        if not wishing.place_wish(wish=wish, where=where):
            raise NotMoved(f"Wish {wish_id} cannot go any further, or is over.")
        rows = QueueItem.objects.open().filter(drive=wish.drive_id).in_order()
        self._show(listing.queue_rows(rows), empty="No wishes.")

    def limit(
        self,
        *,
        drive: int,
        mbps: float | None,
        off: bool,
        begins: time | None,
        ends: time | None,
    ) -> None:
        """Limit how fast a drive is written and read back, all day or in some hours."""
        target = find_drive(drive)
        if off or mbps is None:
            limiting.lift_limit(drive=target)
        else:
            limiting.set_limit(
                drive=target,
                bytes_per_second=_bytes_per_second(mbps),
                begins=begins or time(0),
                ends=ends or time(0),
            )
        self._tell_limit(target)

    def _tell_limit(self, drive: Drive) -> None:
        row = SpeedLimit.objects.filter(drive=drive).first()
        if self.as_json:
            self.emit(listing.limit_document(drive, row))
        elif row is None:
            self.say(f"“{drive.name}” has no speed limit.")
        else:
            hours = (
                ""
                if row.begins == row.ends
                else f" {row.begins:%H:%M}-{row.ends:%H:%M}"
            )
            rate = humanize.naturalsize(row.bytes_per_second)
            self.say(f"“{drive.name}” is copied to with {rate}/s at most{hours}.")

    def rename(self, *, drive: int, dry_run: bool) -> int:
        """Rename files whose titles have other names now; nothing is copied again."""
        target = find_drive(drive)
        renames = renaming.list_renames(drive=target)
        document: dict[str, Any] = {
            "drive": {"id": target.pk, "name": target.name},
            "renames": [{"from": each.old, "to": each.new} for each in renames],
            "renamed": 0,
            "skipped": 0,
        }
        if renames and not dry_run:
            with self.progress() as listener:
                done = renaming.rename_on_drive(drive_id=target.pk, progress=listener)
            document |= {"renamed": done.files, "skipped": done.skipped}
        self._tell_renames(document)
        return FAILED if document["skipped"] else DONE

    def _tell_renames(self, document: dict[str, Any]) -> None:
        if self.as_json:
            self.emit(document)
            return
        for each in document["renames"]:
            self.say(f"{each['from']} → {each['to']}")
        self.say(f"{document['renamed']} of {len(document['renames'])} files renamed.")

    def clear(self, *, drive: int | None) -> None:
        """Take what is over off the list."""
        count = wishing.clear_finished(drive=find_drive(drive) if drive else None)
        if self.as_json:
            self.emit({"cleared": count})
        else:
            self.say(f"{count} wishes cleared.")


def time_of_day(text: str) -> time:
    """Read HH:MM, for argparse's `type`."""
    try:
        return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007 - of a local clock
    except ValueError:
        raise ArgumentTypeError(f"{text[:20]!r} is no time such as 22:30") from None


def _bytes_per_second(mbps: float) -> int:
    # Infinity and NaN are numbers to argparse.
    return int(mbps * 1_000_000) if isfinite(mbps) else 0


def _wish(pk: int) -> QueueItem:
    wish = QueueItem.objects.filter(pk=pk).first()
    if wish is None:
        raise NoSuchThing(
            f"There is no wish {pk}.", advice="`drivearr queue list` shows them."
        )
    return wish


def _wish_for(
    drive: Drive, title_id: int, season: int | None, episode: int | None
) -> QueueItem:
    title = find_title(title_id)
    if episode is not None and season is None:
        raise NoSuchThing("--episode needs --season.")
    found = item = None
    if season is not None:
        found = Season.objects.filter(title=title, number=season).first()
        if found is None:
            raise NoSuchThing(f"“{title.name}” has no season {season}.")
    if episode is not None:
        item = Item.objects.filter(season=found, number=episode).first()
        if item is None:
            raise NoSuchThing(f"Season {season} has no episode {episode}.")
    return wishing.add_wish(drive=drive, title=title, season=found, item=item)


def _part(row: dict[str, Any]) -> str:
    if row["season"] is None:
        return ""
    season = f"S{row['season']:02d}"
    return season if row["episode"] is None else f"{season}E{row['episode']:02d}"
