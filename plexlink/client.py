"""A Plex Media Server: what we ask of it, in pages that are checked.

Source: https://developer.plex.tv/pms/
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from drivearr.lib.wording import gettext
from plexlink.answers import Row, Unreadable, container_of, number_of, rows_of, text_of
from plexlink.keyset import KeySet
from plexlink.speaking import (
    Patience,
    PlexConfused,
    PlexFailed,
    PlexLacks,
    PlexTrouble,
    Speaker,
)

PAGE_ROWS = 1000
DETAILS_ROWS = 100
"""Keys in one request: its address stays below a kilobyte."""
TYPE_NUMBERS = {"MOVIE": 1, "SHOW": 2, "SEASON": 3, "EPISODE": 4, "VIDEO": 1}
SHIFTS_MOST = 20
"""A list that shifts more often while it is read counts as not read."""
_DETAILS = {
    "includeGuids": 1,
    "includeChapters": 1,
    "includeMarkers": 1,
    "includeExternalMedia": 0,
}


@dataclass(frozen=True, slots=True)
class Identity:
    """Who answers."""

    machine_id: str
    version: str = ""
    name: str = ""
    platform: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A library as the server describes it."""

    key: str
    uuid: str
    name: str
    kind: str
    """MOVIES, SHOWS, OTHER; empty for music and photos."""
    agent: str
    language: str
    locations: tuple[str, ...]
    hints: dict[str, int]


@dataclass(frozen=True, slots=True)
class Page:
    """What the server gave: maybe less than was asked for."""

    rows: list[Row]
    offset: int
    total: int
    span: int
    """Places of the list it covers: its rows, and those that cannot be given."""
    has_gaps: bool = False


@dataclass(slots=True)
class Listing:
    """How a reading of a whole list went."""

    total: int | None = None
    skipped: list[tuple[int, PlexTrouble]] = field(default_factory=list)
    """Places of rows that the server cannot give."""
    shifts: int = 0
    """How often the list moved under our hands."""
    nameless: int = 0
    """Rows without a key."""
    _keys: KeySet = field(default_factory=KeySet)

    def note(self, row: Row) -> bool:
        """Remember a row; False when it was seen already, or has no key."""
        key = _key(row)
        if not key:
            self.nameless += 1
            return False
        return self._keys.add(key)

    def has_seen(self, key: str) -> bool:
        """Whether a row of that key came by."""
        return key in self._keys

    @property
    def seen(self) -> int:
        """How many rows came by, each counted once."""
        return len(self._keys)

    @property
    def is_whole(self) -> bool:
        """Whether every row was seen, as far as the server's own count says."""
        return (
            self.total is not None
            and not self.skipped
            and self.shifts <= SHIFTS_MOST
            and self.seen >= self.total
        )


