"""The folder picker, and the library's folders."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db.models import Count, Max, OuterRef, Subquery, Sum
from django.forms import BaseForm
from django.urls import reverse
from django.utils.translation import gettext, ngettext

from drivearr.jobs.contexts import JobRow, list_active
from drivearr.jobs.models import Job, JobIssue
from drivearr.lib.remembering import Remembered
from library.browsing import FolderListing, FolderRefused, list_folders
from library.jobs import IDENTIFY, SCAN
from library.models import LibraryScan, MediaFile, Root


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder that may be opened or chosen."""

    path: str
    name: str


@dataclass(frozen=True, slots=True)
class Picker:
    """Folders of the server, one level at a time."""

    path: str
    """Empty: the places that may be looked into."""
    parent: str
    """Where "up" leads; empty: to the places."""
    folders: tuple[Folder, ...]
    refusal: str = ""

    @classmethod
    def build(cls, asked: str) -> "Picker":
        """Look into a folder on disk; what may not be seen gives a refusal."""
        try:
            return cls._of(look_into(asked))
        except FolderRefused as refused:
            places = list_folders(path=None, allowed=tuple(settings.BROWSE_ROOTS))
            return cls._of(places, refusal=refused.message)

    @classmethod
    def _of(cls, listing: FolderListing, *, refusal: str = "") -> "Picker":
        is_top = listing.path is None
        return cls(
            path=str(listing.path or ""),
            parent=str(listing.parent or ""),
            folders=tuple(
                Folder(str(path), str(path) if is_top else path.name)
                for path in listing.folders
            ),
            refusal=refusal,
        )


def look_into(asked: str) -> FolderListing:
    """List a folder that a request named, if it may be seen; links are followed first.

    Raises:
        FolderRefused: outside the places of DRIVEARR_BROWSE_ROOTS, or not readable.

    """
    path = Path(asked) if asked else None
    return list_folders(path=path, allowed=tuple(settings.BROWSE_ROOTS))


@dataclass(frozen=True, slots=True)
class FolderForm:
    """A form with a picker."""

    form: BaseForm
    picker: Picker
    refusal: str = ""
    advice: str = ""
    root: Root | None = None
    """The library folder that is said to lie elsewhere; None: a new one."""

    @property
    def url(self) -> str:
        """Where it is sent to, and picks from."""
        if self.root is None:
            return reverse("add_root")
        return reverse("move_root", args=[self.root.pk])

    @property
    def deed(self) -> str:
        """What its button says."""
        if self.root is None:
            return gettext("Add this folder")
        return gettext("It lies here now")


@dataclass(frozen=True, slots=True)
class ScanCounts:
    """What the last scan found."""

    at: datetime
    is_deep: bool
    words: str
    errors: int
    job_id: int | None
    """Where all its errors are told; None when that is gone."""
    last_error: str
    """The latest of them, with the path; empty when none is kept."""


POLLS = (5, 10, 15, 30, 60, 180, 360, 720, 1440)
"""Minutes to choose from, of how often a folder is looked at."""


@dataclass(frozen=True, slots=True)
class Pause:
    """How often changes are looked for, to choose."""

    minutes: int
    label: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class RootRow:
    """A library folder."""

    root: Root
    kind: str
    files: int
    missing: int
    undecided: int
    size_bytes: int
    last_scan: ScanCounts | None
    jobs: tuple[JobRow, ...]

    @property
    def element(self) -> str:
        """Id of its element on the page."""
        return f"root-card-{self.root.pk}"

    @property
    def pauses(self) -> tuple[Pause, ...]:
        """How often it may be looked at; empty when its changes are told."""
        if self.root.watching in {Root.Watching.UNKNOWN, Root.Watching.WATCHED}:
            return ()
        now = self.root.poll_minutes
        return tuple(
            Pause(minutes, _pause_words(minutes), minutes == now)
            for minutes in sorted({0, now, *POLLS})
        )

    @property
    def is_busy(self) -> bool:
        """Whether work on it is under way."""
        return bool(self.jobs)


