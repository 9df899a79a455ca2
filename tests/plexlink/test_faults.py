"""Faults at every call: afterwards the database is as it was, or as the server is."""

from collections.abc import Iterator
from typing import Any

import pytest

from drivearr.lib.errors import DrivearrError
from library.models import Title
from plexlink.models import PlexError, PlexItem, PlexLibrary, PlexServer
from plexlink.speaking import PlexRefused
from tests.factories.plexlink import library_of, make_server, sync
from tests.fakes import plex as fakes
from tests.fakes.plex import TOKEN, FakePlex, Fault

pytestmark = pytest.mark.django_db

FAULTS: dict[str, Fault] = {
    "401": fakes.status(401),
    "404": fakes.status(404),
    "429": fakes.status(429, Retry_After="0"),
    "498": fakes.status(498),
    "500": fakes.status(500),
    "503": fakes.status(503),
    "reset": fakes.reset,
    "cut body": fakes.cut_body,
    "broken JSON": fakes.broken_json,
    "broken XML": fakes.broken_xml,
    "HTML": fakes.html,
    "empty": fakes.empty,
    "no rows": fakes.no_rows,
    "hang": fakes.hang(1.5),
}
CALLS = {
    "sections": r"/library/sections$",
    "shows": r"type=2",
    "seasons": r"type=3",
    "episodes": r"type=4",
    "details": r"/library/metadata/",
    "collections": r"/collections",
}


@pytest.fixture
def shows(plex: FakePlex) -> PlexLibrary:
    plex.add_show(200, "Lantern Street", tvdb=77)
    for number in range(1, 8):
        plex.add_episode(300 + number, 200, 1, number)
    plex.add_collection(900, "Lanterns", ["200"], section="2")
    server = make_server(plex)
    PlexServer.objects.update(timeout_seconds=1)
    return library_of(server, "2")


def picture() -> list[tuple[Any, ...]]:
    """What is known, without numbers of rows and moments."""
    items = PlexItem.objects.order_by("rating_key").values_list(
        "rating_key", "etag", "details_etag", "state", "title__name", "item__name"
    )
    titles = Title.objects.order_by("name").values_list("name", "items__name")
    return [*items, *sorted(titles, key=str)]


def try_sync(library: PlexLibrary) -> None:
    library.refresh_from_db()
    try:
        sync(library)
    except DrivearrError:
        assert PlexError.objects.open().exists()


def every_fault() -> Iterator[tuple[str, str, int]]:
    """Once at each call, which a second try mends; and for good where it matters most."""
    for fault in FAULTS:
        for call in CALLS:
            if fault != "hang" or call == "details":
                yield call, fault, 1
        for call in ("sections", "episodes", "details"):
            if fault != "hang":
                yield call, fault, 40


class TestFault:
    @pytest.mark.parametrize(("call", "fault", "times"), [*every_fault()])
    def test_never_makes_it_worse(
        self, plex: FakePlex, shows: PlexLibrary, call: str, fault: str, times: int
    ) -> None:
        sync(shows)
        whole = picture()
        PlexLibrary.objects.update(keys_are_due=True)
        plex.fail(CALLS[call], FAULTS[fault], times=times)

        try_sync(shows)

        assert picture() == whole
        plex.faults.clear()
        PlexServer.objects.update(rests_until=None)
        try_sync(shows)
        assert picture() == whole
        assert not PlexItem.objects.gone().exists()

    @pytest.mark.parametrize("call", ["shows", "episodes", "details"])
    @pytest.mark.parametrize("fault", [name for name in FAULTS if name != "hang"])
    def test_in_the_first_sync_is_made_good_by_the_next(
        self, plex: FakePlex, shows: PlexLibrary, call: str, fault: str
    ) -> None:
        plex.fail(CALLS[call], FAULTS[fault], times=3)

        for _ in range(3):
            try_sync(shows)
        plex.faults.clear()
        try_sync(shows)

        keys = set(PlexItem.objects.listed().values_list("rating_key", flat=True))
        assert keys == set(plex.items) - {"900"}
        assert not PlexItem.objects.stale().exists()
        assert Title.objects.get().items.count() == 7


