"""Whether the household's folders, drives and backups are as they should be."""

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext

from drivearr.lib import logreading
from drivearr.lib.counting import counted
from drivearr.lib.loggrouping import find_most_said
from drivearr.lib.logreading import Wanted
from drivearr.web.checking import Finding
from library.models import Root

BACKUP_AGE = timedelta(days=3)
LOG_HOURS = 24
MOST_ENTRIES = 2000


def folders() -> Iterator[Finding]:
    """Every library folder is there."""
    roots = list(Root.objects.in_order())
    if not roots:
        yield Finding(
            gettext("library folders"),
            ok=False,
            message=gettext("No library folder is named yet."),
            advice=gettext("Name the first one."),
            page="add_root",
        )
        return
    away = [root for root in roots if root.state in {"UNAVAILABLE", "HELD"}]
    yield Finding(
        gettext("library folders"),
        not away,
        gettext("{known} known, {away} need a look.").format(
            known=len(roots), away=len(away)
        )
        if away
        else gettext("All {number} are available.").format(number=len(roots)),
        gettext("Mount it, or give your word on the Folders page.") if away else "",
        page="root_list",
    )


def backups() -> Iterator[Finding]:
    """There is a backup, and it is not old."""
    folder = settings.BACKUP_DIR
    files = sorted(folder.glob("drivearr-*.zip")) if folder.is_dir() else []
    if not files:
        yield Finding(
            gettext("backups"),
            ok=False,
            message=gettext("There is no backup yet."),
            advice=gettext(
                "The first is made within a day of running; or make one now."
            ),
            page="backup_list",
        )
        return
    age = timezone.now().timestamp() - files[-1].stat().st_mtime
    is_fresh = age < BACKUP_AGE.total_seconds()
    said = gettext("{n} kept, the latest is fresh.")
    if not is_fresh:
        said = gettext("{n} kept, the latest is old.")
    yield Finding(
        gettext("backups"),
        is_fresh,
        said.format(n=len(files)),
        "" if is_fresh else gettext("See whether the schedule “System: backup” runs."),
        page="backup_list",
    )


def log() -> Iterator[Finding]:
    """Nothing went wrong that nobody foresaw: such things stand in the log as errors."""
    since = timezone.localtime() - timedelta(hours=LOG_HOURS)
    files = logreading.list_files(settings.LOG_DIR)
    wanted = Wanted(least="ERROR", after=f"{since:%Y-%m-%d %H:%M:%S},000")
    lines = logreading.read(files, wanted, most=MOST_ENTRIES)
    if not lines:
        yield Finding(gettext("log"), ok=True, message=gettext("No error for a day."))
        return
    (often,) = find_most_said(lines, most=1)
    yield Finding(
        gettext("log"),
        ok=False,
        message=gettext("{errors} within a day, most often: {text}").format(
            errors=counted(len(lines), "error"), text=often.text[:200]
        ),
        advice=gettext("Look at the log; the support page makes a block to pass on."),
        page="log_page",
    )
