"""Details of movies, shows and other videos, taken into the catalogue in batches."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

from django.db import transaction
from django.utils import timezone

from library.facts import TitleFacts
from library.models import MediaFile, MediaFileItem, Title
from library.models.below import below
from library.models.title import fold
from library.precedence import Precedence
from library.services.artwork import Place, note_pictures
from library.services.filing import make_key, make_sort_name, settle_title
from library.services.merging import merge_titles
from library.services.sourcing import read_precedence
from library.services.versioning import keep_version
from plexlink.answers import Row
from plexlink.models import PlexItem, PlexLibrary
from plexlink.reading import (
    Watched,
    facts_etag_of,
    locations_of,
    read_extras,
    read_parts,
    read_title,
    read_watched,
)
from plexlink.services.absorbing import store_watched
from plexlink.services.counting import Tally
from plexlink.services.finding import Found, Wanted, find_titles
from plexlink.services.locating import Locator
from plexlink.services.parting import Files, store_parts
from plexlink.services.relating import items_of, relate
from plexlink.services.storing import update_rows
from plexlink.services.tagging import store_labels

ITEM_FIELDS = (
    *("details_etag", "facts_etag", "state", "error", "scanned_at", "title"),
    *("season", "item", "match_reason", "extras"),
)
_USUALLY_BELIEVED_MORE = ("tmdb", "tvdb", "nfo")


def standing_of(precedence: Precedence) -> str:
    """Return how Plex is believed; see PlexLibrary.believed_less_than."""
    if "plex" not in precedence.order:
        return "off"
    return "/".join(precedence.outranking("plex")) or "-"


@dataclass(slots=True)
class Case:
    """One item with its details."""

    item: PlexItem
    row: Row
    facts_etag: str = ""

    @property
    def is_known(self) -> bool:
        """Whether these very details were taken over before."""
        return (
            self.item.facts_etag == self.facts_etag and self.item.title_id is not None
        )


class Merger:
    """Takes details of one library over."""

    def __init__(
        self, library: PlexLibrary, tally: Tally, *, locator: Locator, viewer: str
    ) -> None:
        self.library = library
        self.tally = tally
        self.locator = locator
        self.viewer = viewer
        self.precedence = read_precedence()

    @transaction.atomic
    def merge(self, pairs: Sequence[tuple[PlexItem, Row]], *, kind: str) -> None:
        """Take a batch over; a fixed number of queries, however large it is."""
        cases = [Case(item, row, self.mark_of(row)) for item, row in pairs]
        files = self._store_parts(cases, kind)
        known = [case for case in cases if case.is_known]
        self.settle(known, files)
        new = [case for case in cases if not case.is_known]
        if not new:
            return
        self.take_over(new, files, kind)
        self.settle(new, files)

    def mark_of(self, row: Row) -> str:
        """Return what tells whether these details were taken over before, and how."""
        mark = facts_etag_of(row)
        # Another order of the sources makes all that was taken over old.
        rank = self.precedence.outranking("plex")
        if rank == _USUALLY_BELIEVED_MORE:
            return mark
        order = blake2b("/".join(rank).encode(), digest_size=2).hexdigest()
        return f"{order}{mark[:28]}"

    def _store_parts(self, cases: list[Case], kind: str) -> dict[int, Files]:
        if kind in {"SHOW", "SEASON"}:
            return {}
        wanted = {case.item.pk: read_parts(case.row) for case in cases}
        return store_parts(wanted, self.locator, self.tally)

    def take_over(self, cases: list[Case], files: dict[int, Files], kind: str) -> None:
        """Find or make the title of each and store what is said of it."""
        facts = [read_title(case.row, kind=kind) for case in cases]
        wanted = [
            Wanted(said, case.item.title, self._files_of(case, files, kind))
            for case, said in zip(cases, facts, strict=True)
        ]
        found = find_titles(wanted)
        titles = self._titles(cases, facts, found)
        by_title = {title.pk: said for title, said in zip(titles, facts, strict=True)}
        owned = {title.pk for title in titles if title.facts_from == "plex"}
        relate(by_title, owned=owned, tally=self.tally)
        rows = {title.pk: case.row for case, title in zip(cases, titles, strict=True)}
        store_labels(self.library, rows, self.tally)
        self._note_pictures(titles, facts)
        for case, title, each in zip(cases, titles, found, strict=True):
            case.item.title = title
            case.item.match_reason = each.reason
            case.item.extras = read_extras(case.row)
        if kind != "SHOW":
            self._store_items(cases, files)

    def _note_pictures(self, titles: list[Title], facts: list[TitleFacts]) -> None:
        """Remember which pictures the server has; they are fetched in the background."""
        pictures: dict[Place, str] = {}
        for title, said in zip(titles, facts, strict=True):
            if self.may_show(title):
                pictures[Place(title.pk, None, "POSTER")] = self.picture(said.poster)
                pictures[Place(title.pk, None, "BACKDROP")] = self.picture(
                    said.backdrop
                )
        self.tally.writes += note_pictures(pictures=pictures, origin="PLEX")

    def may_show(self, title: Title) -> bool:
        """Whether pictures of Plex may be shown for it: not where Plex is switched off."""
        return "plex" in self.precedence.order or title.facts_from == "plex"

    def picture(self, path: str) -> str:
        """Return how a picture of this server is written down; empty for none."""
        return f"{self.library.server.machine_id}{path}" if path[:1] == "/" else ""

    def _files_of(
        self, case: Case, files: dict[int, Files], kind: str
    ) -> tuple[MediaFile, ...]:
        if kind != "SHOW":
            return tuple(files[case.item.pk].files)
        return tuple(self._show_files(locations_of(case.row)))

    def _show_files(self, locations: tuple[str, ...]) -> list[MediaFile]:
        """Return a file of ours in a show's folder that is matched, if there is one."""
        for location in locations:
            path = self.locator.locate(location)
            place = self.locator.root_of(f"{path}/") if path else None
            if place is None or not place[1].strip("/"):
                continue
            rows = MediaFile.objects.filter(
                below(place[1].rstrip("/")),
                root=place[0],
                match_state=MediaFile.Match.MATCHED,
                title__kind=Title.Kind.SHOW,
            )
            file = rows.select_related("title").order_by("-matched_by", "pk").first()
            if file is not None:
                return [file]
        return []

    # --- Titles ------------------------------------------------------------------

    def _titles(
        self, cases: list[Case], facts: list[TitleFacts], found: list[Found]
    ) -> list[Title]:
        new: dict[str, Title] = {}
        titles: list[Title] = []
        for case, said, each in zip(cases, facts, found, strict=True):
            if each.title is not None:
                titles.append(self._update(each, said))
                continue
            key = self._key(case, said)
            if key not in new:
                new[key] = Title(
                    kind=said.kind,
                    identity_key=key,
                    facts_from="plex",
                    facts_at=timezone.now(),
                    **_values(said),
                )
            titles.append(new[key])
        self._create(new)
        return titles

    def _key(self, case: Case, facts: TitleFacts) -> str:
        if facts.kind == "OTHER":
            # Two home videos of one name are two videos.
            return f"other:plex:{self.library.server_id}:{case.item.rating_key}"
        return make_key(facts.kind, facts.ids, facts.name, facts.year)

    def _create(self, new: dict[str, Title]) -> None:
        rows = Title.objects.filter(identity_key__in=list(new))
        for known in rows:
            # Its ids said otherwise, or two rows of Plex are one title.
            new[known.identity_key].pk = known.pk
        known_keys = {row.identity_key for row in rows}
        made = [title for key, title in new.items() if key not in known_keys]
        Title.objects.bulk_create(made, batch_size=500)
        self.tally.writes += len(made)

    def _update(self, found: Found, facts: TitleFacts) -> Title:
        title = found.title
        assert title is not None  # noqa: S101 - asked for by the caller
        for other in found.others:
            merge_titles(keep=title, drop=other)
            self.tally.writes += 1
        changes = self._changes(title, facts)
        if changes:
            keep_version(title=title, changes=changes, by="plex")
            Title.objects.filter(pk=title.pk).update(**changes)
            for name, value in changes.items():
                setattr(title, name, value)
            self.tally.writes += 1
        return title

    def _changes(self, title: Title, facts: TitleFacts) -> dict[str, Any]:
        changes = settle_title(
            title, _values(facts), origin="plex", precedence=self.precedence
        )
        if changes.get("facts_from", title.facts_from) != "plex":
            return changes
        key = make_key(facts.kind, facts.ids, facts.name, facts.year)
        is_weak = ":name:" in title.identity_key and title.identity_key != key
        if is_weak and not Title.objects.filter(identity_key=key).exists():
            changes["identity_key"] = key
        if changes:
            changes["facts_at"] = timezone.now()
        return changes

    # --- Items -------------------------------------------------------------------

    def _store_items(self, cases: list[Case], files: dict[int, Files]) -> None:
        titles = [case.item.title_id for case in cases if case.item.title_id]
        items = items_of(titles, self.tally)
        links: dict[int, tuple[MediaFile, int, list[int], str]] = {}
        for case in cases:
            if case.item.title_id is None:
                continue
            item_id = items[case.item.title_id]
            case.item.item_id = item_id
            for file in files[case.item.pk].files:
                links[file.pk] = (file, case.item.title_id, [item_id], self.reason)
        link_files(list(links.values()), self.tally)

    @property
    def reason(self) -> str:
        """What is written down for a file that Plex told us about."""
        return f"Plex ({self.library.server.name}) has this very file"

    # --- The rows of Plex --------------------------------------------------------

    def settle(self, cases: list[Case], files: dict[int, Files]) -> None:
        """Say of each item that its details are taken over; writes only a change."""
        now = timezone.now()
        changed = []
        for case in cases:
            item, state = case.item, PlexItem.State.NORMAL
            if case.item.pk in files:
                state = PlexItem.State(files[case.item.pk].state)
            is_same = case.is_known and item.details_etag == item.etag
            if is_same and item.state == state and not item.error:
                continue
            item.details_etag, item.facts_etag = item.etag, case.facts_etag
            item.state, item.error, item.scanned_at = state, "", now
            changed.append(item)
        if not changed:
            return
        update_rows(changed, ITEM_FIELDS)
        self.tally.writes += len(changed)
        watched = {
            item.item_id: seen
            for item in changed
            if item.item_id is not None and (seen := read_watched(item.watch_mark))
        }
        self.tally.writes += store_watched(_merged(watched), self.viewer)


