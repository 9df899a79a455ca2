"""The places every page links to, and which of them one is in."""

from dataclasses import dataclass
from typing import Literal

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

Theme = Literal["system", "light", "dark"]
THEMES: tuple[Theme, ...] = ("system", "light", "dark")
THEME_COOKIE = "drivearr_theme"


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


PLACES = (
    Place("dashboard", "Home", "home", is_main=True),
    Place("title_list", "Library", "film", is_main=True),
    Place("drive_list", "Drives", "server-stack", is_main=True),
    Place("queue", "Queue", "queue-list", is_main=True),
    Place("unmatched_list", "Unmatched", "question-mark-circle"),
    Place("root_list", "Folders", "folder"),
    Place("plex", "Plex", "cloud"),
    Place("job_list", "Jobs", "clock"),
)


@dataclass(frozen=True, slots=True)
class Link:
    """A place as one page shows it."""

    url: str
    label: str
    icon: str
    is_current: bool
    is_main: bool


@dataclass(frozen=True, slots=True)
class Shell:
    """What the frame around each page shows."""

    links: tuple[Link, ...]
    more_url: str
    is_in_more: bool
    theme: Theme
    poll_seconds: int

    @classmethod
    def build(cls, request: HttpRequest) -> "Shell":
        """Make it from the request alone, without a query."""
        links = tuple(_link(place, request.path) for place in PLACES)
        in_main = any(link.is_current and link.is_main for link in links)
        return cls(
            links=links,
            more_url=reverse("more"),
            is_in_more=not in_main,
            theme=read_theme(request),
            poll_seconds=settings.POLL_SECONDS,
        )

    @property
    def main_links(self) -> tuple[Link, ...]:
        """The few of the bottom bar."""
        return tuple(link for link in self.links if link.is_main)

    @property
    def other_links(self) -> tuple[Link, ...]:
        """The rest."""
        return tuple(link for link in self.links if not link.is_main)


def _link(place: Place, path: str) -> Link:
    url = reverse(place.name)
    home = reverse("dashboard")
    is_current = path == url if url == home else path.startswith(url)
    return Link(url, place.label, place.icon, is_current, place.is_main)


def read_theme(request: HttpRequest) -> Theme:
    """Return the chosen theme; "system" when none or nonsense is stored."""
    stored = request.COOKIES.get(THEME_COOKIE, "")
    return next((theme for theme in THEMES if theme == stored), "system")


def shell(request: HttpRequest) -> dict[str, Shell]:
    """Context processor: the frame."""
    return {"shell": Shell.build(request)}