def _pause_words(minutes: int) -> str:
    if not minutes:
        return gettext("Only when asked, and by the schedule of scans")
    if minutes % 60:
        said = ngettext("Every minute", "Every {n} minutes", minutes)
        return said.format(n=minutes)
    said = ngettext("Every hour", "Every {n} hours", minutes // 60)
    return said.format(n=minutes // 60)


@dataclass(frozen=True, slots=True)
class RootList:
    """All library folders."""

    rows: tuple[RootRow, ...]
    is_live: bool

    @classmethod
    def build(cls) -> "RootList":
        """Make it; eight queries at most, whatever the number of folders."""
        jobs = _active_jobs()
        rows = _rows(list(Root.objects.in_order()), jobs)
        return cls(rows, any(row.is_busy for row in rows) or bool(jobs.get("")))

    @classmethod
    def of(cls, root: Root) -> RootRow:
        """Make one row."""
        return _rows([root], _active_jobs())[0]


def name_roots(ids: Iterable[int]) -> dict[int, str]:
    """Return paths by id, for the pages on jobs."""
    return dict(Root.objects.filter(pk__in=list(ids)).values_list("pk", "path"))


@dataclass(frozen=True, slots=True)
class _Files:
    present: int = 0
    missing: int = 0
    size_bytes: int = 0

    def plus(self, other: "_Files") -> "_Files":
        """Add up."""
        return _Files(
            self.present + other.present,
            self.missing + other.missing,
            self.size_bytes + other.size_bytes,
        )


REMEMBERED_FROM = 50_000
"""Of fewer files the counts are always those of this moment."""
_UNDECIDED = (MediaFile.Match.SUGGESTED, MediaFile.Match.UNMATCHED)
_Jobs = dict[str, tuple[JobRow, ...]]
_counted = Remembered[tuple[frozenset[int], frozenset[int]], dict[int, _Files]](
    seconds=60, most=4, clock=time.monotonic
)


def _count_files(scans: Iterable[LibraryScan], jobs: _Jobs) -> dict[int, _Files]:
    """Return what each root holds; of very many files the answer may be seconds old.

    What a scan or identifying changed is counted anew as soon as that ends. What waits
    for a person is not counted here.
    """
    running = {job.pk for rows in jobs.values() for job in rows}
    key = (frozenset(scan.pk for scan in scans), frozenset(running))
    known = _counted.find(key)
    if known is not None:
        return known
    found = _count_all_files()
    is_large = sum(each.present for each in found.values()) >= REMEMBERED_FROM
    return _counted.keep(key, found) if is_large else found


def _count_all_files() -> dict[int, _Files]:
    # Grouped as an index is ordered that holds all of this, so that no row is read.
    rows = (
        MediaFile.objects.order_by()
        .values_list("match_state", "state", "root")
        .annotate(Count("pk"), Sum("size_bytes"))
    )
    found: dict[int, _Files] = {}
    for _, state, root_id, files, size_bytes in rows:
        is_present = state == MediaFile.State.PRESENT
        found[root_id] = found.get(root_id, _Files()).plus(
            _Files(
                present=files if is_present else 0,
                missing=0 if is_present else files,
                size_bytes=size_bytes if is_present else 0,
            )
        )
    return found


def _count_undecided() -> dict[int, int]:
    """Return how many files of each root wait for a person, as of this moment."""
    rows = (
        MediaFile.objects.present()
        .filter(match_state__in=_UNDECIDED)
        .order_by()
        .values_list("root")
        .annotate(Count("pk"))
    )
    return dict(rows)


def _active_jobs() -> _Jobs:
    kinds = [SCAN.name, IDENTIFY.name]
    subjects = dict(
        Job.objects.active().filter(kind__in=kinds).values_list("pk", "subject")
    )
    if not subjects:
        return {}
    found: _Jobs = {}
    for row in list_active(kinds):
        subject = subjects.get(row.pk, "")
        found[subject] = (*found.get(subject, ()), row)
    return found


def _last_scans(roots: list[Root]) -> dict[int, LibraryScan]:
    newest = LibraryScan.objects.filter(
        root=OuterRef("pk"), finished_at__isnull=False
    ).order_by("-started_at", "-pk")
    ids = Root.objects.filter(pk__in=[root.pk for root in roots]).values_list(
        Subquery(newest.values("pk")[:1]), flat=True
    )
    scans = LibraryScan.objects.filter(pk__in=[pk for pk in ids if pk])
    return {scan.root_id: scan for scan in scans}


def _rows(roots: list[Root], jobs: _Jobs) -> tuple[RootRow, ...]:
    scans = _last_scans(roots)
    files, undecided = _count_files(scans.values(), jobs), _count_undecided()
    told = _last_errors([scan.job_id for scan in scans.values() if scan.errors])
    return tuple(
        _row(
            root,
            files.get(root.pk, _Files()),
            undecided.get(root.pk, 0),
            _counts(scans[root.pk], told) if root.pk in scans else None,
            jobs,
        )
        for root in roots
    )


def _last_errors(job_ids: Iterable[int | None]) -> dict[int, str]:
    """Return the latest issue of each of these jobs, in words."""
    ids = [pk for pk in job_ids if pk]
    if not ids:
        return {}
    newest = (
        JobIssue.objects.filter(job__in=ids).values("job").annotate(newest=Max("pk"))
    )
    rows = JobIssue.objects.filter(pk__in=newest.order_by().values("newest"))
    return {
        row.job_id: f"{row.path}: {row.message}" if row.path else row.message
        for row in rows
    }


def _row(
    root: Root,
    files: _Files,
    undecided: int,
    last_scan: ScanCounts | None,
    jobs: _Jobs,
) -> RootRow:
    return RootRow(
        root=root,
        kind=root.get_kind_display(),
        files=files.present,
        missing=files.missing,
        undecided=undecided,
        size_bytes=files.size_bytes,
        last_scan=last_scan,
        jobs=jobs.get(root.subject, ()) + jobs.get("", ()),
    )


def _counts(scan: LibraryScan, told: dict[int, str]) -> ScanCounts:
    parts = [
        (scan.added, ngettext("{n} new", "{n} new", scan.added)),
        (scan.changed, ngettext("{n} changed", "{n} changed", scan.changed)),
        (scan.moved, ngettext("{n} moved", "{n} moved", scan.moved)),
        (scan.missing, ngettext("{n} gone", "{n} gone", scan.missing)),
        (scan.returned, ngettext("{n} back", "{n} back", scan.returned)),
    ]
    said = ", ".join(words.format(n=number) for number, words in parts if number)
    return ScanCounts(
        at=scan.finished_at or scan.started_at,
        is_deep=scan.is_deep,
        words=said or gettext("nothing new"),
        errors=scan.errors,
        job_id=scan.job_id,
        last_error=told.get(scan.job_id or 0, ""),
    )
