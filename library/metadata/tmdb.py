"""TMDb's service, version 3: the only module that knows its addresses and words.

Source: https://developer.themoviedb.org/reference
"""

import json
import logging
import re
import threading
from collections.abc import Iterable, Iterator
from typing import Any, Self

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import MaxRetryError, ResponseError
from urllib3.util.retry import Retry

from library.facts import (
    EpisodeFacts,
    PersonFacts,
    SeasonFacts,
    TitleFacts,
    read_date,
)
from library.metadata.pacing import Pace
from library.metadata.source import (
    Candidate,
    ReplyCache,
    SourceBusy,
    SourceConfused,
    SourceLacks,
    SourceRefusedKey,
    SourceUnreachable,
)

TIMEOUT = (3.05, 10.0)
"""Seconds to connect, and between two pieces of the reply."""
RETRY_AFTER_MOST_SECONDS = 20
REQUESTS_PER_SECOND = 20
REPLY_MOST_BYTES = 20 * 1024 * 1024
PICTURE_MOST_BYTES = 20 * 1024 * 1024
SEASONS_PER_REQUEST = 20
"""More than twenty additions are refused."""
CAST_MOST = 30
_READ_TOKEN_FROM = 50
"""A key of 32 characters is an API key; a read access token is far longer."""
_WIDTHS = (92, 154, 185, 342, 500, 780, 1280)
_BUSY = frozenset({429, 500, 502, 503, 504})
_PICTURE = re.compile(r"/[\w-]+\.(?:jpg|jpeg|png|webp)", re.ASCII)
_SECRET = re.compile(r"(api_key=)[^&\s'\"]+")


