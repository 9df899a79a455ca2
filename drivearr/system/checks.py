"""Whether the household's folders, drives and backups are as they should be."""

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from drivearr.web.checking import Finding
from drives.models import Drive
from library.models import Root

BACKUP_AGE = timedelta(days=3)


def folders() -> Iterator[Finding]:
    """Every library folder is there."""
    roots = list(Root.objects.in_order())
    if not roots:
        yield Finding(
            "library folders",
            ok=False,
            message="No library folder is named yet.",
            advice="Name the first one.",
            page="add_root",
        )
        return
    away = [root for root in roots if root.state in {"UNAVAILABLE", "HELD"}]
    yield Finding(
        "library folders",
        not away,
        f"{len(roots)} known, {len(away)} need a look."
        if away
        else f"All {len(roots)} are available.",
        "Mount it, or give your word on the Folders page." if away else "",
        page="root_list",
    )


def drives() -> Iterator[Finding]:
    """No drive is ailing."""
    ailing = Drive.objects.exclude(trouble="") | Drive.objects.filter(
        health=Drive.Health.FAILING
    )
    names = [drive.name for drive in ailing.by_name()[:5]]
    yield Finding(
        "drives",
        not names,
        f"In trouble: {', '.join(names)}." if names else "None is in trouble.",
        "Look at the drive; a failing one should be replaced soon." if names else "",
        page="drive_list",
    )


def backups() -> Iterator[Finding]:
    """There is a backup, and it is not old."""
    folder = settings.BACKUP_DIR
    files = sorted(folder.glob("drivearr-*.zip")) if folder.is_dir() else []
    if not files:
        yield Finding(
            "backups",
            ok=False,
            message="There is no backup yet.",
            advice="The first is made within a day of running; or make one now.",
            page="backup_list",
        )
        return
    age = timezone.now().timestamp() - files[-1].stat().st_mtime
    is_fresh = age < BACKUP_AGE.total_seconds()
    yield Finding(
        "backups",
        is_fresh,
        f"{len(files)} kept, the latest {'is fresh' if is_fresh else 'is old'}.",
        "" if is_fresh else "See whether the schedule “System: backup” runs.",
        page="backup_list",
    )