def _merged(watched: dict[int, Watched]) -> dict[int, Watched]:
    return {pk: replace(each) for pk, each in watched.items()}


def _values(facts: TitleFacts) -> dict[str, Any]:
    names = [facts.name, facts.original_name, *facts.aliases]
    return {
        "name": facts.name[:500],
        "original_name": facts.original_name[:500],
        "sort_name": make_sort_name(facts.name)[:500],
        "search_text": fold(" ".join(dict.fromkeys(names)))[:5000],
        "year": facts.year,
        "overview": facts.overview,
        "tagline": facts.tagline[:500],
        "runtime_minutes": facts.runtime_minutes,
        "rating": facts.rating,
        "content_rating": facts.content_rating[:50],
        "release_date": facts.release_date,
    }


def link_files(
    links: Sequence[tuple[MediaFile, int, list[int], str]], tally: Tally
) -> None:
    """Say what our files are where nobody knew: (file, title, items, reason) each.

    What a person chose or ignored, and what was matched otherwise, stays.
    """
    due = [
        link
        for link in links
        if link[0].match_state
        in {
            MediaFile.Match.PENDING,
            MediaFile.Match.SUGGESTED,
            MediaFile.Match.UNMATCHED,
        }
        and link[0].matched_by != MediaFile.MatchedBy.PERSON
    ]
    _add_items([link for link in links if link not in due], tally)
    if not due:
        return
    now = timezone.now()
    for file, title_id, _items, reason in due:
        MediaFile.objects.filter(pk=file.pk).update(
            title_id=title_id,
            match_state=MediaFile.Match.MATCHED,
            match_score=1.0,
            match_reason=reason,
            matched_by=MediaFile.MatchedBy.AUTO,
            matched_at=now,
            match_candidates=[],
        )
    pks = [file.pk for file, *_ in due]
    MediaFileItem.objects.filter(media_file__in=pks).delete()
    MediaFileItem.objects.bulk_create(
        [
            MediaFileItem(media_file_id=file.pk, item_id=item, position=position)
            for file, _title, items, _reason in due
            for position, item in enumerate(dict.fromkeys(items))
        ],
        ignore_conflicts=True,
    )
    tally.writes += 2 * len(due)


def _add_items(
    links: Sequence[tuple[MediaFile, int, list[int], str]], tally: Tally
) -> None:
    """Add what else a file holds that Plex told us about: its second episode."""
    ours = {
        file.pk: items
        for file, title_id, items, reason in links
        if file.match_reason == reason and file.title_id == title_id
    }
    if not ours:
        return
    rows = MediaFileItem.objects.filter(media_file__in=list(ours))
    known = set(rows.values_list("media_file_id", "item_id"))
    new = [
        MediaFileItem(media_file_id=file, item_id=item, position=place + 1)
        for file, items in ours.items()
        for place, item in enumerate(items)
        if (file, item) not in known
    ]
    MediaFileItem.objects.bulk_create(new, ignore_conflicts=True)
    tally.writes += len(new)
