"""Reading what is in the files, in the background: once per size and time."""

import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from drivearr.jobs.models import Job
from drivearr.jobs.services import enqueue
from drivearr.lib.progress import Progress
from library.jobs import PROBE
from library.models import MediaFacts, MediaFile, Root
from library.probing import Facts, ProbeFailed, Prober, ProbeUnanswered
from library.services.guarding import is_same_folder

BATCH_FILES = 20


@dataclass(frozen=True, slots=True)
class ProbeSummary:
    """What one run read."""

    read: int
    unreadable: int
    left: int
    """Files of folders that are away."""


def start_if_waiting() -> Job | None:
    """Queue the reading of files whose facts are not known; None: of none."""
    if not waiting().exists():
        return None
    return enqueue(PROBE, subject="")


def waiting() -> "QuerySet[MediaFile]":
    """Return the present files that were never read, or changed since."""
    known = MediaFacts.objects.filter(
        media_file=OuterRef("pk"),
        size_bytes=OuterRef("size_bytes"),
        mtime_ns=OuterRef("mtime_ns"),
    )
    return MediaFile.objects.present().filter(~Exists(known))


def probe_files(*, progress: Progress) -> ProbeSummary:
    """Read all files whose facts are not known; one by one, newest first."""
    read = unreadable = 0
    away = set(_roots_away())
    rows = waiting().exclude(root__in=away)
    progress.expect(rows.count(), "FILES")
    with Prober() as prober:
        for some in _batches(rows):
            facts = list(_read_some(some, prober, progress, away))
            _keep(facts)
            unreadable += sum(bool(each.problem) for each in facts)
            read += len(facts)
    left = waiting().filter(root__in=away).count()
    return ProbeSummary(read - unreadable, unreadable, left)


def _read_some(
    files: list[MediaFile], prober: Prober, progress: Progress, away: set[int]
) -> Iterator[MediaFacts]:
    """Yield what is in the files of folders that are not `away`; which may grow."""
    for file in files:
        progress.check()
        if file.root_id in away:
            continue
        progress.note(file.relpath)
        try:
            yield _read(file, prober, progress)
        except ProbeUnanswered as error:
            progress.report(error, path=file.relpath)
            if is_same_folder(root=file.root):
                yield _facts(file, Facts(), error.message)
            else:
                # Not the file's fault: all others there would be waited for as well.
                away.add(file.root_id)
        progress.advance()


def _roots_away() -> list[int]:
    return [root.pk for root in Root.objects.all() if not is_same_folder(root=root)]


def _batches(rows: "QuerySet[MediaFile]") -> Iterator[list[MediaFile]]:
    keys = list(rows.order_by("-pk").values_list("pk", flat=True))
    for start in range(0, len(keys), BATCH_FILES):
        some = keys[start : start + BATCH_FILES]
        yield list(MediaFile.objects.filter(pk__in=some).select_related("root"))


def _read(file: MediaFile, prober: Prober, progress: Progress) -> MediaFacts:
    path = os.fspath(file.root.folder / file.relpath)
    facts, problem = Facts(), ""
    try:
        facts = prober.read(path)
    except ProbeUnanswered:
        raise
    except ProbeFailed as error:
        problem = error.message
        progress.report(error, path=file.relpath)
    return _facts(file, facts, problem)


def _facts(file: MediaFile, facts: Facts, problem: str) -> MediaFacts:
    return MediaFacts(
        media_file=file,
        size_bytes=file.size_bytes,
        mtime_ns=file.mtime_ns,
        problem=problem,
        read_at=timezone.now(),
        **asdict(facts),
    )


def _keep(facts: list[MediaFacts]) -> None:
    """Write what was read; files forgotten meanwhile are left out."""
    with transaction.atomic():
        there = set(
            MediaFile.objects.filter(pk__in=[each.pk for each in facts])
            .select_for_update()
            .values_list("pk", flat=True)
        )
        MediaFacts.objects.bulk_create(
            [each for each in facts if each.pk in there],
            update_conflicts=True,
            unique_fields=["media_file"],
            update_fields=_FIELDS,
        )


_FIELDS = [
    "size_bytes",
    "mtime_ns",
    "container",
    "duration_seconds",
    "video_codec",
    "width",
    "height",
    "frame_rate",
    "hdr",
    "audio",
    "subtitles",
    "chapters",
    "problem",
    "read_at",
]
