"""The pages of drives: the list, one drive, its contents, files and history."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from django.db.models import Q, Sum
from django.forms import BaseForm
from django.http import QueryDict
from django.utils.translation import gettext, gettext_noop

from drivearr.jobs.contexts import JobRow, list_rows
from drivearr.jobs.models import Job
from drivearr.lib.errors import DrivearrError, Refused
from drivearr.lib.remembering import Remembered
from drivearr.web.http import HtmxHttpRequest
from drivearr.web.paging import Span
from drivearr.web.reading import read_choice, read_query
from drivearr.web.slots import Panel, fill
from drives import completeness
from drives.completeness import Completeness
from drives.contexts.cards import DriveCard, build_cards
from drives.contexts.history import Event, list_newest
from drives.detection import Mount
from drives.manifest import ManifestHostile, ManifestUnreadable
from drives.models import (
    Attachment,
    Drive,
    DriveFile,
    DriveScan,
    HealthReading,
)
from drives.services import comparing, filling
from drives.services.registering import IdentityUnclear, list_candidates
from drives.services.repairing import list_damaged
from drives.services.verifying import find_unfinished
from library.contexts.folders import Picker
from library.models import Root, Title

DRIVE_SLOT = "drives.drive"
"""Slot on the drive page; its subject is the Drive."""

PER_PAGE = 50
HISTORY_SHOWN = 8

_UNCLEAR = frozenset(
    {IdentityUnclear.code, ManifestUnreadable.code, ManifestHostile.code}
)

STATE_FILTERS = {
    "": gettext_noop("On it"),
    "COMPLETE": gettext_noop("Complete"),
    "PARTIAL": gettext_noop("Partial"),
    "OUTDATED": gettext_noop("Outdated"),
    "MISSING": gettext_noop("Missing"),
}
FILE_FILTERS = {
    "": (gettext_noop("All"), Q()),
    "ours": (gettext_noop("Ours"), Q(origin=DriveFile.Origin.OURS)),
    "foreign": (gettext_noop("Foreign"), Q(origin=DriveFile.Origin.FOREIGN)),
    "damaged": (gettext_noop("Damaged"), Q(damaged_at__isnull=False)),
    "trouble": (
        gettext_noop("Altered or vanished"),
        Q(state__in=[DriveFile.State.ALTERED, DriveFile.State.VANISHED]),
    ),
}


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter with its count."""

    value: str
    label: str
    is_current: bool
    count: int | None = None


@dataclass(frozen=True, slots=True)
class DriveList:
    """All known drives, and what is plugged in but not known."""

    attached: tuple[DriveCard, ...]
    absent: tuple[DriveCard, ...]
    candidates: tuple[Mount, ...]

    @classmethod
    def build(cls, *, is_staff: bool) -> "DriveList":
        """Make it; candidates, read from the system, only for those who may add."""
        cards = build_cards(Drive.objects.by_name())
        return cls(
            attached=tuple(card for card in cards if card.is_attached),
            absent=tuple(card for card in cards if not card.is_attached),
            candidates=offered() if is_staff else (),
        )


def offered() -> tuple[Mount, ...]:
    """Return candidates; reads the system. Paths that are no text stay out."""
    return tuple(each for each in list_candidates() if str(each.path).isprintable())


@dataclass(frozen=True, slots=True)
class AddDrivePage:
    """Candidates, and a picker for plain folders."""

    candidates: tuple[Mount, ...]
    picker: Picker
    form: BaseForm
    is_folder: bool
    refusal: str = ""
    advice: str = ""
    question: "IdentityQuestion | None" = None


@dataclass(frozen=True, slots=True)
class IdentityQuestion:
    """Which drive is it? Its manifest is lost, or another drive carries it too."""

    path: str
    is_folder: bool
    known: tuple[Drive, ...]
    """Drives in the drawer that it could be."""


def ask_identity(
    path: str, *, is_folder: bool, refused: DrivearrError | None
) -> IdentityQuestion | None:
    """Return what to ask after a refusal; None when no answer would help."""
    if refused is None or refused.code not in _UNCLEAR:
        return None
    here = Attachment.objects.current().values("drive")
    known = Drive.objects.exclude(pk__in=here).filter(is_folder=is_folder)
    return IdentityQuestion(path, is_folder, tuple(known.by_name()))


