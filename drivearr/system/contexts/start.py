"""The way from an empty house to the first scan; may be left and gone on with."""

from collections.abc import Callable
from dataclasses import dataclass

from django.apps import apps
from django.conf import settings
from django.db.models import Model, QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext, gettext_noop

from drivearr.jobs.contexts import JobRow, list_active
from drivearr.web.models import Kept
from drivearr.web.navigation import START
from drives.models import Drive
from library.models import Root


@dataclass(frozen=True, slots=True)
class _Sort:
    """One step as it is for every household."""

    name: str
    label: str
    says: str
    deed: str
    icon: str
    pages: tuple[str, ...]
    """Names of urls where it is done; the first that there is."""
    is_done: Callable[[], bool]
    may_be_skipped: bool = True


def _has_rows(model: str, **facts: object) -> bool:
    try:
        rows: QuerySet[Model] = QuerySet(apps.get_model(model))
    except LookupError:
        return False
    return rows.filter(**facts).exists()


def _has_key() -> bool:
    if settings.TMDB_KEY or getattr(settings, "TVDB_KEY", ""):
        return True
    return _has_rows("library.MetadataSource", sealed_key__gt="")


_SORTS = (
    _Sort(
        "account",
        gettext_noop("The owner’s account"),
        gettext_noop(
            "You are in. Others of the household get their own accounts later."
        ),
        "",
        "user",
        (),
        lambda: True,
        may_be_skipped=False,
    ),
    _Sort(
        "folders",
        gettext_noop("Library folders"),
        gettext_noop(
            "Name the folders that hold your movies and shows. Drivearr only "
            "reads there: it never writes, moves or deletes a file."
        ),
        gettext_noop("Name a folder"),
        "folder-plus",
        ("add_root",),
        Root.objects.exists,
        may_be_skipped=False,
    ),
    _Sort(
        "keys",
        gettext_noop("Posters and descriptions"),
        gettext_noop(
            "With a free key of TMDb (or one of TheTVDB) titles get their "
            "posters, years and plots. Without one Drivearr goes by file names "
            "and .nfo files."
        ),
        gettext_noop("Enter a key"),
        "key",
        ("source_list", "metadata_sources", "edit_sources", "edit_keys"),
        _has_key,
    ),
    _Sort(
        "plex",
        "Plex",
        gettext_noop(
            "If you run Plex, Drivearr learns from it what you have watched "
            "and how titles belong together. It works just as well without."
        ),
        gettext_noop("Sign in at Plex"),
        "play-circle",
        ("plex",),
        lambda: _has_rows("plexlink.PlexServer"),
    ),
    _Sort(
        "drive",
        gettext_noop("The first drive"),
        gettext_noop(
            "Plug in a stick or disk. Drivearr gives it an identity that "
            "survives replugging; what lies on it stays untouched."
        ),
        gettext_noop("Add a drive"),
        "circle-stack",
        ("add_drive",),
        Drive.objects.exists,
    ),
    _Sort(
        "scan",
        gettext_noop("The first scan"),
        gettext_noop(
            "Drivearr looks through your folders and finds out what each file "
            "is. Watch it, or go on: it works by itself."
        ),
        gettext_noop("See the folders"),
        "magnifying-glass",
        ("root_list",),
        lambda: Root.objects.exclude(last_scan_at=None).exists(),
        may_be_skipped=False,
    ),
)
SKIPPABLE = frozenset(sort.name for sort in _SORTS if sort.may_be_skipped)


@dataclass(frozen=True, slots=True)
class Step:
    """One step as it stands here."""

    name: str
    number: int
    label: str
    says: str
    deed: str
    icon: str
    url: str
    is_done: bool
    is_skipped: bool
    is_next: bool
    may_be_skipped: bool

    @property
    def state(self) -> str:
        """Return DONE, SKIPPED, NEXT or LATER."""
        if self.is_done:
            return "DONE"
        return "NEXT" if self.is_next else "SKIPPED" if self.is_skipped else "LATER"


@dataclass(frozen=True, slots=True)
class StartPage:
    """All steps, the one to do next, and what runs meanwhile."""

    steps: tuple[Step, ...]
    jobs: tuple[JobRow, ...]
    is_over: bool

    @classmethod
    def build(cls) -> "StartPage":
        """Make it; about eight queries."""
        kept = Kept.read(START, {})
        skipped = set(kept.get("skipped", ()))
        steps: list[Step] = []
        for number, sort in enumerate(_SORTS, start=1):
            is_done = sort.is_done()
            is_open = not is_done and sort.name not in skipped
            is_next = is_open and not any(step.is_next for step in steps)
            steps.append(_step(sort, number, skipped, is_done=is_done, is_next=is_next))
        return cls(
            steps=tuple(steps),
            jobs=list_active(),
            is_over=not any(step.is_next for step in steps),
        )

    @property
    def done(self) -> int:
        """How many steps are behind one."""
        return sum(step.is_done or step.is_skipped for step in self.steps)


def _step(
    sort: _Sort, number: int, skipped: set[str], *, is_done: bool, is_next: bool
) -> Step:
    return Step(
        name=sort.name,
        number=number,
        label=gettext(sort.label),
        says=gettext(sort.says),
        deed=gettext(sort.deed),
        icon=sort.icon,
        url=_first_url(sort.pages),
        is_done=is_done,
        is_skipped=sort.name in skipped,
        is_next=is_next,
        may_be_skipped=sort.may_be_skipped,
    )


def _first_url(pages: tuple[str, ...]) -> str:
    for page in pages:
        try:
            return reverse(page)
        except NoReverseMatch:
            continue
    return ""
