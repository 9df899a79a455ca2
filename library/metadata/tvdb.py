"""TheTVDB's service, version 4: the only module that knows its addresses and words.

Source: https://thetvdb.github.io/v4-api/
"""

import datetime
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, Protocol
from urllib.parse import urlsplit

from drivearr.lib.wording import gettext
from library.facts import (
    EpisodeFacts,
    PersonFacts,
    SeasonFacts,
    TitleFacts,
    read_date,
)
from library.metadata.client import Client
from library.metadata.pacing import Gate, Pace
from library.metadata.reading import names, part, rows, strings, text, whole
from library.metadata.source import (
    ORDERS,
    Candidate,
    Change,
    ReplyCache,
    SourceConfused,
    SourceLacks,
    SourceRefusedKey,
)

REQUESTS_PER_SECOND = 15
"""No limit is published; this is a polite one."""
EPISODE_PAGE = 500
EPISODE_PAGES_MOST = 40
SEARCH_MOST = 20
CAST_MOST = 30
ALIASES_MOST = 100
CHANGES_PAGES_MOST = 200
TOKEN_GOOD_FOR = datetime.timedelta(days=25)
"""A token is good for a month."""
_COUNTRIES = {
    "usa": "US",
    "gbr": "GB",
    "can": "CA",
    "aus": "AU",
    "nzl": "NZ",
    "jpn": "JP",
    "deu": "DE",
    "fra": "FR",
    "kor": "KR",
    "ind": "IN",
    "esp": "ES",
    "ita": "IT",
}
_LANGUAGES = dict(
    pair.split(":")
    for pair in [
        "en:eng",
        "de:deu",
        "fr:fra",
        "es:spa",
        "it:ita",
        "pt:por",
        "nl:nld",
        "sv:swe",
        "da:dan",
        "nb:nor",
        "no:nor",
        "fi:fin",
        "is:isl",
        "pl:pol",
        "cs:ces",
        "sk:slk",
        "hu:hun",
        "ro:ron",
        "bg:bul",
        "el:ell",
        "tr:tur",
        "ru:rus",
        "uk:ukr",
        "he:heb",
        "ar:ara",
        "fa:fas",
        "hi:hin",
        "th:tha",
        "vi:vie",
        "id:ind",
        "ja:jpn",
        "ko:kor",
        "zh:zho",
        "hr:hrv",
        "sr:srp",
        "sl:slv",
        "et:est",
        "lv:lav",
        "lt:lit",
        "ca:cat",
    ]
)
_BACKDROPS = {"SHOW": 3, "MOVIE": 15}
_DELETED = 3
_ROLES = {"Actor": "ACTOR", "Director": "DIRECTOR", "Writer": "WRITER"}


class TokenStore(Protocol):
    """Keeps the token that a login gave, for all processes."""

    def get(self) -> str:
        """Return the token that is kept and still good; "" for none."""

    def put(self, token: str) -> None:
        """Keep a token; "" forgets the one there is."""


class _OwnToken:
    """A token of this process alone."""

    def __init__(self) -> None:
        self._token = ""

    def get(self) -> str:
        return self._token

    def put(self, token: str) -> None:
        self._token = token


