"""The client of TMDb v3: the only module that knows its wire.

Source: developer.themoviedb.org, "API Reference" (v3).
"""

import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from library.metadata.source import (
    EpisodeFacts,
    FoundTitle,
    NotInSource,
    PersonFacts,
    SeasonFacts,
    SourceBusy,
    SourceConfused,
    SourceRefusedKey,
    SourceUnreachable,
    TitleFacts,
    TitleKind,
)

TIMEOUT_SECONDS = (3.05, 10)
REQUESTS_PER_SECOND = 20
MOST_BODY_BYTES = 16 * 1024**2
RETRY_AFTER_MOST_SECONDS = 20
_MOST_APPENDED = 20
"""TMDb refuses more parts in one append_to_response (status_code 27)."""
_PEOPLE_KEPT = 15
_V3_KEY = re.compile(r"[0-9a-fA-F]{32}")

Replies = Callable[[str, Mapping[str, str], Callable[[], Any]], Any]
"""A cache: given path, parameters and how to ask, return the reply."""


class _PatientRetry(Retry):
    """Waits as the service says, but never for minutes: the queue can wait better."""

    def get_retry_after(self, response: Any) -> float | None:
        asked = super().get_retry_after(response)
        return None if asked is None else min(asked, RETRY_AFTER_MOST_SECONDS)


class Tmdb:
    """TMDb, asked politely. Safe to share between threads: a session for each.

    `key`: a v4 read access token, or a v3 key. The token goes into a header; TMDb takes
    a v3 key only as a parameter, so it is kept out of every message here.
    """

    name = "tmdb"

    def __init__(
        self,
        *,
        key: str,
        base_url: str,
        image_url: str,
        language: str = "en-US",
        replies: Replies | None = None,
        retries: int = 3,
        backoff_seconds: float = 0.5,
    ) -> None:
        self._key, self._language = key.strip(), language
        self._base, self._images = base_url.rstrip("/"), image_url.rstrip("/")
        self._replies = replies or (lambda _path, _parameters, ask: ask())
        self._retry = _PatientRetry(
            total=retries,
            backoff_factor=backoff_seconds,
            status_forcelist={429, 500, 502, 503, 504},
            allowed_methods={"GET"},
            respect_retry_after_header=True,
            raise_on_status=False,
        )
        self._local = threading.local()
        self._lock = threading.Lock()
        self._next_at = 0.0
        self.requests_made = 0

    # --- MetadataSource -----------------------------------------------------------

    def search(
        self, *, kind: TitleKind, query: str, year: int | None = None
    ) -> tuple[FoundTitle, ...]:
        """See MetadataSource. With a year first, then without: years differ by one."""
        place = "/search/movie" if kind == "MOVIE" else "/search/tv"
        year_name = "year" if kind == "MOVIE" else "first_air_date_year"
        for with_year in (True, False) if year else (False,):
            parameters = {"query": query[:200], "include_adult": "false"}
            if with_year:
                parameters[year_name] = str(year)
            reply = self._get(place, parameters)
            found = [_found(row, kind) for row in _rows(reply, "results")]
            kept = tuple(one for one in found if one is not None)
            if kept:
                return kept
        return ()

    def find_by_id(self, *, kind: TitleKind, ids: dict[str, str]) -> FoundTitle | None:
        """See MetadataSource."""
        if "tmdb" in ids:
            try:
                facts = self.fetch(kind=kind, id=ids["tmdb"])
            except NotInSource:
                return None
            return FoundTitle(
                source=self.name,
                id=facts.id,
                kind=kind,
                name=facts.name,
                original_name=facts.original_name,
                year=facts.year,
                overview=facts.overview,
                poster=facts.poster,
            )
        for source in ("imdb", "tvdb"):
            if source in ids:
                reply = self._get(
                    f"/find/{ids[source]}", {"external_source": f"{source}_id"}
                )
                listed = "movie_results" if kind == "MOVIE" else "tv_results"
                for row in _rows(reply, listed):
                    found = _found(row, kind)
                    if found is not None:
                        return found
        return None

    def fetch(self, *, kind: TitleKind, id: str) -> TitleFacts:  # noqa: A002
        """See MetadataSource. A show with up to 17 seasons costs two requests."""
        if not re.fullmatch(r"\d{1,10}", id):
            raise NotInSource(f"{id!r} is no TMDb id.")
        if kind == "MOVIE":
            extra = "external_ids,credits,release_dates"
            reply = self._get(f"/movie/{id}", {"append_to_response": extra})
            return _movie_facts(_object(reply))
        extra = "external_ids,aggregate_credits,content_ratings"
        show = _object(self._get(f"/tv/{id}", {"append_to_response": extra}))
        return _show_facts(show, self._seasons(id, show))

    def _seasons(
        self, show_id: str, show: Mapping[str, Any]
    ) -> tuple[SeasonFacts, ...]:
        numbers = [
            number
            for row in _rows(show, "seasons")
            if (number := _int(row.get("season_number"))) is not None
        ]
        found: list[SeasonFacts] = []
        for start in range(0, len(numbers), _MOST_APPENDED):
            part = [f"season/{n}" for n in numbers[start : start + _MOST_APPENDED]]
            reply = _object(
                self._get(f"/tv/{show_id}", {"append_to_response": ",".join(part)})
            )
            found += [
                _season(season)
                for name in part
                if isinstance(season := reply.get(name), dict)
            ]
        return tuple(found)

    def fetch_picture(self, *, path: str, width: int) -> bytes:
        """See MetadataSource."""
        if not re.fullmatch(r"/[\w.-]{1,200}", path):
            raise NotInSource("That is no path of a TMDb picture.")
        size = next((w for w in (185, 342, 500, 780) if w >= width), 780)
        response = self._ask(f"{self._images}/w{size}{path}", {}, signed=False)
        return _body(response)

    # --- The wire -----------------------------------------------------------------

    def _get(self, path: str, parameters: Mapping[str, str]) -> Any:
        asked = {"language": self._language, **parameters}

        def ask() -> Any:
            response = self._ask(self._base + path, asked, signed=True)
            _body(response)
            try:
                return response.json()
            except ValueError as error:
                raise SourceConfused(
                    f"TMDb answered {path} with something that is no JSON."
                ) from error

        return self._replies(path, asked, ask)

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            adapter = HTTPAdapter(max_retries=self._retry)
            session.mount("https://", adapter)
            session.mount("http://", adapter)
            session.headers.update(
                {"User-Agent": "Drivearr", "Accept": "application/json"}
            )
            self._local.session = session
        return session

    def _ask(
        self, url: str, parameters: Mapping[str, str], *, signed: bool
    ) -> requests.Response:
        """Ask once, retried by the adapter.

        Raises: the kinds of SourceError; never with the key in the text.
        """
        sent, headers = dict(parameters), {}
        if signed and _V3_KEY.fullmatch(self._key):
            sent["api_key"] = self._key
        elif signed:
            headers["Authorization"] = f"Bearer {self._key}"
        self._wait_for_turn()
        place = url.partition("://")[2].partition("?")[0]
        try:
            response = self._session().get(
                url, params=sent, headers=headers, timeout=TIMEOUT_SECONDS, stream=True
            )
        except (requests.RequestException, UnicodeError) as error:
            # `from None`: the chained error's text would hold the whole address.
            kind = type(error).__name__
            raise SourceUnreachable(f"No answer from {place} ({kind}).") from None
        _check_status(response, place)
        return response

    def _wait_for_turn(self) -> None:
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next_at)
            self._next_at = turn + 1 / REQUESTS_PER_SECOND
            self.requests_made += 1
        time.sleep(turn - now)


