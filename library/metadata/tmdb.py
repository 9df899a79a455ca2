"""TMDb's service, version 3: the only module that knows its addresses and words.

Source: https://developer.themoviedb.org/reference
"""

import datetime
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from drivearr.lib.wording import gettext
from library.facts import (
    EpisodeFacts,
    PersonFacts,
    SeasonFacts,
    TitleFacts,
    read_date,
)
from library.metadata import reading
from library.metadata.client import Client
from library.metadata.pacing import Gate, Pace
from library.metadata.reading import names, part, rows, text, whole
from library.metadata.source import (
    Candidate,
    Change,
    ReplyCache,
    SourceConfused,
    SourceLacks,
)

REQUESTS_PER_SECOND = 40
"""TMDb's own word: about forty to fifty."""
SEASONS_PER_REQUEST = 20
"""More than twenty additions are refused."""
CAST_MOST = 30
ALIASES_MOST = 100
CHANGES_DAYS_MOST = 14
CHANGES_PAGES_MOST = 200
_READ_TOKEN_FROM = 50
"""A key of 32 characters is an API key; a read access token is far longer."""
_WIDTHS = (92, 154, 185, 342, 500, 780, 1280)
_PICTURE = re.compile(r"/[\w-]+\.(?:jpg|jpeg|png|webp)", re.ASCII)
_MORE = ("external_ids", "credits", "alternative_titles", "translations")
_GROUP_TYPES = {"absolute": 2, "dvd": 3}
"""Sorts of episode groups, as TMDb numbers them."""
_SEASONS_GUESSED = 15
"""Seasons asked for along with the show itself; those that are not there cost nothing."""