class PlexClient:
    """One server. Raises PlexTrouble of the kind that it is."""

    def __init__(self, speaker: Speaker) -> None:
        self.speaker = speaker
        # A page that fails is halved, so that trying it often costs much.
        self.page_patience = replace(
            speaker.patience, attempts=min(2, speaker.patience.attempts)
        )

    @property
    def requests(self) -> int:
        """How many requests were made."""
        return self.speaker.requests

    def close(self) -> None:
        """Hang up."""
        self.speaker.close()

    # --- Who and what ------------------------------------------------------------

    def identity(self, *, patience: Patience | None = None) -> Identity:
        """Return who answers; needs no token."""
        row = self._container("/identity", patience=patience)
        machine_id = text_of(row, "machineIdentifier", most=100)
        if not machine_id:
            raise PlexConfused(gettext("What answers there is no Plex Media Server."))
        return Identity(machine_id, text_of(row, "version", most=100))

    def about(self) -> Identity:
        """Return who answers, with name and platform; needs a token."""
        row = self._container("/")
        return Identity(
            text_of(row, "machineIdentifier", most=100),
            text_of(row, "version", most=100),
            text_of(row, "friendlyName", most=200),
            text_of(row, "platform", most=100),
        )

    def sections(self) -> tuple[Section, ...]:
        """Return the libraries, those of music and photos too."""
        row = self._container("/library/sections")
        found = (_section(each) for each in rows_of(row, "Directory"))
        return tuple(each for each in found if each is not None)

    def activities(self) -> tuple[str, ...]:
        """Return in words what the server is doing now."""
        rows = rows_of(self._container("/activities"), "Activity")
        words = (
            f"{text_of(row, 'title')} {text_of(row, 'subtitle')}".strip()
            for row in rows
        )
        return tuple(filter(None, words))

    def playing(self) -> tuple[str, ...]:
        """Return what is being watched now, with who watches it."""
        rows = rows_of(self._container("/status/sessions"), "Metadata")
        words = []
        for row in rows:
            user = row.get("User")
            name = text_of(user, "title", most=100) if isinstance(user, dict) else ""
            above = text_of(row, "grandparentTitle", most=200)
            title = " · ".join(filter(None, [above, text_of(row, "title", most=200)]))
            words.append(f"{name} watches {title}" if name else title)
        return tuple(filter(None, words))

    def refresh_section(self, key: str, path: str = "") -> None:
        """Ask the server to look into a library, or a folder of it."""
        params = {"path": path} if path else {}
        self.speaker.get(f"/library/sections/{key}/refresh", params)

    def mark_watched(self, rating_key: str, *, is_watched: bool) -> None:
        """Write back that an item was watched, or was not."""
        deed = "scrobble" if is_watched else "unscrobble"
        params = {"key": rating_key, "identifier": "com.plexapp.plugins.library"}
        self.speaker.get(f"/:/{deed}", params)

    # --- Lists -------------------------------------------------------------------

    def count(self, section: str, kind: str) -> int:
        """Return how many items of a kind a library has; one request."""
        params = {"type": TYPE_NUMBERS[kind]}
        page = self._page(f"/library/sections/{section}/all", params, 0, 0)
        return page.total

    def list_items(
        self,
        section: str,
        kind: str,
        listing: Listing,
        *,
        filters: Mapping[str, Any] | None = None,
        start: int = 0,
        page_rows: int = PAGE_ROWS,
    ) -> Iterator[tuple[int, list[Row]]]:
        """Yield pages of a library's items of one kind, with the offset behind each."""
        params = {"type": TYPE_NUMBERS[kind], "includeGuids": 1} | dict(filters or {})
        path = f"/library/sections/{section}/all"
        yield from self._pages(path, params, listing, start=start, page_rows=page_rows)

    def collections(self, section: str) -> list[Row]:
        """Return a library's collections, smart ones too."""
        path = f"/library/sections/{section}/collections"
        return self._whole(path, {"includeCollections": 1})

    def collection_items(self, rating_key: str) -> list[Row]:
        """Return what is in a collection."""
        return self._whole(f"/library/collections/{rating_key}/children", {})

    def _whole(self, path: str, params: Mapping[str, Any]) -> list[Row]:
        listing = Listing()
        pages = self._pages(path, params, listing, start=0, page_rows=PAGE_ROWS)
        rows = [row for _, page in pages for row in page]
        if not listing.is_whole:
            raise PlexFailed(
                gettext("Plex cannot give the whole of {path}.").format(path=path)
            )
        return rows

    def details(self, keys: Sequence[str]) -> list[Row]:
        """Return the details of these items; those that are gone are left out."""
        path = "/library/metadata/" + ",".join(keys)
        try:
            container = self._container(path, _DETAILS)
        except PlexLacks:
            return [] if len(keys) == 1 else self._by_halves(keys)
        return rows_of(container, "Metadata")

    def _by_halves(self, keys: Sequence[str]) -> list[Row]:
        """Ask for both halves: some servers deny all when one is gone."""
        middle = len(keys) // 2
        return self.details(keys[:middle]) + self.details(keys[middle:])

    # --- Pages -------------------------------------------------------------------

    def _pages(
        self,
        path: str,
        params: Mapping[str, Any],
        listing: Listing,
        *,
        start: int,
        page_rows: int,
    ) -> Iterator[tuple[int, list[Row]]]:
        """Read a list to its end: each page begins with the last row of the one before.

        So a row that came or went meanwhile shows, and what was shifted is read again.
        """
        last, at = "", start
        while listing.shifts <= SHIFTS_MOST:
            overlap = 1 if last else 0
            page = self._page_or_less(
                path, params, at - overlap, page_rows + overlap, listing
            )
            listing.total = max(page.total, 0)
            begun = _beginning(page, last)
            if begun is None:
                # What we stood on is gone or moved: look again from further up.
                listing.shifts += 1
                at, last = max(0, at - page_rows), ""
                continue
            listing.shifts += int(begun > overlap)
            at += page.span - overlap
            yield at, [row for row in page.rows[begun:] if listing.note(row)]
            if at >= page.total or page.span <= overlap:
                return
            last = "" if page.has_gaps else _key(page.rows[-1])

    def _page_or_less(
        self,
        path: str,
        params: Mapping[str, Any],
        start: int,
        rows: int,
        listing: Listing,
    ) -> Page:
        """Read a page; one that the server cannot give is halved to its bad row."""
        try:
            return self._page(path, params, start, rows)
        except (PlexFailed, PlexConfused) as error:
            if rows <= 1:
                # Its total still counts the row; a server that fails here too is ill.
                total = self._page(path, params, 0, 0).total
                listing.skipped.append((start, error))
                return Page([], start, total, span=1, has_gaps=True)
        half = (rows + 1) // 2
        first = self._page_or_less(path, params, start, half, listing)
        begun = start + half
        if first.span < half or begun >= first.total or rows == half:
            return first
        second = self._page_or_less(path, params, begun, rows - half, listing)
        return Page(
            first.rows + second.rows,
            first.offset,
            second.total,
            span=first.span + second.span,
            has_gaps=first.has_gaps or second.has_gaps,
        )

    def _page(
        self, path: str, params: Mapping[str, Any], start: int, rows: int
    ) -> Page:
        span = {
            "X-Plex-Container-Start": str(start),
            "X-Plex-Container-Size": str(rows),
        }
        # Both ways: a server reads one or the other.
        row = self._container(
            path, {**params, **span}, headers=span, patience=self.page_patience
        )
        found = rows_of(row, "Metadata")
        offset = number_of(row, "offset")
        total = number_of(row, "totalSize")
        if total is None:
            total = start + (number_of(row, "size") or len(found))
        if offset is not None and offset < start:
            # It began earlier than asked.
            found = found[start - offset :]
        elif offset is not None and offset > start and found:
            raise PlexConfused(
                gettext("Plex answered {path} from another place of the list.").format(
                    path=path
                )
            )
        return Page(found, start, total, span=len(found))

    def _container(
        self,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        patience: Patience | None = None,
    ) -> Row:
        answer = self.speaker.get(path, params, headers=headers, patience=patience)
        try:
            return container_of(answer)
        except Unreadable as error:
            raise PlexConfused(
                gettext("Plex cannot be understood ({path}): {error}").format(
                    path=path, error=error
                )
            ) from None


