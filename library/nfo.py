"""Reading .nfo files: foreign XML, often broken, sometimes hostile.

Source: Kodi wiki (NFO files), Jellyfin's readers. Nothing in them is fetched.
"""

import html
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from drivearr.lib.errors import SkipFile
from drivearr.lib.wording import gettext, gettext_noop
from library.facts import EpisodeFacts, PersonFacts, TitleFacts, read_date

MOST_BYTES = 1024 * 1024
DEEPEST = 40
MOST_NODES = 20_000
TEXT_MOST_CHARACTERS = 10_000
PEOPLE_MOST = 100
PIECES_MOST = 200

Root = Literal["movie", "tvshow", "season", "episodedetails"]
_ROOTS: tuple[Root, ...] = ("movie", "tvshow", "season", "episodedetails")


class NfoUnreadable(SkipFile):
    """An .nfo file cannot be understood."""

    code = "NFO_UNREADABLE"
    advice = gettext_noop(
        "The video is recognised by its name. Write the file anew, or delete it."
    )


@dataclass(frozen=True, slots=True)
class Nfo:
    """What one .nfo file says."""

    root: Root | None = None
    """None: no usable XML, only ids in text or addresses."""
    title: TitleFacts | None = None
    """For movie and tvshow, when it names a title."""
    season: int | None = None
    """For season."""
    episodes: tuple[EpisodeFacts, ...] = ()
    """For episodedetails: as many as there are root elements."""
    ids: tuple[tuple[str, str], ...] = ()
    """Catalogue and id, of the title."""


def read_nfo(data: bytes) -> Nfo:
    """Return what an .nfo file says.

    Raises:
        NfoUnreadable: too large, too deep, hostile, or neither XML nor ids in it.

    """
    if len(data) > MOST_BYTES:
        raise NfoUnreadable(
            gettext("The file is larger than {most_bytes} bytes.").format(
                most_bytes=MOST_BYTES
            )
        )
    text = _decode(data)
    pieces = list(_pieces(text))[:PIECES_MOST]
    parsed = [_parse(piece) for piece in pieces]
    roots = [element for element in parsed if element is not None]
    if roots:
        return _read_roots(roots, text[text.find(pieces[-1]) + len(pieces[-1]) :])
    ids = _ids_in_text(text)
    if not ids:
        raise NfoUnreadable(gettext("The file holds neither readable XML nor an id."))
    return Nfo(ids=ids)


# --- Text -----------------------------------------------------------------------------


def _decode(data: bytes) -> str:
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Declared UTF-8 or not: these are the bytes that such files hold.
        return data.decode("cp1252", "replace")


_OPENING = re.compile(
    r"<(movie|tvshow|season|episodedetails)(?=[\s>])[^<>]{0,500}>", re.IGNORECASE
)
_BARE_AMPERSAND = re.compile(r"&(?!(?:[a-zA-Z][a-zA-Z0-9]*|#\d+|#x[0-9a-fA-F]+);)")
_NAMED_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)[a-zA-Z][a-zA-Z0-9]*;")
_NO_XML_CHARACTER = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]"
)


def _pieces(text: str) -> Iterator[str]:
    """Yield each root element's text: there may be several, and a web address after."""
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise NfoUnreadable(gettext("The file declares entities of its own."))
    at = 0
    while found := _OPENING.search(text, at):
        closing = re.compile(rf"</{found[1]}\s{{0,9}}>", re.IGNORECASE)
        end = closing.search(text, found.end())
        if end is None:
            return
        yield text[found.start() : end.end()]
        at = end.end()


def _parse(piece: str) -> Element | None:
    clean = _NO_XML_CHARACTER.sub(" ", piece)
    for text in (clean, _mend(clean)):
        try:
            return _parse_strictly(text)
        except ParseError:
            continue
        except DefusedXmlException as error:
            raise NfoUnreadable(
                gettext("The file declares entities of its own.")
            ) from error
    return None


def _mend(text: str) -> str:
    """Turn HTML's entities into characters, and a bare `&` into `&amp;`."""
    text = _NAMED_ENTITY.sub(lambda found: html.escape(html.unescape(found[0])), text)
    return _BARE_AMPERSAND.sub("&amp;", text)


def _parse_strictly(text: str) -> Element | None:
    depth = nodes = 0
    root: Element | None = None
    source = io.BytesIO(text.encode())
    for event, element in iterparse(source, events=("start", "end"), forbid_dtd=True):
        depth += 1 if event == "start" else -1
        nodes += event == "start"
        root = element if root is None else root
        if depth > DEEPEST or nodes > MOST_NODES:
            raise NfoUnreadable(
                gettext("The file is nested too deep, or holds too much.")
            )
    return root


# --- Values ---------------------------------------------------------------------------


def _text(element: Element, *names: str) -> str:
    """Return the first non-empty text of these children."""
    for name in names:
        for child in element.iterfind(name):
            text = " ".join((child.text or "")[:TEXT_MOST_CHARACTERS].split())
            if text:
                return text
    return ""


def _texts(element: Element, name: str) -> tuple[str, ...]:
    """Return the texts of all these children; one may hold several, with slashes."""
    found = [
        part.strip()[:100]
        for child in element.iterfind(name)
        for part in (child.text or "").split(" / ")
    ]
    return tuple(dict.fromkeys(part for part in found if part))[:PEOPLE_MOST]