class Tmdb:
    """A Source (see library.metadata.source) on TMDb."""

    name = "tmdb"
    label = "TMDb"
    finds = frozenset({"imdb", "tvdb"})
    tells_names = False
    needs_all_words = True

    def __init__(
        self,
        *,
        key: str,
        url: str,
        image_url: str = "https://image.tmdb.org/t/p",
        language: str = "en-US",
        order: str = "default",
        cache: ReplyCache | None = None,
        gate: Gate | None = None,
        user_agent: str = "Drivearr",
        backoff_seconds: float = 0.5,
    ) -> None:
        self._key = key.strip()
        self._image_url = image_url.rstrip("/")
        self._languages = _known_languages(language)
        self._order = order
        self._client = Client(
            label=self.label,
            url=url,
            gate=gate or Pace(REQUESTS_PER_SECOND),
            cache=cache,
            user_agent=user_agent,
            backoff_seconds=backoff_seconds,
        )

    @property
    def requests(self) -> int:
        """See Source."""
        return self._client.requests

    # --- What a Source does -------------------------------------------------------

    def search(
        self, *, kind: str, query: str, year: int | None = None
    ) -> tuple[Candidate, ...]:
        """See Source; one page of up to twenty."""
        params = {"query": query, "include_adult": "false"}
        if year is not None:
            name = "primary_release_year" if kind == "MOVIE" else "first_air_date_year"
            params[name] = str(year)
        reply = self._get(f"/search/{_path(kind)}", params)
        return tuple(_candidates(rows(reply, "results"), kind))

    def find(self, *, kind: str, catalogue: str, value: str) -> tuple[Candidate, ...]:
        """See Source."""
        source = {"imdb": "imdb_id", "tvdb": "tvdb_id"}[catalogue]
        if not value.isalnum():
            return ()
        reply = self._get(f"/find/{value}", {"external_source": source})
        return tuple(_candidates(rows(reply, f"{_path(kind)}_results"), kind))

    def fetch(
        self,
        *,
        kind: str,
        id: str,  # noqa: A002 - see Source
        order: str = "",
    ) -> TitleFacts:
        """See Source; one request, for shows with many seasons one or two more.

        Another order than as aired takes two more: people keep those as groups.
        """
        path = f"/{_path(kind)}/{_id(id)}"
        more = [*_MORE, "release_dates" if kind == "MOVIE" else "content_ratings"]
        if kind == "SHOW":
            more += [f"season/{number}" for number in range(_SEASONS_GUESSED)]
        reply = self._get(path, {"append_to_response": ",".join(more)})
        if not text(reply, "title", "name"):
            raise SourceConfused(
                gettext("TMDb sent no title under {kind} {id}.").format(
                    kind=kind.lower(), id=id
                )
            )
        self._complete(path, reply)
        if kind == "MOVIE":
            return _movie(reply, self._languages)
        seasons = self._fetch_grouped(id, order or self._order)
        seasons = seasons or tuple(self._fetch_seasons(id, reply))
        return replace(_show(reply, seasons, self._languages), order=order)

    def fetch_episodes(self, *, id: str) -> TitleFacts:  # noqa: A002 - see Source
        """See Source; all of it fits into one request."""
        return self.fetch(kind="SHOW", id=id)

    def fetch_picture(self, *, path: str, width: int) -> bytes:
        """See Source."""
        if not _PICTURE.fullmatch(path):
            raise SourceConfused(gettext("TMDb named a picture that cannot be one."))
        size = next((each for each in _WIDTHS if each >= width), _WIDTHS[-1])
        return self._client.get_picture(f"{self._image_url}/w{size}{path}")

    def list_changes(
        self, *, kind: str, since: datetime.datetime
    ) -> tuple[Change, ...]:
        """See Source; fourteen days at the most."""
        today = datetime.datetime.now(datetime.UTC).date()
        oldest = today - datetime.timedelta(days=CHANGES_DAYS_MOST)
        params = {
            "start_date": max(since.date(), oldest).isoformat(),
            "end_date": (today + datetime.timedelta(days=1)).isoformat(),
        }
        if since.date() <= oldest:
            params["start_date"] = (oldest + datetime.timedelta(days=1)).isoformat()
        found: list[Change] = []
        for page in range(1, CHANGES_PAGES_MOST):
            reply = self._ask(f"/{_path(kind)}/changes", params | {"page": str(page)})
            ids = (whole(row, "id") for row in rows(reply, "results"))
            found += [Change(str(number), kind) for number in ids if number]
            if page >= (whole(reply, "total_pages") or 1):
                break
        return tuple(dict.fromkeys(found))

    def check_key(self) -> None:
        """See Source."""
        self._ask("/authentication", {})

    # --- Asking -------------------------------------------------------------------

    def _get(self, path: str, params: dict[str, str]) -> dict[str, Any]:
        params = params | {"language": self._languages[0]}
        return self._client.get(
            path, params, secret=self._secret(), headers=self._headers
        )

    def _ask(self, path: str, params: dict[str, str]) -> dict[str, Any]:
        """Ask what is never kept."""
        return self._client.get(
            path, params, secret=self._secret(), headers=self._headers, is_kept=False
        )

    def _headers(self) -> dict[str, str]:
        is_token = len(self._key) >= _READ_TOKEN_FROM
        return {"Authorization": f"Bearer {self._key}"} if is_token else {}

    def _secret(self) -> dict[str, str]:
        # An API key of the old kind is taken in the address alone.
        is_token = len(self._key) >= _READ_TOKEN_FROM
        return {} if is_token else {"api_key": self._key}

    def _complete(self, path: str, reply: dict[str, Any]) -> None:
        """Ask apart for what a proxy may have left out of the reply."""
        for name in ("alternative_titles", "external_ids"):
            if name not in reply:
                try:
                    reply[name] = self._get(f"{path}/{name}", {})
                except SourceLacks:
                    reply[name] = {}

    def _fetch_seasons(self, show: str, reply: dict[str, Any]) -> Iterator[SeasonFacts]:
        told = (whole(row, "season_number") for row in rows(reply, "seasons"))
        numbers = [number for number in told if number is not None]
        here = {n: reply[f"season/{n}"] for n in numbers if f"season/{n}" in reply}
        missing = [number for number in numbers if number not in here]
        for start in range(0, len(missing), SEASONS_PER_REQUEST):
            here |= self._fetch_some(show, missing[start : start + SEASONS_PER_REQUEST])
        for number in numbers:
            yield _season(number, here.get(number))

    def _fetch_grouped(self, show: str, order: str) -> tuple[SeasonFacts, ...]:
        """Return the seasons of the group of that order; nothing when there is none."""
        wanted = _GROUP_TYPES.get(order)
        if wanted is None:
            return ()
        try:
            told = rows(self._get(f"/tv/{_id(show)}/episode_groups", {}), "results")
            group = next((row for row in told if whole(row, "type") == wanted), {})
            number = text(group, "id")
            if not re.fullmatch(r"[0-9a-f]{8,40}", number):
                return ()
            reply = self._get(f"/tv/episode_group/{number}", {})
        except SourceLacks:
            return ()
        return tuple(_grouped_seasons(rows(reply, "groups")))

    def _fetch_some(self, show: str, numbers: list[int]) -> dict[int, object]:
        names_ = ",".join(f"season/{number}" for number in numbers)
        more = self._get(f"/tv/{_id(show)}", {"append_to_response": names_})
        found: dict[int, object] = {}
        for number in numbers:
            season = more.get(f"season/{number}")
            if not isinstance(season, dict):
                try:
                    season = self._get(f"/tv/{_id(show)}/season/{number}", {})
                except SourceLacks:
                    season = {}
            found[number] = season
        return found