@dataclass(frozen=True, slots=True)
class ContentRow:
    """A title on the drive, or missing from it."""

    pk: int
    name: str
    year: int | None
    is_show: bool
    count: completeness.Count
    size_bytes: int

    @property
    def state(self) -> str:
        """Return the state."""
        return self.count.state


@dataclass(frozen=True, slots=True)
class Contents:
    """The titles of the library and how complete they are here."""

    drive_id: int
    rows: tuple[ContentRow, ...]
    filters: tuple[Chip, ...]
    state: str
    query: str
    span: Span

    @classmethod
    def build(cls, drive: Drive, asked: QueryDict) -> "Contents":
        """Make it; a fixed number of queries, whatever the number of titles.

        Which titles a filter lists may be a few seconds old; what is said of each title
        shown is counted now.
        """
        query = read_query(asked.get("q"))
        state = read_choice(asked.get("state"), STATE_FILTERS)
        known = _shelves.get(drive.pk, lambda: _read_shelf(drive))
        if query:
            matching = set(Title.objects.matching(query).values_list("pk", flat=True))
            known = {
                state: [pk for pk in pks if pk in matching]
                for state, pks in known.items()
            }
        shown = known[state]
        span = Span.of(asked=asked.get("page"), total=len(shown), per_page=PER_PAGE)
        return cls(
            drive_id=drive.pk,
            rows=_count_now(drive, shown[span.start : span.stop]),
            filters=tuple(
                Chip(value, gettext(label), value == state, len(known[value]))
                for value, label in STATE_FILTERS.items()
            ),
            state=state,
            query=query,
            span=span,
        )


def _read_shelf(drive: Drive) -> dict[str, list[int]]:
    """Return the titles that each filter lists, by name."""
    counts = comparing.count_titles(drive=drive)
    within = filling.titles_within(drive)
    listed: dict[str, list[int]] = {state: [] for state in STATE_FILTERS}
    for pk in Title.objects.by_name().values_list("pk", flat=True):
        count = counts.get(pk)
        if count is None:
            continue
        state = count.state
        is_missing = state == Completeness.MISSING
        if is_missing and within is not None and pk not in within:
            continue
        listed[state].append(pk)
        if not is_missing:
            listed[""].append(pk)
    return listed


_shelves = Remembered[int, dict[str, list[int]]](seconds=15, most=3, clock=monotonic)


def _count_now(drive: Drive, title_ids: Sequence[int]) -> tuple[ContentRow, ...]:
    counts = comparing.count_titles(drive=drive, title_ids=title_ids)
    sizes = _title_sizes(drive, title_ids)
    titles = Title.objects.only("name", "year", "kind").in_bulk(title_ids)
    return tuple(
        ContentRow(
            pk,
            titles[pk].name,
            titles[pk].year,
            titles[pk].kind == Title.Kind.SHOW,
            counts[pk],
            sizes.get(pk, 0),
        )
        for pk in title_ids
        if pk in counts and pk in titles
    )


def _title_sizes(drive: Drive, title_ids: Sequence[int]) -> dict[int, int]:
    rows = (
        DriveFile.objects.present()
        .filter(drive=drive, title__in=title_ids)
        .order_by()
        .values_list("title")
        .annotate(Sum("size_bytes"))
    )
    return dict(rows)


@dataclass(frozen=True, slots=True)
class DrivePage:
    """One drive."""

    drive: Drive
    card: DriveCard
    sources: tuple[Root, ...]
    place: Attachment | None
    jobs: tuple[JobRow, ...]
    contents: Contents
    history: tuple[Event, ...]
    readings: tuple[HealthReading, ...]
    panels: tuple[Panel, ...]
    foreign: int
    trouble_files: int
    care: "Care"

    @classmethod
    def build(cls, request: HtmxHttpRequest, drive: Drive) -> "DrivePage":
        """Make it; a fixed number of queries."""
        foreign, trouble = _count_files(drive)
        return cls(
            drive=drive,
            card=build_cards([drive])[0],
            sources=tuple(drive.sources.in_order()),
            place=drive.attachments.order_by("-attached_at", "-pk").first(),
            jobs=list_jobs(drive),
            contents=Contents.build(drive, request.GET),
            history=list_newest(drive, HISTORY_SHOWN),
            readings=tuple(drive.health_readings.order_by("-at", "-pk")[:5]),
            panels=fill(DRIVE_SLOT, request, drive),
            foreign=foreign,
            trouble_files=trouble,
            care=Care.build(drive),
        )


