"""The queue as rows, for the command line and exports."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, Max, OuterRef, Q, QuerySet, Subquery, Sum

from drives.models import Drive
from syncqueue.models import Copy, QueueItem, SpeedLimit
from syncqueue.planning import Plan
from syncqueue.rates import Speeds, seconds_left
from syncqueue.services.outdating import Outdated
from syncqueue.services.suggesting import Suggestion, words_of


def queue_rows(wishes: "QuerySet[QueueItem]") -> list[dict[str, Any]]:
    """Return wishes as DESIGN's queue rows; two queries.

    `files_*` and `bytes_*` count what the wish needs, as far as runs have looked.
    """
    over = Q(copies__state=Copy.State.DONE)
    counted = ~Q(copies__state=Copy.State.CANCELLED)
    still = Q(copies__state__in=Copy.OPEN_STATES)
    working = Q(copies__state__in=[Copy.State.COPYING, Copy.State.VERIFYING])
    rows = wishes.select_related("drive", "title", "season", "item").annotate(
        files_done=Count("copies", filter=over),
        files_total=Count("copies", filter=counted),
        bytes_done=Sum("copies__durable_bytes", filter=counted, default=0),
        bytes_total=Sum("copies__size_bytes", filter=counted, default=0),
        bytes_open=Sum("copies__size_bytes", filter=still, default=0),
        bytes_written=Sum("copies__durable_bytes", filter=still, default=0),
        bytes_read=Sum("copies__verified_bytes", filter=still, default=0),
        rate=Max("copies__bytes_per_second", filter=working),
    )
    found = list(rows)
    speeds = find_speeds({wish.drive_id for wish in found})
    return [_row(wish, speeds.get(wish.drive_id, Speeds())) for wish in found]


def find_speeds(drive_ids: Iterable[int]) -> dict[int, Speeds]:
    """Return how fast each drive was last written and read back; one query."""

    def last(column: str) -> Subquery:
        known = Copy.objects.filter(
            drive=OuterRef("pk"), **{f"{column}__isnull": False}
        ).order_by("-pk")
        return Subquery(known.values(column)[:1])

    drives = Drive.objects.filter(pk__in=list(drive_ids)).annotate(
        write=last("write_bytes_per_second"), read=last("read_bytes_per_second")
    )
    return {
        pk: Speeds(write, read, verification != Drive.Verification.NONE)
        for pk, write, read, verification in drives.values_list(
            "pk", "write", "read", "verification"
        )
    }


def _row(wish: Any, speeds: Speeds) -> dict[str, Any]:
    left = None
    if wish.rate is not None:
        left = seconds_left(
            to_write=wish.bytes_open - wish.bytes_written,
            to_read=wish.bytes_open - wish.bytes_read,
            speeds=speeds,
        )
    return {
        "id": wish.pk,
        "drive": {"id": wish.drive_id, "name": wish.drive.name},
        "title": {
            "id": wish.title_id,
            "name": wish.title.name,
            "year": wish.title.year,
        },
        "season": wish.season.number if wish.season else None,
        "episode": wish.item.number if wish.item else None,
        "state": wish.state,
        "files_done": wish.files_done,
        "files_total": wish.files_total,
        "bytes_done": wish.bytes_done,
        "bytes_total": wish.bytes_total,
        "bytes_per_second": wish.rate,
        "eta_seconds": round(left) if left is not None else None,
        "error": {
            "code": wish.error_code,
            "message": wish.error_message,
            "advice": wish.error_advice,
        }
        if wish.error_code
        else None,
    }


def limit_document(drive: Drive, limit: SpeedLimit | None) -> dict[str, Any]:
    """Return a drive's speed limit as one document; null where there is none."""
    facts: dict[str, Any] = {"bytes_per_second": None, "from": None, "until": None}
    if limit is not None:
        facts["bytes_per_second"] = limit.bytes_per_second
        if limit.begins != limit.ends:
            facts |= {"from": f"{limit.begins:%H:%M}", "until": f"{limit.ends:%H:%M}"}
    return {"drive": {"id": drive.pk, "name": drive.name}, **facts}


def plan_document(
    plan: Plan, *, drive: Drive, room: Suggestion | None, outdated: Iterable[Outdated]
) -> dict[str, Any]:
    """Return a plan as one document, with what it offers."""
    return _planned(plan) | {
        "make_room": room_document(room) if room else None,
        "outdated": {
            "policy": drive.outdated,
            "titles": [outdated_row(row) for row in outdated],
        },
    }


def outdated_row(row: Outdated) -> dict[str, Any]:
    """Return a title that the library has newer files of."""
    return {
        "title": {"id": row.title_id, "name": row.name},
        "items": row.items,
        "old_bytes": row.old_bytes,
        "new_bytes": row.new_bytes,
        "is_kept": row.is_kept,
    }


def room_document(room: Suggestion) -> dict[str, Any]:
    """Return what could go so that what lacks room fits."""
    return {
        "lacking_bytes": room.lacking_bytes,
        "freed_bytes": room.choice.freed_bytes,
        "is_enough": room.is_enough,
        "message": room.refusal or None,
        "titles": [
            {
                "title": part.title_id,
                "season": part.season_id,
                "name": part.name,
                "reason": {"code": part.why, "message": words_of(part)},
                "files": part.files,
                "size_bytes": part.size_bytes,
            }
            for part in room.choice.parts
        ],
    }


def _planned(plan: Plan) -> dict[str, Any]:
    return {
        "copies": [
            {
                "relpath": one.wanted.relpath,
                "source": one.wanted.source_path,
                "size_bytes": one.wanted.size_bytes,
                "replaces": one.replaces,
                "renews": one.renews,
                "wish": one.wanted.wish_id,
            }
            for one in plan.copies
        ],
        "left_out": [
            {
                "relpath": left.wanted.relpath,
                "size_bytes": left.wanted.size_bytes,
                "wish": left.wanted.wish_id,
                "reason": {
                    "code": left.reason,
                    "message": left.sentence,
                    "advice": left.advice,
                },
            }
            for left in plan.left_out
        ],
        "kept_items": plan.kept_items,
        "bytes_to_copy": plan.bytes_to_copy,
        "bytes_free": plan.room.free_bytes,
        "bytes_reserve": plan.room.reserve_bytes,
        "bytes_after": plan.bytes_after,
        "seconds": plan.seconds,
    }