# --- Reading --------------------------------------------------------------------------


def _path(kind: str) -> str:
    return "movie" if kind == "MOVIE" else "tv"


def _id(value: str) -> str:
    if not value.isascii() or not value.isdigit():
        raise SourceLacks(
            gettext("{value!r} is no id of TMDb.").format(value=value[:30])
        )
    return value


def _year(row: dict[str, Any]) -> int | None:
    day = read_date(text(row, "release_date", "first_air_date"))
    return day.year if day else None


def _candidates(found: list[dict[str, Any]], kind: str) -> Iterator[Candidate]:
    for row in found:
        number, name = whole(row, "id"), text(row, "title", "name")
        if not number or not name:
            continue
        yield Candidate(
            source="tmdb",
            id=str(number),
            kind=kind,
            name=name[:500],
            original_name=text(row, "original_title", "original_name")[:500],
            year=_year(row),
            overview=text(row, "overview"),
            poster=text(row, "poster_path"),
            countries=reading.strings(row, "origin_country"),
            rating=reading.out_of_ten(row, "vote_average"),
            release_date=read_date(text(row, "release_date", "first_air_date")),
        )


def _aliases(reply: dict[str, Any]) -> tuple[str, ...]:
    """Return alternative titles and those in other languages."""
    told = part(reply, "alternative_titles")
    # `titles` for movies, `results` for shows.
    others = [*rows(told, "titles"), *rows(told, "results")]
    spoken = [part(row, "data") for row in rows(reply, "translations", "translations")]
    found = (text(row, "title", "name")[:500] for row in [*others, *spoken])
    own = {text(reply, "title", "name"), text(reply, "original_title", "original_name")}
    return tuple(dict.fromkeys(each for each in found if each and each not in own))[
        :ALIASES_MOST
    ]


def _ids(reply: dict[str, Any]) -> dict[str, str]:
    ids = {"tmdb": str(reply.get("id"))} if whole(reply, "id") else {}
    outer = part(reply, "external_ids")
    imdb = text(reply, "imdb_id") or text(outer, "imdb_id")
    if re.fullmatch(r"tt\d{7,9}", imdb):
        ids["imdb"] = imdb
    tvdb = whole(outer, "tvdb_id")
    return ids | ({"tvdb": str(tvdb)} if tvdb else {})


def _people(reply: dict[str, Any]) -> tuple[PersonFacts, ...]:
    cast = [
        PersonFacts(name[:300], "ACTOR", text(row, "character")[:300], whole(row, "id"))
        for row in rows(reply, "credits", "cast")[:CAST_MOST]
        if (name := text(row, "name"))
    ]
    roles = {"Director": "DIRECTOR", "Writer": "WRITER", "Screenplay": "WRITER"}
    crew = [
        PersonFacts(name[:300], role, "", whole(row, "id"))
        for row in rows(reply, "credits", "crew")
        if (role := roles.get(text(row, "job"))) and (name := text(row, "name"))
    ]
    makers = [
        PersonFacts(name[:300], "WRITER", "", whole(row, "id"))
        for row in rows(reply, "created_by")
        if (name := text(row, "name"))
    ]
    return (*cast, *crew, *makers)


def _known_languages(told: str) -> tuple[str, ...]:
    """Return `de-DE, fr, en` as they are named; English is the last resort."""
    named = [each.strip() for each in told.split(",") if each.strip()]
    return tuple(dict.fromkeys((*named, "en-US")))


def _certificate(reply: dict[str, Any], languages: tuple[str, ...]) -> str:
    """Return the rating of the language's country, else America's, else the first."""
    country = languages[0].partition("-")[2] or "US"
    told = [
        *rows(reply, "release_dates", "results"),
        *rows(reply, "content_ratings", "results"),
    ]
    order = [country, "US"]
    told.sort(
        key=lambda row: (
            order.index(code)
            if (code := text(row, "iso_3166_1")) in order
            else len(order)
        )
    )
    for row in told:
        for each in (row, *rows(row, "release_dates")):
            rating = text(each, "rating", "certification")
            if rating:
                return rating[:50]
    return ""