@dataclass(frozen=True, slots=True)
class Care:
    """Whether a drive keeps what was given to it, as far as was looked."""

    damaged: int
    """Files that it gave back wrong."""
    verified_at: datetime | None
    """When all of it was read back last."""
    stopped_at: datetime | None
    """When the verification began that was stopped."""

    @classmethod
    def build(cls, drive: Drive) -> "Care":
        """Make it; three queries."""
        done = drive.scans.filter(kind=DriveScan.Kind.VERIFY, is_complete=True)
        last = done.order_by("-finished_at").first()
        return cls(
            damaged=list_damaged(drive).count(),
            verified_at=last.finished_at if last else None,
            stopped_at=find_unfinished(drive),
        )


@dataclass(frozen=True, slots=True)
class DriveStatus:
    """What changes by itself on a drive's page."""

    drive: Drive
    card: DriveCard
    place: Attachment | None
    jobs: tuple[JobRow, ...]
    care: Care

    @classmethod
    def build(cls, drive: Drive) -> "DriveStatus":
        """Make it."""
        return cls(
            drive=drive,
            card=build_cards([drive])[0],
            place=drive.attachments.order_by("-attached_at", "-pk").first(),
            jobs=list_jobs(drive),
            care=Care.build(drive),
        )


def list_jobs(drive: Drive) -> tuple[JobRow, ...]:
    """Return the work on a drive that is under way."""
    jobs = Job.objects.active().filter(subject=drive.subject)
    return list_rows(jobs.order_by("queued_at", "pk"))


def _count_files(drive: Drive) -> tuple[int, int]:
    # Two questions that an index answers; as one, it would read all rows of the drive.
    trouble = [DriveFile.State.ALTERED, DriveFile.State.VANISHED]
    ours = drive.files.ours().filter(state__in=trouble)
    return drive.files.foreign().count(), ours.count()


@dataclass(frozen=True, slots=True)
class FileList:
    """A page of the files on a drive, ours and foreign ones."""

    drive: Drive
    is_attached: bool
    files: tuple[DriveFile, ...]
    filters: tuple[Chip, ...]
    show: str
    query: str
    span: Span

    @classmethod
    def build(cls, drive: Drive, asked: QueryDict) -> "FileList":
        """Make it; four queries."""
        show = read_choice(asked.get("show"), FILE_FILTERS)
        query = read_query(asked.get("q"))
        files = drive.files.filter(FILE_FILTERS[show][1])
        if query:
            files = files.filter(relpath__icontains=query)
        span = Span.of(asked=asked.get("page"), total=files.count(), per_page=PER_PAGE)
        return cls(
            drive=drive,
            is_attached=drive.attachments.current().exists(),
            files=tuple(
                files.select_related("title").in_order()[span.start : span.stop]
            ),
            filters=tuple(
                Chip(value, gettext(label), value == show)
                for value, (label, _) in FILE_FILTERS.items()
            ),
            show=show,
            query=query,
            span=span,
        )


@dataclass(frozen=True, slots=True)
class DriveForm:
    """A form about a drive."""

    drive: Drive
    form: BaseForm | None
    refusal: str = ""
    advice: str = ""

    @classmethod
    def refused(cls, drive: Drive, form: BaseForm | None, why: Refused) -> "DriveForm":
        """Make it for a form that was refused."""
        return cls(drive, form, why.message, why.advice)


@dataclass(frozen=True, slots=True)
class ProfilePage:
    """A drive's profile, and which drives it could have been before."""

    drive: Drive
    form: BaseForm
    is_attached: bool
    others: tuple[Drive, ...]
    refusal: str = ""
    advice: str = ""

    @classmethod
    def build(
        cls, drive: Drive, form: BaseForm, refused: Refused | None = None
    ) -> "ProfilePage":
        """Make it; two queries."""
        here = Attachment.objects.current().values("drive")
        others = Drive.objects.exclude(pk__in=here).exclude(pk=drive.pk)
        return cls(
            drive=drive,
            form=form,
            is_attached=drive.attachments.current().exists(),
            others=tuple(others.filter(is_folder=drive.is_folder).by_name()),
            refusal=refused.message if refused else "",
            advice=refused.advice if refused else "",
        )


def name_drives(ids: Iterable[int]) -> dict[int, str]:
    """Return names by id, for the pages on jobs."""
    return dict(Drive.objects.filter(pk__in=list(ids)).values_list("pk", "name"))