def _check_status(response: requests.Response, place: str) -> None:
    status = response.status_code
    if status == requests.codes.ok:
        return
    response.close()
    if status in {401, 403}:
        raise SourceRefusedKey(f"TMDb refused the key (HTTP {status}).")
    if status == requests.codes.not_found:
        raise NotInSource("TMDb knows no such entry.")
    if status == requests.codes.too_many_requests:
        raise SourceBusy("TMDb asks to come back later (HTTP 429).")
    if status >= 500:  # noqa: PLR2004 - server errors
        raise SourceUnreachable(f"{place} is out of order (HTTP {status}).")
    raise SourceConfused(f"{place} answered HTTP {status}.")


def _body(response: requests.Response) -> bytes:
    """Read the whole body, capped; a cut one is an error."""
    data = b""
    try:
        for chunk in response.iter_content(64 * 1024):
            data += chunk
            if len(data) > MOST_BODY_BYTES:
                raise SourceConfused("TMDb's answer is too large.")
    except requests.RequestException as error:
        kind = type(error).__name__
        raise SourceUnreachable(f"TMDb's answer was cut short ({kind}).") from None
    finally:
        response.close()
    expected = response.headers.get("Content-Length", "")
    is_plain = "Content-Encoding" not in response.headers
    if is_plain and expected.isdigit() and int(expected) != len(data):
        raise SourceUnreachable("TMDb's answer was cut short.")
    response._content = data  # noqa: SLF001 - so that .json() reads what we read
    return data


# --- Tolerant reading: fields may be null, missing, or of another type ----------------


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise SourceConfused("TMDb's answer is no object.")
    return value


def _rows(value: Any, name: str) -> Sequence[dict[str, Any]]:
    listed = _object(value).get(name)
    if not isinstance(listed, list):
        return ()
    return [row for row in listed if isinstance(row, dict)]


def _str(value: Any, most: int = 10_000) -> str:
    return value.strip()[:most] if isinstance(value, str) else ""


