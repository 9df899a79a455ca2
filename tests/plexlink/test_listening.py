"""Changes come by themselves: the socket, its back-off, and what follows a gap."""

import time
from collections.abc import Callable, Iterator

import pytest
from django.utils import timezone

from drivearr.jobs.models import Job
from plexlink import notices
from plexlink.jobs import SYNC
from plexlink.models import PlexItem, PlexLibrary, PlexServer, PlexSync
from plexlink.notices import Notice, NoticeSocket, read_notices
from plexlink.services import listening
from plexlink.services.listening import Listener, wanted_servers
from plexlink.speaking import PlexRefused, PlexUnreachable
from plexlink.tasks import sync_library as sync_task
from tests.factories.plexlink import library_of, make_server, sync
from tests.fakes import plex as fakes
from tests.fakes.plex import TOKEN, FakePlex


def listen_often(line: NoticeSocket) -> None:
    for _ in range(10):
        line.listen()


def wait_until(done: Callable[[], bool], *, seconds: float = 5.0) -> float:
    """Wait for something; returns how long it took."""
    begun = time.monotonic()
    while not done():
        assert time.monotonic() - begun < seconds, "It never happened."
        time.sleep(0.02)
    return time.monotonic() - begun


class TestReadNotices:
    def test_takes_processed_and_deleted_items(self) -> None:
        text = """{"NotificationContainer": {"type": "timeline", "size": 3,
            "TimelineEntry": [
              {"identifier": "com.plexapp.plugins.library", "sectionID": "1",
               "itemID": "7", "type": 1, "state": 5},
              {"identifier": "com.plexapp.plugins.library", "sectionID": 2,
               "itemID": 8, "type": 4, "state": 9, "metadataState": "deleted"},
              {"identifier": "com.plexapp.plugins.library", "sectionID": "1",
               "itemID": "9", "type": 1, "state": 1}]}}"""

        assert read_notices(text) == (Notice("1", "7"), Notice("2", "8", True))

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "[]",
            "null",
            "{",
            "\x00",
            '"x"',
            '{"NotificationContainer": []}',
            '{"NotificationContainer": {"type": "timeline", "TimelineEntry": [1, {}]}}',
            (
                '{"NotificationContainer": {"TimelineEntry": [{"identifier":'
                ' "tv.plex.providers.epg.cloud:2", "itemID": "7", "state": 5}]}}'
            ),
            (
                '{"NotificationContainer": {"type": "playing", '
                '"PlaySessionStateNotification": [{"ratingKey": "5", "state": "playing"}]}}'
            ),
        ],
    )
    def test_leaves_anything_else_alone(self, text: str) -> None:
        assert read_notices(text) == ()

    def test_takes_the_end_of_a_scan_and_of_a_play(self) -> None:
        scan = """{"NotificationContainer": {"type": "activity",
            "ActivityNotification": [{"event": "ended", "uuid": "x", "Activity":
            {"type": "library.update.section",
             "Context": {"librarySectionID": "2"}}}]}}"""
        play = """{"NotificationContainer": {"type": "playing",
            "PlaySessionStateNotification": [{"ratingKey": "5", "state": "stopped"}]}}"""
        status = """{"NotificationContainer": {"type": "status",
            "StatusNotification": [{"notificationName": "LIBRARY_UPDATE"}]}}"""

        assert read_notices(scan) == (Notice("2"),)
        assert read_notices(play) == (Notice("", "5"),)
        assert read_notices(status) == (Notice(""),)