class Tvdb:
    """A Source (see library.metadata.source) on TheTVDB."""

    name = "tvdb"
    label = "TheTVDB"
    finds = frozenset({"imdb", "tvdb-slug"})
    tells_names = True
    needs_all_words = False

    def __init__(
        self,
        *,
        key: str,
        url: str,
        pin: str = "",
        language: str = "en-US",
        order: str = "default",
        cache: ReplyCache | None = None,
        gate: Gate | None = None,
        tokens: TokenStore | None = None,
        user_agent: str = "Drivearr",
        backoff_seconds: float = 0.5,
    ) -> None:
        self._key, self._pin = key.strip(), pin.strip()
        self._languages = _known_languages(language)
        self._order = order
        self._tokens: TokenStore = tokens or _OwnToken()
        self._login_lock = threading.Lock()
        self._host = urlsplit(url).hostname or ""
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
        """See Source."""
        params = {"query": query, "type": _type(kind), "limit": str(SEARCH_MOST)}
        if year is not None:
            params["year"] = str(year)
        found = rows(self._get("/search", params), "data")
        return tuple(self._candidates(found, kind))

    def find(self, *, kind: str, catalogue: str, value: str) -> tuple[Candidate, ...]:
        """See Source."""
        if catalogue == "tvdb-slug":
            return self._find_by_slug(kind, value)
        if catalogue not in self.finds or not value.isalnum():
            return ()
        try:
            reply = self._get(f"/search/remoteid/{value}", {})
        except SourceLacks:
            return ()
        word = "series" if kind == "SHOW" else "movie"
        found = [part(row, word) for row in rows(reply, "data")]
        return tuple(self._candidates([row for row in found if row], kind))

    def _find_by_slug(self, kind: str, slug: str) -> tuple[Candidate, ...]:
        """Return the title whose page has this word in its address."""
        if not re.fullmatch(r"[a-z0-9-]{1,200}", slug):
            return ()
        path = "movies" if kind == "MOVIE" else "series"
        try:
            found = part(self._get(f"/{path}/slug/{slug}", {}), "data")
        except SourceLacks:
            return ()
        return tuple(self._candidates([found], kind))

    def fetch(
        self,
        *,
        kind: str,
        id: str,  # noqa: A002 - see Source
        order: str = "",
    ) -> TitleFacts:
        """See Source; a show takes one more request for each 500 episodes."""
        path = "movies" if kind == "MOVIE" else "series"
        params = {"meta": "translations"}
        reply = part(self._get(f"/{path}/{_id(id)}/extended", params), "data")
        if not text(reply, "name"):
            raise SourceConfused(
                gettext("TheTVDB sent no title under {kind} {id}.").format(
                    kind=kind.lower(), id=id
                )
            )
        seasons = self._fetch_seasons(id, order) if kind == "SHOW" else ()
        return replace(self._facts(kind, reply, seasons), order=order)

    def fetch_episodes(self, *, id: str) -> TitleFacts:  # noqa: A002 - see Source
        """See Source; one more request for each 500 episodes."""
        ids = {"tvdb": _id(id)}
        return TitleFacts(
            "SHOW", "", ids, seasons=self._fetch_seasons(id), is_whole=False
        )

    def fetch_picture(self, *, path: str, width: int) -> bytes:  # noqa: ARG002 - one size
        """See Source; only pictures on TheTVDB's own hosts are fetched."""
        host = urlsplit(path).hostname or ""
        is_own = host == self._host or host.endswith("thetvdb.com")
        if not path.startswith(("https://", "http://")) or not is_own:
            raise SourceConfused(gettext("TheTVDB named a picture that cannot be one."))
        return self._client.get_picture(path)

    def list_changes(
        self, *, kind: str, since: datetime.datetime
    ) -> tuple[Change, ...]:
        """See Source."""
        word = "movies" if kind == "MOVIE" else "series"
        params = {"since": str(int(since.timestamp())), "type": word}
        found: list[Change] = []
        for page in range(CHANGES_PAGES_MOST):
            some = rows(
                self._get("/updates", params | {"page": str(page)}, is_kept=False),
                "data",
            )
            found += [change for row in some if (change := _change(row, kind))]
            # `links.next` has been known to lack the parameters: pages are counted.
            if len(some) < EPISODE_PAGE:
                break
        return tuple(dict.fromkeys(found))

    def check_key(self) -> None:
        """See Source."""
        self._tokens.put("")
        self._log_in("")

    # --- Asking -------------------------------------------------------------------

    def _get(
        self,
        path: str,
        params: dict[str, str],
        *,
        is_kept: bool = True,
    ) -> dict[str, Any]:
        """Ask with the token; when it is not taken any more, log in once and ask again."""
        used: list[str] = []

        def headers() -> dict[str, str]:
            used.append(self._tokens.get() or self._log_in(""))
            return {"Authorization": f"Bearer {used[-1]}"}

        ask: Callable[[], dict[str, Any]] = lambda: self._client.get(  # noqa: E731
            path, params, headers=headers, is_kept=is_kept
        )
        try:
            reply = ask()
        except SourceRefusedKey:
            if not used:
                raise
            self._log_in(used[-1])
            reply = ask()
        if reply.get("status") == "failure":
            raise SourceConfused(gettext("TheTVDB answered with a failure."))
        return reply

    def _log_in(self, stale: str) -> str:
        """Return a token other than `stale`; one thread logs in for all.

        Raises: SourceTrouble.
        """
        with self._login_lock:
            token = self._tokens.get()
            if token and token != stale:
                return token
            body = {"apikey": self._key} | ({"pin": self._pin} if self._pin else {})
            reply = self._client.post("/login", body)
            token = text(part(reply, "data"), "token")
            if not token:
                raise SourceConfused(gettext("TheTVDB's login gave no token."))
            self._tokens.put(token)
            return token

    def _fetch_seasons(self, show: str, order: str = "") -> tuple[SeasonFacts, ...]:
        order = order if order in ORDERS else self._order
        told = self._fetch_episodes(show, order)
        if not told and order != "default":
            told = self._fetch_episodes(show, "default")
        seasons: dict[int, list[EpisodeFacts]] = {}
        for each in told:
            seasons.setdefault(each.season or 0, []).append(each)
        return tuple(
            SeasonFacts(number, episodes=tuple(some))
            for number, some in sorted(seasons.items())
        )

    def _fetch_episodes(self, show: str, order: str) -> list[EpisodeFacts]:
        path = f"/series/{_id(show)}/episodes/{order}"
        found: list[EpisodeFacts] = []
        for page in range(EPISODE_PAGES_MOST):
            try:
                reply = self._get(f"{path}/{self._languages[0]}", {"page": str(page)})
            except SourceLacks:
                # Nobody has translated it.
                reply = self._try(path, page)
            some = rows(reply, "data", "episodes")
            found += _episodes(some)
            if len(some) < EPISODE_PAGE:
                break
        return found

    def _try(self, path: str, page: int) -> dict[str, Any]:
        try:
            return self._get(path, {"page": str(page)})
        except SourceLacks:
            return {}

    # --- Reading ------------------------------------------------------------------

    def _candidates(
        self, found: Iterable[dict[str, Any]], kind: str
    ) -> Iterator[Candidate]:
        for row in found:
            number = whole(row, "tvdb_id") or whole(row, "id")
            name = self._say(part(row, "translations")) or text(
                row, "name_translated", "name", "title"
            )
            if not number or not name:
                continue
            own = text(row, "name", "title")
            spoken = part(row, "translations").values()
            others = [*_alias_names(row), *(s for s in spoken if isinstance(s, str))]
            yield Candidate(
                source="tvdb",
                id=str(number),
                kind=kind,
                name=name[:500],
                original_name=own[:500],
                year=whole(row, "year"),
                overview=self._say(part(row, "overviews")) or text(row, "overview"),
                poster=text(row, "image_url", "image"),
                aliases=_unlike((name, own), others),
                countries=_country(text(row, "country")),
                ids=tuple(_remote_ids(rows(row, "remote_ids")).items()),
                release_date=read_date(text(row, "first_air_time")),
            )

    def _say(self, spoken: dict[str, Any]) -> str:
        """Return the words in the first of the home's languages that has them."""
        return text(spoken, *self._languages)

    def _facts(
        self, kind: str, reply: dict[str, Any], seasons: tuple[SeasonFacts, ...]
    ) -> TitleFacts:
        spoken = _spoken(reply, "nameTranslations", "name")
        plots = _spoken(reply, "overviewTranslations", "overview")
        own = text(reply, "name")
        name = self._say(dict(spoken)) or own
        number = whole(reply, "id")
        ids = {"tvdb": str(number)} if number else {}
        day = text(reply, "firstAired") or text(part(reply, "first_release"), "date")
        networks = [part(reply, "originalNetwork"), part(reply, "latestNetwork")]
        makers = rows(reply, "studios") + rows(part(reply, "companies"), "studio")
        return TitleFacts(
            kind=kind,
            name=name[:500],
            ids=ids | _remote_ids(rows(reply, "remoteIds")),
            original_name=own[:500],
            aliases=_unlike((name, own), [*_alias_names(reply), *spoken.values()]),
            year=whole(reply, "year"),
            overview=self._say(dict(plots)) or text(reply, "overview"),
            runtime_minutes=whole(reply, "runtime")
            or whole(reply, "averageRuntime")
            or None,
            content_rating=_certificate(reply),
            release_date=read_date(day),
            status=text(part(reply, "status"), "name")[:50],
            genres=names(rows(reply, "genres"), 100),
            studios=tuple(dict.fromkeys(names(makers))),
            networks=tuple(dict.fromkeys(names(networks))) if kind == "SHOW" else (),
            collections=names(
                [row for row in rows(reply, "lists") if row.get("isOfficial") is True],
                300,
            ),
            people=_people(reply),
            poster=text(reply, "image"),
            backdrop=_backdrop(reply, kind),
            seasons=_with_posters(seasons, reply),
        )