def _in_language(reply: dict[str, Any], languages: tuple[str, ...]) -> dict[str, str]:
    """Return name and plot in the first language that has them, else as they came.

    TMDb itself falls back on the original title, and on no plot at all.
    """
    wanted = languages[0].partition("-")[0]
    said = {"name": text(reply, "title", "name"), "overview": text(reply, "overview")}
    spoken = {
        text(row, "iso_639_1"): part(row, "data")
        for row in rows(reply, "translations", "translations")
    }
    original = text(reply, "original_title", "original_name")
    is_original = text(reply, "original_language") in {wanted, ""}
    codes = [each.partition("-")[0] for each in languages]
    own = text(reply, "original_language")
    names_ = [
        # What is called as in the original is told as nothing.
        text(spoken.get(each, {}), "title", "name") or (original if each == own else "")
        for each in codes
    ]
    plots = [text(spoken.get(each, {}), "overview") for each in codes]
    if said["name"] == original and not is_original:
        said["name"] = next(filter(None, names_), original)
    said["overview"] = said["overview"] or next(filter(None, plots), "")
    return said


def _common(reply: dict[str, Any], languages: tuple[str, ...]) -> dict[str, Any]:
    said = _in_language(reply, languages)
    return {
        "name": said["name"][:500],
        "ids": _ids(reply),
        "original_name": text(reply, "original_title", "original_name")[:500],
        "aliases": _aliases(reply),
        "year": _year(reply),
        "overview": said["overview"],
        "tagline": text(reply, "tagline")[:500],
        "rating": reading.out_of_ten(reply, "vote_average"),
        "content_rating": _certificate(reply, languages),
        "release_date": read_date(text(reply, "release_date", "first_air_date")),
        "status": text(reply, "status")[:50],
        "genres": names(rows(reply, "genres"), 100),
        "studios": names(rows(reply, "production_companies")),
        "people": _people(reply),
        "poster": text(reply, "poster_path"),
        "backdrop": text(reply, "backdrop_path"),
    }


def _movie(reply: dict[str, Any], languages: tuple[str, ...]) -> TitleFacts:
    collection = part(reply, "belongs_to_collection")
    return TitleFacts(
        kind="MOVIE",
        runtime_minutes=whole(reply, "runtime") or None,
        collections=names([collection], 300),
        **_common(reply, languages),
    )


def _show(
    reply: dict[str, Any], seasons: tuple[SeasonFacts, ...], languages: tuple[str, ...]
) -> TitleFacts:
    times = reply.get("episode_run_time")
    runtime = times[0] if isinstance(times, list) and times else None
    return TitleFacts(
        kind="SHOW",
        runtime_minutes=whole({"n": runtime}, "n") or None,
        networks=names(rows(reply, "networks")),
        seasons=seasons,
        **_common(reply, languages),
    )


def _grouped_seasons(groups: list[dict[str, Any]]) -> Iterator[SeasonFacts]:
    """Read the parts of an episode group: specials are season 0, others from 1 on."""
    groups = sorted(groups, key=lambda row: whole(row, "order") or 0)
    count = 0
    for row in groups:
        name = text(row, "name")
        is_special = "special" in name.casefold()
        count += not is_special
        number = 0 if is_special else count
        told = sorted(rows(row, "episodes"), key=lambda each: whole(each, "order") or 0)
        numbered = [each | {"episode_number": n} for n, each in enumerate(told, 1)]
        episodes = tuple(_episodes({"episodes": numbered}, number))
        yield SeasonFacts(number=number, name=name[:500], episodes=episodes)


def _season(number: int, reply: object) -> SeasonFacts:
    return SeasonFacts(
        number=number,
        name=text(reply, "name")[:500],
        overview=text(reply, "overview"),
        poster=text(reply, "poster_path"),
        episodes=tuple(_episodes(reply, number)),
    )


def _episodes(reply: object, season: int) -> Iterator[EpisodeFacts]:
    for row in rows(reply, "episodes"):
        number = whole(row, "episode_number")
        if number is None:
            continue
        found = whole(row, "id")
        yield EpisodeFacts(
            season=season,
            number=number,
            name=text(row, "name")[:500],
            overview=text(row, "overview"),
            air_date=read_date(text(row, "air_date")),
            runtime_minutes=whole(row, "runtime") or None,
            ids=(("tmdb", str(found)),) if found else (),
        )
