"""The queue as rows, for the command line and exports."""

from typing import Any

from django.db.models import Count, Max, Q, QuerySet, Sum

from syncqueue.models import Copy, QueueItem
from syncqueue.planning import Plan


def queue_rows(wishes: "QuerySet[QueueItem]") -> list[dict[str, Any]]:
    """Return wishes as DESIGN's queue rows; two queries.

    `files_*` and `bytes_*` count what the wish needs, as far as runs have looked.
    """
    over = Q(copies__state=Copy.State.DONE)
    counted = ~Q(copies__state=Copy.State.CANCELLED)
    working = Q(copies__state__in=[Copy.State.COPYING, Copy.State.VERIFYING])
    rows = wishes.select_related("drive", "title", "season", "item").annotate(
        files_done=Count("copies", filter=over),
        files_total=Count("copies", filter=counted),
        bytes_done=Sum("copies__durable_bytes", filter=counted, default=0),
        bytes_total=Sum("copies__size_bytes", filter=counted, default=0),
        rate=Max("copies__bytes_per_second", filter=working),
    )
    return [_row(wish) for wish in rows]


def _row(wish: Any) -> dict[str, Any]:
    left = max(wish.bytes_total - wish.bytes_done, 0)
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
        "eta_seconds": round(left / wish.rate) if wish.rate else None,
        "error": {
            "code": wish.error_code,
            "message": wish.error_message,
            "advice": wish.error_advice,
        }
        if wish.error_code
        else None,
    }


def plan_document(plan: Plan) -> dict[str, Any]:
    """Return a plan as one document."""
    return {
        "copies": [
            {
                "relpath": one.wanted.relpath,
                "source": one.wanted.source_path,
                "size_bytes": one.wanted.size_bytes,
                "replaces": one.replaces,
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
