"""Missing files: looked for again, or forgotten when they are long gone."""

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from drivearr.lib.hanging import DiskHangs, call_in_time
from drivearr.lib.progress import Progress
from library.models import MediaFile, Root
from library.services.guarding import ANSWER_SECONDS, is_same_folder

BATCH_FILES = 500


@dataclass(frozen=True, slots=True)
class BroughtBack:
    """What looking again at missing files found."""

    back: int
    gone: int
    away: int
    """Files of folders that are not there now."""


@dataclass(frozen=True, slots=True)
class AgeSummary:
    """What one run forgot."""

    forgotten: int
    kept_away: int
    """Old enough, but their folder is not there: unplugged is not deleted."""


def bring_back(*, file_ids: Sequence[int]) -> BroughtBack:
    """Look again where missing files lay; what is there is present, with its match.

    One that changed meanwhile comes back too; the next scan reads it anew.
    """
    files = MediaFile.objects.missing().filter(pk__in=file_ids).select_related("root")
    there: dict[int, bool] = {}
    back: list[int] = []
    gone = away = 0
    for file in files:
        root = file.root
        if root.pk not in there:
            there[root.pk] = is_same_folder(root=root)
        if not there[root.pk]:
            away += 1
        elif _is_there(file):
            back.append(file.pk)
        else:
            gone += 1
    now = timezone.now()
    MediaFile.objects.missing().filter(pk__in=back).update(
        state=MediaFile.State.PRESENT, missing_since=None, seen_at=now
    )
    return BroughtBack(len(back), gone, away)


def _is_there(file: MediaFile) -> bool:
    try:
        about = call_in_time(
            lambda: os.lstat(file.root.folder / file.relpath),
            place=file.root.path,
            seconds=ANSWER_SECONDS,
        )
    except (DiskHangs, OSError, ValueError):
        return False
    return stat.S_ISREG(about.st_mode)


def forget(*, file_ids: Sequence[int]) -> int:
    """Forget missing files with their matches; files that are present stay."""
    with transaction.atomic():
        rows = MediaFile.objects.missing().filter(pk__in=file_ids)
        count = rows.count()
        rows.delete()
    return count


def forget_old(*, days: int, now: datetime, progress: Progress) -> AgeSummary:
    """Forget files missing for more than `days`; none with `days` 0.

    Files of a folder that is not there now are kept, and so is a person's choice.
    """
    if not days:
        return AgeSummary(0, 0)
    old = MediaFile.objects.missing().filter(
        missing_since__lt=now - timedelta(days=days)
    )
    by_hand = MediaFile.MatchedBy.PERSON
    old = old.exclude(matched_by=by_hand)
    away = [root.pk for root in Root.objects.all() if not is_same_folder(root=root)]
    keys = list(old.exclude(root__in=away).values_list("pk", flat=True))
    progress.expect(len(keys), "FILES")
    forgotten = 0
    for start in range(0, len(keys), BATCH_FILES):
        progress.check()
        some = keys[start : start + BATCH_FILES]
        forgotten += forget(file_ids=some)
        progress.advance(len(some))
    return AgeSummary(forgotten, old.filter(root__in=away).count())