def _type(kind: str) -> str:
    return "movie" if kind == "MOVIE" else "series"


def _id(value: str) -> str:
    if not value.isascii() or not value.isdigit():
        raise SourceLacks(
            gettext("{value!r} is no id of TheTVDB.").format(value=value[:30])
        )
    return value


def _known_languages(told: str) -> tuple[str, ...]:
    """Return `deu, fra, eng` for `de-DE, fr`: English is the last resort."""
    codes = (each.strip().partition("-")[0].lower() for each in told.split(","))
    known = [_LANGUAGES[code] for code in codes if code in _LANGUAGES]
    return tuple(dict.fromkeys((*known, "eng")))


def _country(code: str) -> tuple[str, ...]:
    known = _COUNTRIES.get(code.lower())
    return (known,) if known else ()


def _alias_names(row: dict[str, Any]) -> list[str]:
    """Return other names, listed as words or as objects."""
    return [*strings(row, "aliases"), *names(rows(row, "aliases"), 500)]


def _unlike(own: tuple[str, ...], others: Iterable[str]) -> tuple[str, ...]:
    unique = dict.fromkeys(each[:500] for each in others if each and each not in own)
    return tuple(unique)[:ALIASES_MOST]


def _spoken(reply: dict[str, Any], key: str, field: str) -> dict[str, str]:
    """Return what is said in each language."""
    told = rows(part(reply, "translations"), key)
    return {text(row, "language"): said for row in told if (said := text(row, field))}