class _Redact(logging.Filter):
    """Takes API keys out of what urllib3 writes about addresses."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = _SECRET.sub(r"\1…", record.getMessage())
        record.args = ()
        return True


for _name in ("urllib3.connectionpool", "urllib3.util.retry"):
    logging.getLogger(_name).addFilter(_Redact())


class _Patience(Retry):
    """Waits as the service asks, but not for ever."""

    def increment(self, *args: Any, **kwargs: Any) -> Self:
        response = kwargs.get("response")
        if response is not None:
            asked = self.get_retry_after(response) or 0
            if asked > RETRY_AFTER_MOST_SECONDS:
                raise MaxRetryError(
                    kwargs["_pool"], "", ResponseError("asks for too long a wait")
                )
        return super().increment(*args, **kwargs)


class Tmdb:
    """A Source (see library.metadata.source) on TMDb."""

    name = "tmdb"

    def __init__(
        self,
        *,
        key: str,
        url: str,
        image_url: str = "https://image.tmdb.org/t/p",
        language: str = "en-US",
        cache: ReplyCache | None = None,
        pace: Pace | None = None,
        user_agent: str = "Drivearr",
        backoff_seconds: float = 0.5,
    ) -> None:
        self._key = key
        self._url = url.rstrip("/")
        self._image_url = image_url.rstrip("/")
        self._language = language
        self._cache = cache
        self._pace = pace or Pace(REQUESTS_PER_SECOND)
        self._user_agent = user_agent
        self._backoff_seconds = backoff_seconds
        self._local = threading.local()
        self._lock = threading.Lock()
        self.requests = 0

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
        return tuple(_candidates(_list(reply, "results"), kind))

    def find(self, *, kind: str, catalogue: str, value: str) -> tuple[Candidate, ...]:
        """See Source."""
        source = {"imdb": "imdb_id", "tvdb": "tvdb_id"}[catalogue]
        reply = self._get(f"/find/{value}", {"external_source": source})
        return tuple(_candidates(_list(reply, f"{_path(kind)}_results"), kind))

    def fetch(self, *, kind: str, id: str) -> TitleFacts:  # noqa: A002 - see Source
        """See Source; a show takes one more request for each twenty seasons."""
        more = "external_ids,credits,alternative_titles"
        more += ",release_dates" if kind == "MOVIE" else ",content_ratings"
        reply = self._get(f"/{_path(kind)}/{_id(id)}", {"append_to_response": more})
        if not _text(reply, "title", "name"):
            raise SourceConfused(f"TMDb sent no title under {kind.lower()} {id}.")
        if kind == "MOVIE":
            return _movie(reply)
        return _show(reply, tuple(self._fetch_seasons(id, reply)))

    def fetch_aliases(self, *, kind: str, id: str) -> tuple[str, ...]:  # noqa: A002
        """See Source."""
        reply = self._get(f"/{_path(kind)}/{_id(id)}/alternative_titles", {})
        return _aliases(reply)

    def fetch_picture(self, *, path: str, width: int) -> bytes:
        """See Source."""
        if not _PICTURE.fullmatch(path):
            raise SourceConfused("TMDb named a picture that cannot be one.")
        size = next((each for each in _WIDTHS if each >= width), _WIDTHS[-1])
        response = self._send(f"{self._image_url}/w{size}{path}", {}, with_key=False)
        with response:
            return _read_body(response, PICTURE_MOST_BYTES)

    def _fetch_seasons(self, show: str, reply: dict[str, Any]) -> Iterator[SeasonFacts]:
        numbers = [
            number
            for season in _list(reply, "seasons")
            if (number := _int(season, "season_number")) is not None
        ]
        for start in range(0, len(numbers), SEASONS_PER_REQUEST):
            some = numbers[start : start + SEASONS_PER_REQUEST]
            names = [f"season/{number}" for number in some]
            more = self._get(
                f"/tv/{_id(show)}", {"append_to_response": ",".join(names)}
            )
            for number, name in zip(some, names, strict=True):
                yield self._season(show, number, more.get(name))

    def _season(self, show: str, number: int, reply: object) -> SeasonFacts:
        if not isinstance(reply, dict):
            try:
                reply = self._get(f"/tv/{_id(show)}/season/{number}", {})
            except SourceLacks:
                reply = {}
        return SeasonFacts(
            number=number,
            name=_text(reply, "name")[:500],
            overview=_text(reply, "overview"),
            poster=_text(reply, "poster_path"),
            episodes=tuple(_episodes(reply, number)),
        )

    # --- Asking -------------------------------------------------------------------

    def _get(self, path: str, params: dict[str, str]) -> dict[str, Any]:
        params = params | {"language": self._language}
        kept = self._cache.get(path, params) if self._cache else None
        if kept is not None:
            return kept
        with self._send(self._url + path, params, with_key=True) as response:
            reply = _read_json(response)
        if self._cache:
            self._cache.put(path, params, reply)
        return reply

    def _send(
        self, url: str, params: dict[str, str], *, with_key: bool
    ) -> requests.Response:
        """Ask once, patiently. No error carries the address: it may hold the key.

        Raises: a SourceTrouble for anything but a good answer.
        """
        headers = {}
        if with_key and len(self._key) >= _READ_TOKEN_FROM:
            headers["Authorization"] = f"Bearer {self._key}"
        elif with_key:
            params = params | {"api_key": self._key}
        self._pace.wait()
        with self._lock:
            self.requests += 1
        try:
            response = self._session().get(
                url,
                params=params,
                headers=headers,
                timeout=TIMEOUT,
                stream=True,
                allow_redirects=False,
            )
        except requests.Timeout:
            raise SourceUnreachable("TMDb does not answer.") from None
        except requests.RequestException as error:
            raise SourceUnreachable(
                f"TMDb cannot be reached ({type(error).__name__})."
            ) from None
        _check_status(response)
        return response

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.headers["User-Agent"] = self._user_agent
            session.headers["Accept"] = "application/json, image/*"
            patience = _Patience(
                total=3,
                backoff_factor=self._backoff_seconds,
                status_forcelist=_BUSY,
                allowed_methods={"GET"},
                respect_retry_after_header=True,
                raise_on_status=False,
            )
            for scheme in ("http://", "https://"):
                session.mount(scheme, HTTPAdapter(max_retries=patience))
            self._local.session = session
        return session


def _check_status(response: requests.Response) -> None:
    status = response.status_code
    if status == requests.codes.ok:
        return
    response.close()
    if status in {401, 403}:
        raise SourceRefusedKey("TMDb does not accept the key.")
    if status == requests.codes.not_found:
        raise SourceLacks("TMDb knows nothing under that id.")
    if status == requests.codes.too_many_requests:
        raise SourceBusy("TMDb asks us to wait.")
    if status in _BUSY:
        raise SourceUnreachable(f"TMDb is out of order (status {status}).")
    raise SourceConfused(f"TMDb answered with status {status}.")


def _read_body(response: requests.Response, most_bytes: int) -> bytes:
    body = bytearray()
    try:
        for piece in response.iter_content(64 * 1024):
            body += piece
            if len(body) > most_bytes:
                raise SourceConfused("TMDb's answer is far too large.")
    except requests.RequestException as error:
        raise SourceUnreachable(
            f"TMDb broke off its answer ({type(error).__name__})."
        ) from None
    return bytes(body)


def _read_json(response: requests.Response) -> dict[str, Any]:
    body = _read_body(response, REPLY_MOST_BYTES)
    try:
        reply = json.loads(body)
    except (ValueError, RecursionError):
        raise SourceConfused("TMDb's answer is no JSON.") from None
    if not isinstance(reply, dict):
        raise SourceConfused("TMDb's answer is no object.")
    return reply


# --- Reading: every field may be missing, null, or of another type -----------------------


def _path(kind: str) -> str:
    return "movie" if kind == "MOVIE" else "tv"


def _id(text: str) -> str:
    if not text.isascii() or not text.isdigit():
        raise SourceLacks(f"{text[:30]!r} is no id of TMDb.")
    return text


def _text(row: object, *keys: str) -> str:
    if isinstance(row, dict):
        for key in keys:
            value = row.get(key)
            if isinstance(value, str) and value.strip():
                return value.replace("\0", "").strip()
    return ""


def _int(row: dict[str, Any], key: str) -> int | None:
    value = row.get(key)
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value < 2**31 else None


def _float(row: dict[str, Any], key: str) -> float | None:
    value = row.get(key)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return float(value) if 0 < value <= 10 else None  # noqa: PLR2004 - out of ten


def _list(row: object, *keys: str) -> list[dict[str, Any]]:
    """Return the objects in a list that lies below these keys, one in the other."""
    for key in keys:
        row = row.get(key) if isinstance(row, dict) else None
    return (
        [each for each in row if isinstance(each, dict)]
        if isinstance(row, list)
        else []
    )


def _names(rows: Iterable[dict[str, Any]], most: int = 200) -> tuple[str, ...]:
    return tuple(name[:most] for row in rows if (name := _text(row, "name")))


def _year(row: dict[str, Any]) -> int | None:
    day = read_date(_text(row, "release_date", "first_air_date"))
    return day.year if day else None


def _candidates(rows: list[dict[str, Any]], kind: str) -> Iterator[Candidate]:
    for row in rows:
        number, name = _int(row, "id"), _text(row, "title", "name")
        if not number or not name:
            continue
        countries = row.get("origin_country")
        yield Candidate(
            source="tmdb",
            id=str(number),
            kind=kind,
            name=name[:500],
            original_name=_text(row, "original_title", "original_name")[:500],
            year=_year(row),
            overview=_text(row, "overview"),
            poster=_text(row, "poster_path"),
            countries=tuple(str(each) for each in countries)
            if isinstance(countries, list)
            else (),
        )


def _aliases(reply: dict[str, Any]) -> tuple[str, ...]:
    # `titles` for movies, `results` for shows.
    rows = [*_list(reply, "titles"), *_list(reply, "results")]
    return tuple(title[:500] for row in rows if (title := _text(row, "title")))


def _ids(reply: dict[str, Any]) -> dict[str, str]:
    ids = {"tmdb": str(reply.get("id"))} if _int(reply, "id") else {}
    outer = reply.get("external_ids")
    outer = outer if isinstance(outer, dict) else {}
    imdb = _text(reply, "imdb_id") or _text(outer, "imdb_id")
    if re.fullmatch(r"tt\d{7,9}", imdb):
        ids["imdb"] = imdb
    tvdb = _int(outer, "tvdb_id")
    return ids | ({"tvdb": str(tvdb)} if tvdb else {})


def _people(reply: dict[str, Any]) -> tuple[PersonFacts, ...]:
    cast = [
        PersonFacts(name[:300], "ACTOR", _text(row, "character")[:300], _int(row, "id"))
        for row in _list(reply, "credits", "cast")[:CAST_MOST]
        if (name := _text(row, "name"))
    ]
    roles = {"Director": "DIRECTOR", "Writer": "WRITER", "Screenplay": "WRITER"}
    crew = [
        PersonFacts(name[:300], role, "", _int(row, "id"))
        for row in _list(reply, "credits", "crew")
        if (role := roles.get(_text(row, "job"))) and (name := _text(row, "name"))
    ]
    makers = [
        PersonFacts(name[:300], "WRITER", "", _int(row, "id"))
        for row in _list(reply, "created_by")
        if (name := _text(row, "name"))
    ]
    return (*cast, *crew, *makers)


def _certificate(reply: dict[str, Any]) -> str:
    """Return the American rating, else the first there is."""
    rows = [
        *_list(reply, "release_dates", "results"),
        *_list(reply, "content_ratings", "results"),
    ]
    rows.sort(key=lambda row: _text(row, "iso_3166_1") != "US")
    for row in rows:
        for each in (row, *_list(row, "release_dates")):
            rating = _text(each, "rating", "certification")
            if rating:
                return rating[:50]
    return ""


def _movie(reply: dict[str, Any]) -> TitleFacts:
    collection = reply.get("belongs_to_collection")
    return TitleFacts(
        kind="MOVIE",
        name=_text(reply, "title", "name")[:500],
        ids=_ids(reply),
        original_name=_text(reply, "original_title")[:500],
        aliases=_aliases(_object(reply, "alternative_titles")),
        year=_year(reply),
        overview=_text(reply, "overview"),
        tagline=_text(reply, "tagline")[:500],
        runtime_minutes=_int(reply, "runtime") or None,
        rating=_float(reply, "vote_average"),
        content_rating=_certificate(reply),
        release_date=read_date(_text(reply, "release_date")),
        status=_text(reply, "status")[:50],
        genres=_names(_list(reply, "genres"), 100),
        studios=_names(_list(reply, "production_companies")),
        collections=_names([collection], 300) if isinstance(collection, dict) else (),
        people=_people(reply),
        poster=_text(reply, "poster_path"),
        backdrop=_text(reply, "backdrop_path"),
    )


def _show(reply: dict[str, Any], seasons: tuple[SeasonFacts, ...]) -> TitleFacts:
    times = reply.get("episode_run_time")
    runtime = times[0] if isinstance(times, list) and times else None
    return TitleFacts(
        kind="SHOW",
        name=_text(reply, "name", "title")[:500],
        ids=_ids(reply),
        original_name=_text(reply, "original_name")[:500],
        aliases=_aliases(_object(reply, "alternative_titles")),
        year=_year(reply),
        overview=_text(reply, "overview"),
        tagline=_text(reply, "tagline")[:500],
        runtime_minutes=_int({"n": runtime}, "n") or None,
        rating=_float(reply, "vote_average"),
        content_rating=_certificate(reply),
        release_date=read_date(_text(reply, "first_air_date")),
        status=_text(reply, "status")[:50],
        genres=_names(_list(reply, "genres"), 100),
        studios=_names(_list(reply, "production_companies")),
        networks=_names(_list(reply, "networks")),
        people=_people(reply),
        poster=_text(reply, "poster_path"),
        backdrop=_text(reply, "backdrop_path"),
        seasons=seasons,
    )


def _object(reply: dict[str, Any], key: str) -> dict[str, Any]:
    value = reply.get(key)
    return value if isinstance(value, dict) else {}


def _episodes(reply: object, season: int) -> Iterator[EpisodeFacts]:
    for row in _list(reply, "episodes"):
        number = _int(row, "episode_number")
        if number is None:
            continue
        found = _int(row, "id")
        yield EpisodeFacts(
            season=season,
            number=number,
            name=_text(row, "name")[:500],
            overview=_text(row, "overview"),
            air_date=read_date(_text(row, "air_date")),
            runtime_minutes=_int(row, "runtime") or None,
            ids=(("tmdb", str(found)),) if found else (),
        )