def _int(element: Element, *names: str, most: int = 100_000) -> int | None:
    found = re.match(r"\s*(\d{1,6})", _text(element, *names))
    number = int(found[1]) if found else None
    return number if number is not None and number <= most else None


def _rating(element: Element) -> float | None:
    text = _text(element, "rating") or _text(element, "ratings/rating/value")
    try:
        rating = float(text.replace(",", "."))
    except ValueError:
        return None
    return rating if 0 < rating <= 10 else None  # noqa: PLR2004 - out of ten


_IMDB = re.compile(r"tt\d{7,9}")
_ADDRESSES = (
    ("tmdb", re.compile(r"themoviedb\.org/(?:movie|tv)/(\d{1,9})")),
    ("imdb", re.compile(r"imdb\.com/(?:[a-z]{2}/)?title/(tt\d{7,9})")),
    (
        "tvdb",
        re.compile(
            r"thetvdb\.com/[^\s\"'<>]*?(?:[?&]id=|series/|dereferrer/series/)(\d{1,9})"
        ),
    ),
)


def _ids_in_text(text: str) -> tuple[tuple[str, str], ...]:
    ids = {}
    for source, address in _ADDRESSES:
        found = address.search(text)
        if found:
            ids[source] = found[1]
    found = _IMDB.search(text)
    if found:
        ids.setdefault("imdb", found[0])
    return tuple(ids.items())


def _ids(element: Element, plain: str) -> dict[str, str]:
    """Return the valid ids of an element; `plain` is whose a bare `<id>` is."""
    found: dict[str, str] = {}
    for child in element.iterfind("uniqueid"):
        _keep_id(found, (child.get("type") or "").lower(), child.text)
    for source in ("tmdb", "tvdb", "imdb"):
        _keep_id(found, source, _text(element, f"{source}id", f"{source}_id"))
    _keep_id(found, plain, _text(element, "id"))
    return found


def _keep_id(found: dict[str, str], source: str, text: str | None) -> None:
    value = (text or "").strip()
    if _IMDB.fullmatch(value):
        found.setdefault("imdb", value)
    elif source in {"tmdb", "tvdb"} and re.fullmatch(r"[1-9]\d{0,8}", value):
        found.setdefault(source, value)


def _people(element: Element) -> tuple[PersonFacts, ...]:
    actors = [
        PersonFacts(name[:300], "ACTOR", _text(actor, "role")[:300])
        for actor in element.iterfind("actor")
        if (name := _text(actor, "name"))
    ]
    directors = [PersonFacts(name, "DIRECTOR") for name in _texts(element, "director")]
    writers = [PersonFacts(name, "WRITER") for name in _texts(element, "credits")]
    return (*actors[:PEOPLE_MOST], *directors, *writers)


# --- Roots ----------------------------------------------------------------------------


def _read_roots(roots: list[Element], after: str) -> Nfo:
    """Combine the root elements with the web address that may come after them."""
    name = roots[0].tag.lower()
    if name == "episodedetails":
        episodes = [_episode(each) for each in roots if each.tag.lower() == name]
        return Nfo("episodedetails", episodes=tuple(episodes))
    if name == "season":
        return Nfo("season", season=_int(roots[0], "seasonnumber", "season"))
    is_movie = name == "movie"
    ids = _ids(roots[0], "imdb" if is_movie else "tvdb")
    ids = dict(_ids_in_text(after)) | ids
    title = _title(roots[0], ids, is_movie=is_movie)
    return Nfo("movie" if is_movie else "tvshow", title=title, ids=tuple(ids.items()))


def _title(
    element: Element, ids: dict[str, str], *, is_movie: bool
) -> TitleFacts | None:
    name = _text(element, "title", "localtitle", "originaltitle")
    if not name:
        return None
    released = read_date(_text(element, "premiered", "releasedate", "aired"))
    year = _int(element, "year", most=2200) or (released.year if released else None)
    studios = _texts(element, "studio")
    return TitleFacts(
        kind="MOVIE" if is_movie else "SHOW",
        name=name[:500],
        ids=ids,
        original_name=_text(element, "originaltitle")[:500],
        year=year,
        overview=_text(element, "plot", "outline"),
        tagline=_text(element, "tagline")[:500],
        runtime_minutes=_int(element, "runtime", most=2000),
        rating=_rating(element),
        content_rating=_text(element, "mpaa", "certification")[:50],
        release_date=released,
        status=_text(element, "status")[:50],
        genres=_texts(element, "genre"),
        studios=studios if is_movie else (),
        networks=() if is_movie else studios,
        collections=_texts(element, "set/name") or _texts(element, "set"),
        people=_people(element),
    )


def _episode(element: Element) -> EpisodeFacts:
    return EpisodeFacts(
        season=_int(element, "season"),
        number=_int(element, "episode"),
        name=_text(element, "title")[:500],
        overview=_text(element, "plot"),
        air_date=read_date(_text(element, "aired", "premiered")),
        runtime_minutes=_int(element, "runtime", most=2000),
        ids=tuple(_ids(element, "tvdb").items()),
    )
