from typing import Any

from django.conf import settings
from django.db import migrations, models
from django.utils import timezone


def withdraw_doubled_wishes(apps: Any, schema_editor: Any) -> None:  # noqa: ARG001
    """Keep the oldest open wish of each kind, so that the constraints can be made."""
    wishes = apps.get_model("syncqueue", "QueueItem").objects
    known: set[tuple[Any, ...]] = set()
    for wish in wishes.filter(
        state__in=["WAITING", "COPYING", "PAUSED", "FAILED"]
    ).order_by("pk"):
        key: tuple[Any, ...] = (
            wish.drive_id,
            wish.title_id,
            wish.season_id,
            wish.item_id,
        )
        if wish.item_id is not None:
            key = ("item", wish.drive_id, wish.item_id)
        if key in known:
            wishes.filter(pk=wish.pk).update(
                state="CANCELLED",
                finished_at=timezone.now(),
                error_code="",
                error_message="",
                error_advice="",
            )
        known.add(key)


class Migration(migrations.Migration):
    dependencies = [
        ("drives", "0003_drive_file_damaged_at"),
        ("library", "0003_artwork_once_and_inode_signed"),
        ("syncqueue", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunPython(withdraw_doubled_wishes, migrations.RunPython.noop),
        migrations.RemoveConstraint(
            model_name="queueitem",
            name="queue_item_one_open_per_wish",
        ),
        migrations.AddConstraint(
            model_name="queueitem",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("state__in", ["WAITING", "COPYING", "PAUSED", "FAILED"]),
                    ("item__isnull", True),
                    ("season__isnull", True),
                ),
                fields=("drive", "title"),
                name="queue_item_one_open_per_title",
            ),
        ),
        migrations.AddConstraint(
            model_name="queueitem",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("state__in", ["WAITING", "COPYING", "PAUSED", "FAILED"]),
                    ("item__isnull", True),
                    ("season__isnull", False),
                ),
                fields=("drive", "season"),
                name="queue_item_one_open_per_season",
            ),
        ),
        migrations.AddConstraint(
            model_name="queueitem",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("state__in", ["WAITING", "COPYING", "PAUSED", "FAILED"]),
                    ("item__isnull", False),
                ),
                fields=("drive", "item"),
                name="queue_item_one_open_per_item",
            ),
        ),
    ]
