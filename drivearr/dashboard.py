"""The first page: drives, what runs, what is new, and what needs a person."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET

from drivearr.jobs.contexts import JobRow, list_active
from drivearr.jobs.models import Job
from drivearr.web.http import HtmxHttpRequest, render
from drives.contexts.cards import DriveCard, build_cards
from drives.models import Drive
from library.contexts.shelves import Entry, list_newest
from library.models import MediaFile, Root, Title
from syncqueue.models import QueueItem

NEWEST_SHOWN = 12
TROUBLE_SHOWN = 6
LONG_AWAY = timedelta(days=30)
"""A drive that things wait for is missed after this."""


@dataclass(frozen=True, slots=True)
class Need:
    """Something that needs a person, and where to mend it."""

    state: str
    sentence: str
    detail: str
    url: str
    deed: str


@dataclass(frozen=True, slots=True)
class Dashboard:
    """All that the first page shows."""

    is_new: bool
    """Nothing has been set up yet."""
    movies: int
    shows: int
    others: int
    drives: tuple[DriveCard, ...]
    jobs: tuple[JobRow, ...]
    newest: tuple[Entry, ...]
    needs: tuple[Need, ...]

    @classmethod
    def build(cls) -> "Dashboard":
        """Make it; a fixed number of queries."""
        drives = build_cards(Drive.objects.by_name())
        on_shelf = Title.objects.with_files()
        return cls(
            is_new=not drives and not Root.objects.exists(),
            movies=on_shelf.of_kind(Title.Kind.MOVIE).count(),
            shows=on_shelf.of_kind(Title.Kind.SHOW).count(),
            others=on_shelf.of_kind(Title.Kind.OTHER).count(),
            drives=tuple(sorted(drives, key=lambda card: not card.is_attached)),
            jobs=list_active(),
            newest=list_newest(NEWEST_SHOWN),
            needs=tuple(_needs(drives)),
        )


@dataclass(frozen=True, slots=True)
class Running:
    """The part of the first page that changes by itself."""

    jobs: tuple[JobRow, ...]


def _needs(drives: tuple[DriveCard, ...]) -> Iterator[Need]:
    yield from _roots()
    yield from _drives(drives)
    yield from _wishes()
    yield from _unmatched()
    yield from _jobs()


def _roots() -> Iterator[Need]:
    for root in Root.objects.filter(
        state__in=[Root.State.UNAVAILABLE, Root.State.HELD]
    ).in_order():
        is_held = root.state == Root.State.HELD
        yield Need(
            state=root.state,
            sentence=gettext("{path} needs your word").format(path=root.path)
            if is_held
            else gettext("{path} is not available").format(path=root.path),
            detail=root.state_reason,
            url=reverse("root_list"),
            deed=gettext("See the folder"),
        )


def _drives(drives: tuple[DriveCard, ...]) -> Iterator[Need]:
    for card in drives:
        for state, sentence, detail in _ailments(card):
            yield Need(
                state=state,
                sentence=sentence,
                detail=detail,
                url=reverse("drive_detail", args=[card.pk]),
                deed=gettext("See the drive"),
            )


def _ailments(card: DriveCard) -> Iterator[tuple[str, str, str]]:
    """Yield state, sentence and detail of what is not well with a drive."""
    if card.trouble or card.health == Drive.Health.FAILING:
        reason = card.trouble or gettext("Its health is failing. Replace it soon.")
        yield "FAILED", gettext("“{drive}” has trouble").format(drive=card.name), reason
    elif card.health == Drive.Health.LIMITED and card.is_attached:
        detail = gettext("It still works; its page says what was seen.")
        yield (
            "HELD",
            gettext("“{drive}” is not quite well").format(drive=card.name),
            detail,
        )
    if card.space and card.is_attached and card.waiting and _is_full(card):
        detail = gettext(
            "What waits for it does not fit. Remove something, or choose less."
        )
        yield "HELD", gettext("“{drive}” is full").format(drive=card.name), detail
    if _is_long_away(card):
        waits = card.waiting.words if card.waiting else ""
        detail = gettext("{waits} for it. Plug it in, or withdraw the wishes.").format(
            waits=waits
        )
        yield (
            "HELD",
            gettext("“{drive}” has not been here for long").format(drive=card.name),
            detail,
        )


def _is_full(card: DriveCard) -> bool:
    return bool(
        card.space and card.waiting and card.waiting.size_bytes > card.space.free_bytes
    )


def _is_long_away(card: DriveCard) -> bool:
    if card.is_attached or not card.waiting or card.last_seen_at is None:
        return False
    return timezone.now() - card.last_seen_at > LONG_AWAY


def _wishes() -> Iterator[Need]:
    failed = QueueItem.objects.filter(state=QueueItem.State.FAILED)
    for wish in failed.select_related("title", "drive").order_by("-changed_at", "-pk")[
        :TROUBLE_SHOWN
    ]:
        yield Need(
            state="FAILED",
            sentence=gettext("{label} is not on “{drive}”").format(
                label=wish.title.label, drive=wish.drive.name
            ),
            detail=f"{wish.error_message} {wish.error_advice}".strip(),
            url=reverse("queue"),
            deed=gettext("See the queue"),
        )


def _unmatched() -> Iterator[Need]:
    undecided = MediaFile.objects.present().filter(
        Q(match_state=MediaFile.Match.SUGGESTED)
        | Q(match_state=MediaFile.Match.UNMATCHED)
    )
    count = undecided.count()
    if count:
        said = ngettext("{n} file is not matched", "{n} files are not matched", count)
        yield Need(
            state="UNMATCHED",
            sentence=said.format(n=f"{count:,}"),
            detail=gettext("Say what they are, or that they are nothing to watch."),
            url=reverse("unmatched_list"),
            deed=gettext("Match them"),
        )


def _jobs() -> Iterator[Need]:
    """Yield bugs: what else ends a job has its own entry, or is told on its page."""
    last = Job.objects.failing().filter(error_code="BUG")
    for job in last.newest_first()[:1]:
        yield Need(
            state="FAILED",
            sentence=gettext("A job ended with a fault in Drivearr"),
            detail=job.error_message,
            url=reverse("job_detail", args=[job.pk]),
            deed=gettext("See the job"),
        )


@require_GET
def dashboard(request: HtmxHttpRequest) -> HttpResponse:
    """Show the first page."""
    return render(request, page="dashboard.html", context=Dashboard.build())


@require_GET
def running_work(request: HtmxHttpRequest) -> HttpResponse:
    """Show the work under way, for the first page."""
    return render(
        request,
        page="partials/running_work.html",
        context=Running(jobs=list_active()),
    )
