"""Which titles a person asked for: the query of the address, read and applied."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Min, Q, QuerySet
from django.http import QueryDict
from django.utils.http import urlencode
from django.utils.translation import gettext, gettext_noop

from drivearr.web.reading import read_choice, read_id, read_query
from library import marks, origins
from library.marks import Place
from library.models import Genre, MediaFile, Root, Title, WatchState

QUALITIES = {
    "2160p": ("4K", ("2160p", "4320p")),
    "1080p": ("1080p", ("1080p", "1080i")),
    "720p": ("720p", ("720p",)),
    "sd": ("SD", ("576p", "576i", "540p", "480p", "480i", "360p")),
}
"""Of a video, by what its name says: label, and what names call it."""
STATES = {
    "gone": gettext_noop("Some files are missing"),
    "away": gettext_noop("Its folder is not there now"),
    "unseen": gettext_noop("Not watched"),
    "seen": gettext_noop("Watched"),
}
ANY, NONE, ON, NOT_ON = "any", "none", "on-", "not-"
DECADE = 10


@dataclass(frozen=True, slots=True)
class Option:
    """One entry of a list to choose from."""

    value: str
    label: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Filters:
    """What was asked for; empty texts and None ask for nothing."""

    query: str = ""
    kind: str = ""
    genre_id: int | None = None
    decade: int | None = None
    quality: str = ""
    state: str = ""
    where: str = ""
    """`any`, `none`, `on-<id>` or `not-<id>` of a place outside the library."""
    origin: str = origins.LOCAL
    """Whose titles: those that there are files of here, or that a server knows."""

    @classmethod
    def read(cls, asked: QueryDict) -> "Filters":
        """Read a query; nonsense asks for nothing."""
        decade = read_id(asked.get("decade"))
        return cls(
            query=read_query(asked.get("q")),
            kind=read_choice(asked.get("kind"), Title.Kind.values),
            genre_id=read_id(asked.get("genre")),
            decade=decade if decade and decade < 10_000 else None,  # noqa: PLR2004 - years
            quality=read_choice(asked.get("quality"), QUALITIES),
            state=read_choice(asked.get("state"), STATES),
            where=_read_where(asked.get("where")),
            origin=read_choice(asked.get("from"), origins.values()),
        )

    @property
    def is_narrow(self) -> bool:
        """Whether anything beside words and kind narrows the list."""
        return bool(
            self.genre_id or self.decade or self.where or self.quality or self.state
        )

    def apply(self, *, with_kind: bool = True) -> QuerySet[Title]:
        """Return the titles on the shelf that were asked for."""
        found = origins.titles_of(self.origin)
        if self.query:
            found = found.matching(self.query)
        if self.genre_id:
            found = found.filter(genres=self.genre_id)
        if self.decade:
            found = found.filter(year__range=(self.decade, self.decade + DECADE - 1))
        if with_kind and self.kind:
            found = found.of_kind(self.kind)
        if self.quality:
            named = QUALITIES[self.quality][1]
            files = MediaFile.objects.present().filter(resolution__in=named)
            found = found.filter(pk__in=_titles_of(files))
        if self.state:
            found = found.filter(_in_state(self.state))
        return self._place(found)

    def _place(self, found: QuerySet[Title]) -> QuerySet[Title]:
        if not self.where:
            return found
        if self.where in {ANY, NONE}:
            return marks.narrow(found, place_id=None, is_there=self.where == ANY)
        prefix = ON if self.where.startswith(ON) else NOT_ON
        place_id = read_id(self.where.removeprefix(prefix))
        return marks.narrow(found, place_id=place_id, is_there=prefix == ON)

    def encode(self) -> str:
        """Return it as a query of an address, in one fixed order."""
        parts = {
            "q": self.query,
            "kind": self.kind,
            "genre": self.genre_id or "",
            "decade": self.decade or "",
            "quality": self.quality,
            "state": self.state,
            "where": self.where,
            "from": self.origin,
        }
        return urlencode({name: value for name, value in parts.items() if value})


def _titles_of(files: QuerySet[MediaFile]) -> "QuerySet[MediaFile, Any]":
    return files.filter(title__isnull=False).order_by().values("title")


def _in_state(state: str) -> Q:
    """Return the condition that a title is in a state of `STATES`."""
    if state == "gone":
        return Q(pk__in=_titles_of(MediaFile.objects.missing()))
    if state == "away":
        away = Root.objects.filter(state=Root.State.UNAVAILABLE)
        return Q(pk__in=_titles_of(MediaFile.objects.present().filter(root__in=away)))
    watched = WatchState.objects.filter(is_watched=True).order_by()
    seen = Q(pk__in=watched.values("item__title"))
    return seen if state == "seen" else ~seen


def _read_where(text: str | None) -> str:
    given = text or ""
    for prefix in (ON, NOT_ON):
        if given.startswith(prefix):
            number = read_id(given.removeprefix(prefix))
            return f"{prefix}{number}" if number else ""
    return read_choice(given, (ANY, NONE))


@dataclass(frozen=True, slots=True)
class FilterChoices:
    """What the lists of the filter form offer."""

    genres: tuple[Option, ...]
    decades: tuple[Option, ...]
    qualities: tuple[Option, ...]
    states: tuple[Option, ...]
    places: tuple[Option, ...]

    @classmethod
    def build(cls, filters: Filters, places: tuple[Place, ...]) -> "FilterChoices":
        """Make it; four queries."""
        return cls(
            genres=_genres(filters),
            decades=_decades(filters),
            qualities=_qualities(filters),
            states=_states(filters),
            places=_places(filters, places),
        )


def _genres(filters: Filters) -> tuple[Option, ...]:
    rows = Genre.objects.order_by("name").values_list("pk", "name")
    return tuple(Option(str(pk), name, pk == filters.genre_id) for pk, name in rows)


def _decades(filters: Filters) -> tuple[Option, ...]:
    """Return the decades from the oldest title to the newest; the index knows both."""
    dated = Title.objects.filter(year__gt=0)
    first = dated.aggregate(first=Min("year"))["first"]
    last = dated.order_by("-year").values_list("year", flat=True).first()
    if first is None or last is None:
        return ()
    decades = range(last // DECADE * DECADE, first // DECADE * DECADE - 1, -DECADE)
    return tuple(
        Option(str(year), gettext("{year}s").format(year=year), year == filters.decade)
        for year in decades
    )


def _qualities(filters: Filters) -> tuple[Option, ...]:
    return tuple(
        Option(value, label, value == filters.quality)
        for value, (label, _) in QUALITIES.items()
    )


def _states(filters: Filters) -> tuple[Option, ...]:
    """Return the states to choose from; whether watched, where anything says so."""
    knows = filters.state in {"seen", "unseen"} or WatchState.objects.exists()
    return tuple(
        Option(value, gettext(label), value == filters.state)
        for value, label in STATES.items()
        if knows or value not in {"seen", "unseen"}
    )


def _places(filters: Filters, places: tuple[Place, ...]) -> tuple[Option, ...]:
    if not places:
        return ()
    offered = [(ANY, gettext("On some drive")), (NONE, gettext("On no drive"))]
    on, not_on = gettext("On {place}"), gettext("Not on {place}")
    offered += [(f"{ON}{each.pk}", on.format(place=each.name)) for each in places]
    offered += [
        (f"{NOT_ON}{each.pk}", not_on.format(place=each.name)) for each in places
    ]
    return tuple(Option(v, label, v == filters.where) for v, label in offered)
