"""What a .nfo file says. Foreign XML: capped, no entities, never followed.

Source: Kodi wiki, "NFO files"; Jellyfin, "Local .nfo metadata".
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from drivearr.lib.errors import SkipFile

MOST_BYTES = 1024 * 1024
_MOST_DEPTH = 40
_MOST_TEXT = 20_000
_MOST_LIST = 200
_ROOT_TAG = re.compile(r"<(movie|tvshow|season|episodedetails)[\s>/]")
_IMDB = re.compile(r"\btt\d{7,9}\b")
_URLS = (
    ("tmdb", re.compile(r"themoviedb\.org/(?:movie|tv)/(\d{1,9})")),
    ("tvdb", re.compile(r"thetvdb\.com/\S*?(?:series/|[?&]id=)(\d{1,9})")),
    ("imdb", re.compile(r"imdb\.com/title/(tt\d{7,9})")),
)
_KNOWN_IDS = {"tmdb": r"\d{1,9}", "tvdb": r"\d{1,9}", "imdb": r"tt\d{7,9}"}
_BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[0-9a-fA-F]+);)")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


class NfoUnreadable(SkipFile):
    """A .nfo file says nothing that can be used."""

    code = "NFO_UNREADABLE"
    advice = "The file is left out; names and other sources decide."


@dataclass(frozen=True, slots=True)
class NfoPerson:
    """An actor, director or writer."""

    name: str
    role: str = "ACTOR"
    character: str = ""


@dataclass(frozen=True, slots=True)
class Nfo:
    """One root element, or the ids of a file that only holds addresses."""

    kind: str
    """MOVIE, SHOW, SEASON, EPISODE, or IDS."""
    title: str = ""
    original_title: str = ""
    sort_title: str = ""
    year: int | None = None
    season: int | None = None
    episode: int | None = None
    aired: date | None = None
    overview: str = ""
    tagline: str = ""
    runtime_minutes: int | None = None
    rating: float | None = None
    content_rating: str = ""
    ids: dict[str, str] = field(default_factory=dict)
    genres: tuple[str, ...] = ()
    studios: tuple[str, ...] = ()
    collection: str = ""
    people: tuple[NfoPerson, ...] = ()


_KINDS = {"movie": "MOVIE", "tvshow": "SHOW", "season": "SEASON"}


def read_nfo(data: bytes) -> tuple[Nfo, ...]:
    """Return what a .nfo file says; an episode file may hold several roots.

    Raises:
        NfoUnreadable: nothing in it can be used; the message says why.

    """
    if len(data) > MOST_BYTES:
        raise NfoUnreadable(f"The .nfo is larger than {MOST_BYTES} bytes.")
    text = _decode(data)
    found = [_nfo_of(element) for element in _elements(text)]
    ids = _ids_in_text(text)
    if found:
        if ids and len(found) == 1 and not found[0].ids:
            found[0].ids.update(ids)
        return tuple(found)
    if ids:
        return (Nfo(kind="IDS", ids=ids),)
    raise NfoUnreadable("The .nfo holds neither known XML nor an address.")


def _decode(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _elements(text: str) -> Iterable[Element]:
    """Yield each root element; one that cannot be parsed is left out."""
    first = _ROOT_TAG.search(text)
    if first is None:
        return
    end_tag = f"</{first[1]}>"
    # Roots stand one after another without a wrapper: split them ourselves.
    for match in re.finditer(rf"<{first[1]}[\s>/]", text):
        end = text.find(end_tag, match.start())
        if end < 0:
            return
        element = _parse(text[match.start() : end + len(end_tag)])
        if element is not None:
            yield element


def _parse(xml: str) -> Element | None:
    xml = _CONTROL.sub(" ", xml)
    if _is_too_deep(xml):
        return None
    for candidate in (xml, _BARE_AMPERSAND.sub("&amp;", xml)):
        try:
            root: Element = fromstring(candidate, forbid_dtd=True)
        except DefusedXmlException:
            return None
        except (ParseError, ValueError):
            continue
        return root
    return None


def _is_too_deep(xml: str) -> bool:
    depth = 0
    for match in re.finditer(r"<(/?)[A-Za-z][^<>]*?(/?)>", xml):
        if match[1]:
            depth -= 1
        elif not match[2]:
            depth += 1
        if depth > _MOST_DEPTH:
            return True
    return False


def _nfo_of(element: Element) -> Nfo:
    kind = _KINDS.get(element.tag, "EPISODE")
    aired = _date(_text(element, "aired", "premiered", "releasedate"))
    return Nfo(
        kind=kind,
        title=_text(element, "title")[:500],
        original_title=_text(element, "originaltitle")[:500],
        sort_title=_text(element, "sorttitle")[:500],
        year=_int(_text(element, "year"), 1870, 2200)
        or (aired.year if aired else None),
        season=_int(_text(element, "season", "seasonnumber"), 0, 99_999),
        episode=_int(_text(element, "episode"), 0, 99_999),
        aired=aired,
        overview=_text(element, "plot", "outline"),
        tagline=_text(element, "tagline")[:500],
        runtime_minutes=_int(_text(element, "runtime"), 1, 6000),
        rating=_rating(element),
        content_rating=_text(element, "mpaa")[:50],
        ids=_ids(element, kind),
        genres=_list(element, "genre"),
        studios=_list(element, "studio"),
        collection=(_text(element, "set/name") or _text(element, "set"))[:300],
        people=tuple(_people(element))[:_MOST_LIST],
    )


def _text(element: Element, *names: str) -> str:
    for name in names:
        found = (element.findtext(name) or "").strip()
        if found:
            return found[:_MOST_TEXT]
    return ""


def _list(element: Element, name: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for part in element.findall(name)[:_MOST_LIST]:
        for word in (part.text or "").split(" / "):
            if word.strip():
                found[word.strip()[:100]] = None
    return tuple(found)


def _int(text: str, least: int, most: int) -> int | None:
    match = re.match(r"\d{1,6}", text)
    number = int(match[0]) if match else None
    return number if number is not None and least <= number <= most else None


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _rating(element: Element) -> float | None:
    raw = _text(
        element, "ratings/rating[@default='true']/value", "ratings/rating/value"
    )
    try:
        value = float((raw or _text(element, "rating")).replace(",", "."))
    except ValueError:
        return None
    return value if 0 <= value <= 10 else None  # noqa: PLR2004 - the scale


def _ids(element: Element, kind: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in element.findall("uniqueid"):
        _keep(found, part.get("type", ""), part.text)
    for source in _KNOWN_IDS:
        for name in (f"{source}id", f"{source}_id"):
            _keep(found, source, element.findtext(name))
    # The bare <id> means IMDb in movies and TheTVDB in shows.
    bare = "imdb" if kind == "MOVIE" else "tvdb"
    _keep(found, bare, element.findtext("id"))
    return found


def _keep(found: dict[str, str], source: str, value: str | None) -> None:
    source, value = source.strip().casefold(), (value or "").strip()
    pattern = _KNOWN_IDS.get(source)
    if pattern and re.fullmatch(pattern, value) and source not in found:
        found[source] = value


def _ids_in_text(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for source, pattern in _URLS:
        match = pattern.search(text)
        if match:
            found.setdefault(source, match[1])
    bare = _IMDB.search(text)
    if bare:
        found.setdefault("imdb", bare[0])
    return found


def _people(element: Element) -> Iterable[NfoPerson]:
    for actor in element.findall("actor")[:_MOST_LIST]:
        name = _text(actor, "name")[:300]
        if name:
            yield NfoPerson(name, "ACTOR", _text(actor, "role")[:300])
    for tag, role in (("director", "DIRECTOR"), ("credits", "WRITER")):
        for name in _list(element, tag):
            yield NfoPerson(name, role)
