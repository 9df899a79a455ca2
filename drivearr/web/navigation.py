"""The places every page links to, and which of them one is in."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop

from drivearr.web.models import Kept, Member, Notice
from drivearr.web.rights import Role, role_of

Theme = Literal["system", "light", "dark"]
THEMES: tuple[Theme, ...] = ("system", "light", "dark")
THEME_COOKIE = "drivearr_theme"
BADGE_MOST = 99
HEALTH, START = "health", "start"
"""Names of what is kept: the last look at the checks, the way through the start."""


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the navigation."""

    name: str
    """Name of its url."""
    label: str
    icon: str
    is_main: bool = False
    """Stands in the bottom bar of a phone."""
    is_owners: bool = False
    badge: str = ""
    """Which of the shell's figures it carries."""
    key: str = ""
    """Pressed after g, it leads there."""
    is_drawer: bool = False
    """Opens beside the page where there is script."""
    holds: tuple[str, ...] = ()
    """Beginnings of other addresses that are part of it."""


PLACES = (
    Place("dashboard", gettext_noop("Home"), "home", is_main=True, key="h"),
    Place(
        "title_list",
        gettext_noop("Library"),
        "film",
        is_main=True,
        key="l",
        holds=("/people/", "/collections/"),
    ),
    Place("drive_list", gettext_noop("Drives"), "server-stack", is_main=True, key="d"),
    Place("queue", gettext_noop("Queue"), "queue-list", is_main=True, key="q"),
    Place("where_list", gettext_noop("Where is what"), "table-cells", key="w"),
    Place("unmatched_list", gettext_noop("Unmatched"), "question-mark-circle", key="u"),
    Place("root_list", gettext_noop("Folders"), "folder", key="f"),
    Place("plex", "Plex", "cloud", key="p"),
    Place("job_list", gettext_noop("Jobs"), "clock", key="j"),
    Place(
        "notice_list",
        gettext_noop("Notices"),
        "bell",
        badge="notices",
        key="n",
        is_drawer=True,
    ),
    Place(
        "health_page",
        gettext_noop("System"),
        "cog-6-tooth",
        is_owners=True,
        badge="health",
        key="s",
    ),
)


@dataclass(frozen=True, slots=True)
class Link:
    """A place as one page shows it."""

    url: str
    label: str
    icon: str
    is_current: bool
    is_main: bool
    badge: str = ""
    key: str = ""
    is_drawer: bool = False


class Shell:
    """What the frame around each page shows.

    Fragments are rendered with it too and show no frame: what costs a query is asked
    when the template first wants it.
    """

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self.more_url = reverse("more")
        self.theme = read_theme(request)
        self.poll_seconds: int = settings.POLL_SECONDS
        self.languages: list[tuple[str, str]] = settings.LANGUAGES

    @cached_property
    def role(self) -> Role:
        """What the person may do; a query for those who are no owners."""
        return role_of(self._request.user)

    @property
    def may_change(self) -> bool:
        """Whether the person may do more than look."""
        return self.role is not Role.VIEWER

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """All places this person may see."""
        is_owner = self.role is Role.OWNER
        return tuple(
            _link(place, self._request.path, self._badge(place.badge))
            for place in PLACES
            if is_owner or not place.is_owners
        )

    @cached_property
    def is_in_more(self) -> bool:
        """Whether this is none of the places of the bottom bar."""
        return not any(link.is_current and link.is_main for link in self.links)

    @cached_property
    def _kept(self) -> dict[str, dict[str, Any]]:
        """What is remembered for the frame; one query."""
        rows = Kept.objects.filter(name__in=(HEALTH, START)).values_list(
            "name", "value"
        )
        return {name: value for name, value in rows if isinstance(value, dict)}

    @property
    def troubles(self) -> int:
        """How many checks were not well at the last look."""
        return int(self._kept.get(HEALTH, {}).get("troubles", 0))

    @property
    def is_starting(self) -> bool:
        """Whether the owner is still on the way through the first steps."""
        if self.role is not Role.OWNER or START not in self._kept:
            return False
        return not self._kept[START].get("is_over")

    @cached_property
    def unseen(self) -> int:
        """How many notices for all came since the person last looked; two queries."""
        user = self._request.user
        if not user.is_authenticated:
            return 0
        seen = Member.objects.filter(user=user.pk).values_list("notices_seen_at")
        since = next((row[0] for row in seen), None)
        fresh = Notice.objects.filter(user=None)
        if since:
            fresh = fresh.filter(at__gt=since)
        return fresh[:BADGE_MOST].count()

    def _badge(self, name: str) -> str:
        figures = {"health": lambda: self.troubles, "notices": lambda: self.unseen}
        number = figures[name]() if name else 0
        return (
            "" if not number else str(number) if number < BADGE_MOST else f"{number}+"
        )

    @property
    def main_links(self) -> tuple[Link, ...]:
        """The few of the bottom bar."""
        return tuple(link for link in self.links if link.is_main)

    @property
    def other_links(self) -> tuple[Link, ...]:
        """The rest."""
        return tuple(link for link in self.links if not link.is_main)


def _link(place: Place, path: str, badge: str) -> Link:
    url = reverse(place.name)
    home = reverse("dashboard")
    below = (url, *place.holds)
    is_current = path == url if url == home else path.startswith(below)
    return Link(
        url=url,
        label=gettext(place.label),
        icon=place.icon,
        is_current=is_current,
        is_main=place.is_main,
        badge=badge,
        key=place.key,
        is_drawer=place.is_drawer and not is_current,
    )


def read_theme(request: HttpRequest) -> Theme:
    """Return the chosen theme; "system" when none or nonsense is stored."""
    stored = request.COOKIES.get(THEME_COOKIE, "")
    return next((theme for theme in THEMES if theme == stored), "system")


def shell(request: HttpRequest) -> dict[str, Shell]:
    """Context processor: the frame."""
    return {"shell": Shell(request)}
