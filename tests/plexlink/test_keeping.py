"""What keeps the link to Plex in order: intervals, rest after failures, letting go."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from drivearr.celery import app
from drivearr.jobs.kinds import all_schedules
from drivearr.jobs.models import Job
from plexlink.jobs import SCHEDULES, SYNC
from plexlink.models import PlexError, PlexLibrary, PlexServer, PlexSignIn, PlexSync
from plexlink.services import erring, keeping
from plexlink.services.erring import BREAKER_FAILURES, Place, note_trouble
from plexlink.services.syncing import due_libraries
from plexlink.speaking import PlexFailed, PlexRefused, PlexTrouble, PlexUnreachable
from plexlink.tasks import check_servers, clean_up, sync_due
from tests.factories.plexlink import library_of, make_server, sync
from tests.fakes.plex import FakePlex, hang, late, status

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 5, 1, 12, tzinfo=timezone.get_fixed_timezone(0))


@pytest.fixture
def server(plex: FakePlex) -> PlexServer:
    plex.add_movie(7, "Charade", 1963)
    return make_server(plex)


@pytest.fixture
def films(server: PlexServer) -> PlexLibrary:
    PlexLibrary.objects.exclude(key="1").update(is_enabled=False)
    return library_of(server, "1")


def due() -> list[tuple[str, bool]]:
    return [(library.name, deep) for library, deep in due_libraries()]


def synced(films: PlexLibrary, *, hours: float, deep_hours: float) -> None:
    now = timezone.now()
    PlexLibrary.objects.filter(pk=films.pk).update(
        last_sync_at=now - timedelta(hours=hours),
        last_deep_at=now - timedelta(hours=deep_hours),
    )


class TestSchedules:
    def test_are_known_to_beat_and_name_real_tasks(self) -> None:
        known = {each.name for each in all_schedules()}
        assert {each.name for each in SCHEDULES} <= known
        assert {each.task for each in SCHEDULES} <= set(app.tasks)
        every = {each.task.rpartition(".")[2]: each.every for each in SCHEDULES}
        assert every["clean_up"] == timedelta(days=1)
        assert every["check_servers"] == timedelta(hours=1)


class TestIntervals:
    @pytest.mark.parametrize(
        ("hours", "deep_hours", "expected"),
        [(5.9, 100, []), (6.1, 100, [False]), (1, 168.1, [True]), (7, 169, [True])],
    )
    def test_are_six_hours_and_seven_days_by_themselves(
        self, films: PlexLibrary, hours: float, deep_hours: float, expected: list[bool]
    ) -> None:
        synced(films, hours=hours, deep_hours=deep_hours)
        assert due() == [("Films", deep) for deep in expected]

    def test_are_each_librarys_own(
        self, owner_client: Client, films: PlexLibrary
    ) -> None:
        PlexLibrary.objects.update(is_enabled=True)
        synced(films, hours=2, deep_hours=30)
        shows = PlexLibrary.objects.get(key="2")
        synced(shows, hours=2, deep_hours=30)
        url = reverse("edit_plex_library", args=[films.pk])
        owner_client.post(
            url,
            {
                "refresh_hours": "1",
                "deep_hours": "0",
                "concurrency": "7",
                "timeout_seconds": "90",
            },
        )
        assert due() == [("Films", False)]
        url = reverse("edit_plex_library", args=[shows.pk])
        owner_client.post(url, {"refresh_hours": "0", "deep_hours": "24"})
        assert due() == [("Films", False), ("Shows", True)]

    def test_of_nought_mean_only_when_asked(self, films: PlexLibrary) -> None:
        PlexLibrary.objects.update(refresh_hours=0, deep_hours=0)
        synced(films, hours=9999, deep_hours=9999)
        assert due() == []

    def test_mean_nothing_to_what_takes_no_part_or_is_gone(
        self, films: PlexLibrary
    ) -> None:
        synced(films, hours=9999, deep_hours=9999)
        PlexLibrary.objects.update(gone_since=timezone.now())
        assert due() == []
        PlexLibrary.objects.update(gone_since=None, is_enabled=False)
        assert due() == []

    def test_queue_a_library_once(self, films: PlexLibrary) -> None:
        synced(films, hours=7, deep_hours=7)
        sync_due()
        sync_due()
        job = Job.objects.active().get(kind=SYNC.name)
        assert (job.trigger, job.arguments["deep"]) == ("SCHEDULE", False)


class TestPace:
    def test_is_the_librarys_own_or_its_servers(
        self, films: PlexLibrary, plex: FakePlex
    ) -> None:
        PlexServer.objects.update(concurrency=2, timeout_seconds=1)
        films = PlexLibrary.objects.select_related("server").get(pk=films.pk)
        assert (films.requests_at_once, films.patience_seconds) == (2, 1)
        slow = hang(1.5)
        plex.fail("sections/1/all", slow, times=9)
        with pytest.raises(PlexUnreachable):
            sync(films)
        plex.faults.clear()

        PlexLibrary.objects.filter(pk=films.pk).update(
            concurrency=5, timeout_seconds=10
        )
        films = PlexLibrary.objects.select_related("server").get(pk=films.pk)
        assert (films.requests_at_once, films.patience_seconds) == (5, 10)
        plex.fail("sections/1/all", late(1.2))
        assert sync(films).listed == 1

    @pytest.mark.parametrize(
        ("field", "value"),
        [("concurrency", 0), ("concurrency", 17), ("timeout_seconds", 0)],
    )
    def test_is_within_reason(self, films: PlexLibrary, field: str, value: int) -> None:
        rows = PlexLibrary.objects.filter(pk=films.pk)
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**{field: value})
        assert rows.update(**{field: 1})


class TestBreaker:
    def fail(self, films: PlexLibrary, plex: FakePlex) -> None:
        plex.fail(".", status(500), times=500)
        with pytest.raises(PlexTrouble):
            sync(PlexLibrary.objects.get(pk=films.pk))
        plex.faults.clear()

    def test_leaves_a_server_in_peace_after_five_failures_in_a_row(
        self, films: PlexLibrary, plex: FakePlex
    ) -> None:
        with time_machine.travel(NOW, tick=False):
            synced(films, hours=7, deep_hours=7)
            for failures in range(BREAKER_FAILURES):
                row = PlexServer.objects.get()
                assert (row.failures_in_a_row, row.rests_until) == (failures, None)
                assert due()
                self.fail(films, plex)
            row = PlexServer.objects.get()
            assert row.state == "RESTING"
            assert row.rests_until == NOW + timedelta(minutes=15)
            plex.asked.clear()
            sync_due()
            check_servers()
            assert plex.asked == []
            assert not Job.objects.active().filter(kind=SYNC.name).exists()
        with time_machine.travel(NOW + timedelta(minutes=16)):
            assert due()
            check_servers()
        row = PlexServer.objects.get()
        assert (row.state, row.failures_in_a_row) == ("ONLINE", 0)
        assert row.rests_until is None

    def test_counts_only_failures_in_a_row(
        self, films: PlexLibrary, plex: FakePlex
    ) -> None:
        for _ in range(3):
            erring.count_failure(PlexServer.objects.get(), PlexUnreachable("No."))
        sync(films)
        assert PlexServer.objects.get().failures_in_a_row == 0

    def test_is_not_for_a_refused_sign_in(self, server: PlexServer) -> None:
        for _ in range(9):
            erring.count_failure(PlexServer.objects.get(), PlexRefused("No."))
        row = PlexServer.objects.get()
        assert (row.state, row.rests_until) == ("UNAUTHORIZED", None)

    def test_is_shown_with_its_end(
        self, owner_client: Client, server: PlexServer
    ) -> None:
        for _ in range(BREAKER_FAILURES):
            erring.count_failure(PlexServer.objects.get(), PlexUnreachable("No way."))
        url = reverse("plex_server", args=[server.pk])
        page = owner_client.get(url).content.decode()
        assert "left in peace until" in page
        assert "No way." in page


class TestErrorLog:
    def test_counts_what_repeats_and_says_when_it_is_over(
        self, owner_client: Client, films: PlexLibrary
    ) -> None:
        place = Place(films.server, films)
        for _ in range(3):
            note_trouble(PlexFailed("Plex failed at /x (500)."), place)
        row = PlexError.objects.get()
        assert (row.count, row.kind, row.resolved_at) == (3, "NETWORK", None)
        assert row.recovery
        url = reverse("plex_server", args=[films.server_id])
        assert "3 times" in owner_client.get(url).content.decode()

        sync(films)

        row.refresh_from_db()
        assert row.resolved_at is not None
        assert "Over" in owner_client.get(url).content.decode()
        note_trouble(PlexFailed("Again."), place)
        assert [each.count for each in PlexError.objects.order_by("pk")] == [3, 1]

    def test_is_settled_by_a_person(
        self, owner_client: Client, films: PlexLibrary
    ) -> None:
        note_trouble(PlexFailed("No."), Place(films.server))
        owner_client.post(reverse("settle_plex_errors", args=[films.server_id]))
        assert not PlexError.objects.open().exists()

    def test_tells_kinds_apart(self, films: PlexLibrary, plex: FakePlex) -> None:
        plex.tokens = set()
        with pytest.raises(PlexRefused):
            sync(films)
        assert set(PlexError.objects.values_list("kind", flat=True)) == {"SIGN_IN"}


class TestCleanUp:
    def test_lets_old_records_go_and_keeps_the_rest(self, films: PlexLibrary) -> None:
        now = timezone.now()
        for days in (1, 89, 91):
            at = now - timedelta(days=days)
            films.syncs.create(kind="DEEP", state="DONE", started_at=at, finished_at=at)
            films.server.readings.create(uri="http://x", at=at)
            films.server.errors.create(
                kind="DATA", code=f"C{days}", message="x", resolved_at=at
            )
        films.server.errors.create(
            kind="DATA", code="OPEN", message="x", last_at=now - timedelta(days=500)
        )
        PlexSignIn.objects.create(
            pin_id="1", code="a", expires_at=now - timedelta(days=2)
        )
        PlexSignIn.objects.create(pin_id="2", code="b", expires_at=now)
        readings = films.server.readings.count()

        clean_up()

        assert PlexSync.objects.count() == 2
        assert films.server.readings.count() == readings - 1
        codes = PlexError.objects.order_by("code").values_list("code", flat=True)
        assert [*codes] == ["C1", "C89", "OPEN"]
        assert PlexSignIn.objects.get().code == "b"

    def test_lets_items_go_thirty_days_after_they_were_gone(
        self, films: PlexLibrary, plex: FakePlex
    ) -> None:
        sync(films)
        plex.remove(7)
        films.refresh_from_db()
        sync(films, confirmed=True)
        assert keeping.clean_up() == 0
        with time_machine.travel(timezone.now() + timedelta(days=31)):
            assert keeping.clean_up() == 1