def _section(row: Row) -> Section | None:
    key = text_of(row, "key", most=50)
    if not key:
        return None
    agent = text_of(row, "agent", most=200)
    hints = {
        name: number_of(row, name) or 0
        for name in ("contentChangedAt", "updatedAt", "scannedAt")
        if name in row
    }
    return Section(
        key=key,
        uuid=text_of(row, "uuid", most=100),
        name=text_of(row, "title", most=200) or f"Library {key}",
        kind=_kind(text_of(row, "type"), agent),
        agent=agent,
        language=text_of(row, "language", most=20),
        locations=tuple(
            text_of(each, "path", most=1000) for each in rows_of(row, "Location")
        ),
        hints=hints,
    )


def _kind(section_type: str, agent: str) -> str:
    if section_type == "movie":
        # Home videos: a film library that nobody looks up.
        is_other = agent.endswith(("agents.none", "agents.video"))
        return "OTHER" if is_other else "MOVIES"
    return "SHOWS" if section_type == "show" else ""


def _key(row: Row) -> str:
    return text_of(row, "ratingKey", most=50)


def _beginning(page: Page, last: str) -> int | None:
    """Return where the page's new rows begin; None: the row before them is not there."""
    if not last:
        return 0
    for place, row in enumerate(page.rows):
        if _key(row) == last:
            return place + 1
    return None