def _int(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value < 2**31 else None


def _date(value: Any) -> date | None:
    try:
        return date.fromisoformat(_str(value)[:10])
    except ValueError:
        return None


def _names(rows: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(n for row in rows if (n := _str(row.get("name"), 100))))


def _found(row: dict[str, Any], kind: TitleKind) -> FoundTitle | None:
    movie = kind == "MOVIE"
    number = _int(row.get("id"))
    name = _str(row.get("title" if movie else "name"), 500)
    if number is None or not name:
        return None
    released = _date(row.get("release_date" if movie else "first_air_date"))
    popularity = row.get("popularity")
    return FoundTitle(
        source="tmdb",
        id=str(number),
        kind=kind,
        name=name,
        original_name=_str(
            row.get("original_title" if movie else "original_name"), 500
        ),
        year=released.year if released else None,
        overview=_str(row.get("overview")),
        poster=_str(row.get("poster_path"), 200),
        popularity=float(popularity) if isinstance(popularity, int | float) else 0.0,
    )


def _common(row: dict[str, Any], kind: TitleKind) -> dict[str, Any]:
    found = _found(row, kind)
    if found is None:
        raise SourceConfused("TMDb's answer has neither id nor name.")
    rating = row.get("vote_average")
    return {
        "source": "tmdb",
        "id": found.id,
        "kind": kind,
        "name": found.name,
        "original_name": found.original_name,
        "year": found.year,
        "overview": found.overview,
        "poster": found.poster,
        "backdrop": _str(row.get("backdrop_path"), 200),
        "tagline": _str(row.get("tagline"), 500),
        "status": _str(row.get("status"), 50),
        "rating": round(float(rating), 1)
        if isinstance(rating, int | float) and 0 < rating <= 10  # noqa: PLR2004
        else None,
        "ids": _ids(row, found.id),
        "genres": _names(_rows(row, "genres")),
        "studios": _names(_rows(row, "production_companies")),
    }


def _ids(row: dict[str, Any], tmdb_id: str) -> dict[str, str]:
    ids = {"tmdb": tmdb_id}
    others = row.get("external_ids")
    others = others if isinstance(others, dict) else {}
    imdb = _str(row.get("imdb_id")) or _str(others.get("imdb_id"))
    if re.fullmatch(r"tt\d{7,9}", imdb):
        ids["imdb"] = imdb
    tvdb = _int(others.get("tvdb_id"))
    if tvdb:
        ids["tvdb"] = str(tvdb)
    return ids


def _movie_facts(row: dict[str, Any]) -> TitleFacts:
    collection = row.get("belongs_to_collection")
    return TitleFacts(
        **_common(row, "MOVIE"),
        release_date=_date(row.get("release_date")),
        runtime_minutes=_int(row.get("runtime")) or None,
        collection=_str(collection.get("name"), 300)
        if isinstance(collection, dict)
        else "",
        people=_people(row.get("credits")),
    )


def _show_facts(row: dict[str, Any], seasons: tuple[SeasonFacts, ...]) -> TitleFacts:
    runtimes = row.get("episode_run_time")
    first = _int(runtimes[0]) if isinstance(runtimes, list) and runtimes else None
    return TitleFacts(
        **_common(row, "SHOW"),
        release_date=_date(row.get("first_air_date")),
        runtime_minutes=first or None,
        networks=_names(_rows(row, "networks")),
        people=_people(row.get("aggregate_credits") or row.get("credits")),
        seasons=seasons,
    )


def _season(row: dict[str, Any]) -> SeasonFacts:
    episodes: dict[int, EpisodeFacts] = {}
    for part in _rows(row, "episodes"):
        number = _int(part.get("episode_number"))
        if number is not None:
            episodes.setdefault(number, _episode(part, number))
    return SeasonFacts(
        number=_int(row.get("season_number")) or 0,
        name=_str(row.get("name"), 500),
        overview=_str(row.get("overview")),
        poster=_str(row.get("poster_path"), 200),
        episodes=tuple(episodes[number] for number in sorted(episodes)),
    )


def _episode(row: dict[str, Any], number: int) -> EpisodeFacts:
    identity = _int(row.get("id"))
    return EpisodeFacts(
        number=number,
        name=_str(row.get("name"), 500),
        overview=_str(row.get("overview")),
        air_date=_date(row.get("air_date")),
        runtime_minutes=_int(row.get("runtime")) or None,
        id=str(identity) if identity else "",
    )


def _people(value: Any) -> tuple[PersonFacts, ...]:
    if not isinstance(value, dict):
        return ()
    actors = [_actor(row) for row in _rows(value, "cast")[:_PEOPLE_KEPT]]
    crew = [
        PersonFacts(
            name=_str(row.get("name"), 300),
            role="DIRECTOR" if row.get("job") == "Director" else "WRITER",
            id=str(_int(row.get("id")) or ""),
        )
        for row in _rows(value, "crew")
        if row.get("job") in {"Director", "Writer", "Screenplay"}
    ]
    return tuple(person for person in [*actors, *crew] if person.name)


def _actor(row: dict[str, Any]) -> PersonFacts:
    roles = [_str(part.get("character"), 300) for part in _rows(row, "roles")]
    return PersonFacts(
        name=_str(row.get("name"), 300),
        role="ACTOR",
        character=_str(row.get("character"), 300) or next(iter(roles), ""),
        id=str(_int(row.get("id")) or ""),
    )