class TestNoticeSocket:
    @pytest.fixture
    def line(self, plex: FakePlex) -> Iterator[NoticeSocket]:
        line = self.open(plex)
        yield line
        line.close()

    def open(self, plex: FakePlex, token: str = TOKEN) -> NoticeSocket:
        headers = {"X-Plex-Token": token}
        return NoticeSocket(plex.url, headers=headers, connect_seconds=1)

    def test_hears_what_is_said(self, plex: FakePlex, line: NoticeSocket) -> None:
        wait_until(lambda: bool(plex.listeners))
        plex.add_movie(7, "Charade")

        plex.tell_of(7)

        assert line.listen() == (Notice("1", "7"),)
        assert not any(TOKEN in asked for asked in plex.asked)

    def test_tells_a_refused_token_from_a_broken_line(self, plex: FakePlex) -> None:
        with pytest.raises(PlexRefused):
            self.open(plex, token="other")
        plex.url = "http://127.0.0.1:9"
        with pytest.raises(PlexUnreachable):
            self.open(plex)

    def test_notices_that_the_other_side_hung_up(
        self, plex: FakePlex, line: NoticeSocket
    ) -> None:
        wait_until(lambda: bool(plex.listeners))
        plex.hang_up()

        with pytest.raises(PlexUnreachable):
            listen_often(line)

    def test_notices_a_line_that_is_dead(
        self, plex: FakePlex, line: NoticeSocket, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(notices, "QUIET_SECONDS", 0.1)
        monkeypatch.setattr(notices, "ANSWER_SECONDS", 0.2)
        for _ in range(4):
            # It answers each ping: quiet, but alive.
            assert line.listen() == ()
        plex.is_deaf = True

        with pytest.raises(PlexUnreachable, match="does not answer any more"):
            listen_often(line)


@pytest.mark.django_db
class TestListener:
    @pytest.fixture
    def films(self, plex: FakePlex, monkeypatch: pytest.MonkeyPatch) -> PlexLibrary:
        monkeypatch.setattr(listening, "SETTLE_SECONDS", 0.1)
        monkeypatch.setattr(notices, "STEP_SECONDS", 0.05)
        for number in range(1, 6):
            plex.add_movie(number, f"Film {number}", tmdb=number)
        films = library_of(make_server(plex), "1")
        sync(films)
        PlexLibrary.objects.exclude(pk=films.pk).update(is_enabled=False)
        Job.objects.all().delete()
        return films

    @pytest.fixture
    def listener(self, films: PlexLibrary, plex: FakePlex) -> Iterator[Listener]:
        listener = Listener(films.server_id)
        assert listener.step() == 0.0
        until(lambda: len(plex.listeners) == 1, listener)
        until(lambda: not library_of(films.server, "1").keys_are_due, listener)
        yield listener
        listener.close()

    def test_brings_new_changed_and_removed_items_within_seconds(
        self, plex: FakePlex, listener: Listener
    ) -> None:
        plex.add_movie(6, "Film 6", tmdb=6)
        plex.tell_of(6)
        new = PlexItem.objects.filter(rating_key="6", title__name="Film 6")
        assert until(new.exclude(state="SCANNING").exists, listener) < 5

        plex.change(2, title="Film Two")
        plex.tell_of(2)
        changed = PlexItem.objects.filter(title__name="Film Two")
        assert until(changed.exists, listener) < 5

        plex.asked.clear()
        plex.remove(3)
        plex.tell_of(3, state=9)
        gone = PlexItem.objects.gone()
        assert until(gone.exists, listener) < 5
        assert [item.rating_key for item in gone] == ["3"]
        assert len(plex.asked) <= 6
        assert {run.kind for run in PlexSync.objects.all()} == {"INCREMENTAL", "ITEMS"}

    def test_checks_everything_after_a_gap(
        self, plex: FakePlex, listener: Listener
    ) -> None:
        plex.fail("websockets", fakes.status(503), times=2)
        plex.hang_up()
        # Nobody hears of these.
        plex.remove(4)
        plex.add_movie(9, "Film 9")

        until(lambda: listener.failures == 3, listener)
        assert not PlexServer.objects.get().is_listened_to(now=timezone.now())
        gone = PlexItem.objects.gone().filter(rating_key="4")
        until(gone.exists, listener)
        assert PlexItem.objects.filter(rating_key="9").exists()
        assert PlexServer.objects.get().is_listened_to(now=timezone.now())

    def test_keeps_what_it_heard_while_the_library_is_busy(
        self, plex: FakePlex, films: PlexLibrary, listener: Listener
    ) -> None:
        busy = Job.objects.create(kind=SYNC.name, subject=films.subject)
        plex.change(2, title="Film Two")
        plex.tell_of(2)
        for _ in range(10):
            listener.step()
        assert Job.objects.active().get() == busy

        busy.delete()

        changed = PlexItem.objects.filter(title__name="Film Two")
        assert until(changed.exists, listener) < 5

    def test_looks_at_the_library_when_too_much_changes(
        self, plex: FakePlex, listener: Listener, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(listening, "KEYS_MOST", 2)
        for number in range(20, 25):
            plex.add_movie(number, f"Film {number}")
            plex.tell_of(number)

        until(lambda: PlexItem.objects.listed().count() == 10, listener)

        assert not PlexSync.objects.filter(kind="ITEMS").exists()

    def test_is_wanted_only_where_a_library_takes_part(
        self, films: PlexLibrary
    ) -> None:
        assert wanted_servers() == {films.server_id}
        PlexServer.objects.update(is_live=False)
        assert wanted_servers() == set()
        PlexServer.objects.update(is_live=True)
        PlexLibrary.objects.update(is_enabled=False)
        assert wanted_servers() == set()

    def test_waits_longer_each_time_and_never_too_long(
        self, plex: FakePlex, films: PlexLibrary
    ) -> None:
        plex.fail("websockets", fakes.status(503), times=99)
        listener = Listener(films.server_id)
        waits = [listener.step() for _ in range(12)]

        for number, wait in enumerate(waits):
            most = min(300, 2**number)
            assert most / 2 <= wait <= most

    def test_survives_a_refused_token(self, plex: FakePlex, films: PlexLibrary) -> None:
        plex.tokens.clear()
        listener = Listener(films.server_id)

        assert listener.step() > 0

        plex.tokens.add(TOKEN)
        assert listener.step() == 0
        listener.close()
        assert not PlexItem.objects.gone().exists()


def until(
    done: Callable[[], bool], listener: Listener, *, seconds: float = 20.0
) -> float:
    """Listen and do what is queued, as a worker does; returns how long it took."""
    begun = time.monotonic()
    while not done():
        assert time.monotonic() - begun < seconds, "It never happened."
        time.sleep(min(0.1, listener.step()))
        for job in Job.objects.filter(kind=SYNC.name, state="QUEUED").order_by("pk"):
            sync_task(job.pk)
    return time.monotonic() - begun