def _remote_ids(told: list[dict[str, Any]]) -> dict[str, str]:
    ids: dict[str, str] = {}
    for row in told:
        value, source = text(row, "id"), text(row, "sourceName").casefold()
        if source == "imdb" and re.fullmatch(r"tt\d{7,9}", value):
            ids.setdefault("imdb", value)
        elif source.startswith("themoviedb") and value.isascii() and value.isdigit():
            ids.setdefault("tmdb", value)
    return ids


def _certificate(reply: dict[str, Any]) -> str:
    told = rows(reply, "contentRatings")
    told.sort(key=lambda row: text(row, "country") != "usa")
    return next((name[:50] for row in told if (name := text(row, "name"))), "")


def _people(reply: dict[str, Any]) -> tuple[PersonFacts, ...]:
    told = sorted(rows(reply, "characters"), key=lambda row: whole(row, "sort") or 0)
    found = [
        PersonFacts(
            name[:300], role, text(row, "name")[:300] if role == "ACTOR" else ""
        )
        for row in told
        if (role := _ROLES.get(text(row, "peopleType")))
        and (name := text(row, "personName"))
    ]
    return tuple(found[: CAST_MOST * 2])


def _backdrop(reply: dict[str, Any], kind: str) -> str:
    art = [r for r in rows(reply, "artworks") if whole(r, "type") == _BACKDROPS[kind]]
    art.sort(key=lambda row: -(whole(row, "score") or 0))
    return text(art[0], "image") if art else ""


def _with_posters(
    seasons: tuple[SeasonFacts, ...], reply: dict[str, Any]
) -> tuple[SeasonFacts, ...]:
    told = {
        whole(row, "number"): (text(row, "image"), text(row, "name"))
        for row in rows(reply, "seasons")
        if text(part(row, "type"), "type") in {"official", "default", ""}
    }
    return tuple(
        replace(each, poster=poster, name=name[:500])
        for each in seasons
        for poster, name in [told.get(each.number, ("", ""))]
    )


def _episodes(told: list[dict[str, Any]]) -> Iterator[EpisodeFacts]:
    for row in told:
        season, number = whole(row, "seasonNumber"), whole(row, "number")
        if season is None or number is None:
            continue
        found = whole(row, "id")
        yield EpisodeFacts(
            season=season,
            number=number,
            name=text(row, "name")[:500],
            overview=text(row, "overview"),
            air_date=read_date(text(row, "aired")),
            runtime_minutes=whole(row, "runtime") or None,
            absolute_number=whole(row, "absoluteNumber") or None,
            ids=(("tvdb", str(found)),) if found else (),
        )


def _change(row: dict[str, Any], kind: str) -> Change | None:
    number = whole(row, "recordId")
    if not number:
        return None
    merged = whole(row, "mergeToId")
    is_gone = whole(row, "methodInt") == _DELETED
    return Change(str(number), kind, str(merged) if merged and is_gone else "")