class TestBadRow:
    def test_of_a_page_is_skipped_and_told(
        self, plex: FakePlex, shows: PlexLibrary
    ) -> None:
        plex.bad_rows.add("304")

        summary = sync(shows)

        assert summary.skipped == 1
        assert PlexItem.objects.filter(kind="EPISODE").count() == 6
        error = PlexError.objects.get(code="PLEX_ROW_UNREADABLE")
        assert error.about == "episode row 3"
        plex.bad_rows.clear()
        shows.refresh_from_db()
        sync(shows)
        assert PlexItem.objects.filter(kind="EPISODE").count() == 7

    def test_of_known_items_takes_nothing_away(
        self, plex: FakePlex, shows: PlexLibrary
    ) -> None:
        sync(shows)
        plex.bad_rows.add("304")
        PlexLibrary.objects.update(keys_are_due=True)

        try_sync(shows)

        assert not PlexItem.objects.gone().exists()

    def test_of_details_stays_due(self, plex: FakePlex, shows: PlexLibrary) -> None:
        plex.fail(r"/library/metadata/[\d,]*304", fakes.status(500), times=99)

        summary = sync(shows)

        item = PlexItem.objects.get(rating_key="304")
        assert (item.state, summary.errors) == ("ERROR", 1)
        assert PlexItem.objects.stale().count() == 1
        plex.faults.clear()
        shows.refresh_from_db()
        sync(shows)
        item.refresh_from_db()
        assert (item.state, item.error) == ("REMOTE_ONLY", "")


class TestMovingList:
    def test_is_read_whole_when_a_row_goes_between_pages(
        self, plex: FakePlex, shows: PlexLibrary
    ) -> None:
        plex.page_most = 3
        sync(shows)
        PlexLibrary.objects.update(keys_are_due=True)
        shows.refresh_from_db()

        def take_one(fake: FakePlex, start: int) -> None:
            if start > 1 and "301" in fake.items:
                fake.remove("301")

        plex.on_page = take_one
        sync(shows)

        gone = PlexItem.objects.gone().values_list("rating_key", flat=True)
        assert set(gone) <= {"301"}
        plex.on_page = None
        shows.refresh_from_db()
        sync(shows)
        gone = PlexItem.objects.gone().values_list("rating_key", flat=True)
        assert set(gone) == {"301"}

    def test_of_capped_pages_is_read_whole(
        self, plex: FakePlex, shows: PlexLibrary
    ) -> None:
        plex.page_most = 2

        assert sync(shows).listed == 9


class TestBetweenListingAndDetails:
    def test_an_item_that_goes_is_gone_at_the_end(
        self, plex: FakePlex, shows: PlexLibrary
    ) -> None:
        def take(handler: Any) -> bool:
            plex.items.pop("304", None)
            return False

        plex.fail(r"/library/metadata/[\d,]*304", take)

        summary = sync(shows)

        assert (summary.listed, summary.errors) == (9, 0)
        # Nothing is known of it but its row in the list.
        assert PlexItem.objects.get(rating_key="304").state == PlexItem.State.SCANNING
        shows.refresh_from_db()
        sync(shows)
        keys = set(PlexItem.objects.listed().values_list("rating_key", flat=True))
        assert keys == set(plex.items) - {"900"}

    @pytest.mark.parametrize("call", ["seasons", "episodes", "details", "collections"])
    def test_a_token_that_is_revoked_loses_nothing(
        self, plex: FakePlex, shows: PlexLibrary, call: str
    ) -> None:
        def revoke(handler: Any) -> bool:
            plex.tokens.clear()
            return False

        plex.fail(CALLS[call], revoke)
        with pytest.raises(PlexRefused):
            sync(shows)

        assert PlexServer.objects.get().state == PlexServer.State.UNAUTHORIZED
        assert not PlexItem.objects.gone().exists()
        plex.tokens.add(TOKEN)
        shows.refresh_from_db()
        sync(shows)
        keys = set(PlexItem.objects.listed().values_list("rating_key", flat=True))
        assert keys == set(plex.items) - {"900"}
        assert not PlexItem.objects.stale().exists()
        assert Title.objects.get().items.count() == 7


class TestOdd:
    def test_clock_of_the_future_hides_no_change(
        self, plex: FakePlex, shows: PlexLibrary
    ) -> None:
        plex.items["303"]["updatedAt"] = 4_000_000_000
        plex.items["303"]["_list"] = None
        sync(shows)
        plex.clock = 1_900_000_000
        plex.change(302, title="Renamed")
        shows.refresh_from_db()

        sync(shows)

        assert PlexItem.objects.get(rating_key="302").item.name == "Renamed"  # type: ignore[union-attr] # it has one

    def test_characters_are_kept_out(self, plex: FakePlex, shows: PlexLibrary) -> None:
        plex.change(200, title="Lantern\x00 \x1bStreet", summary="a\ud800b")

        sync(shows)

        assert Title.objects.get().name == "Lantern Street"

    def test_servers_answering_in_xml_are_understood(
        self, plex: FakePlex, shows: PlexLibrary, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("tests.fakes.plex._Handler.wants_json", False)

        summary = sync(shows)

        assert (summary.added, summary.errors) == (9, 0)
        assert Title.objects.get().items.count() == 7
        again = library_of(shows.server, "2")
        assert sync(again).writes == 0
