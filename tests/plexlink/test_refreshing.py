"""Plex is asked to look for files that came, if the owner wants it, and not too often."""

from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.utils import timezone

from drivearr.jobs.models import Job
from drivearr.lib.progress import SilentProgress
from drives.services.registering import add_drive
from plexlink.jobs import REFRESH
from plexlink.models import PlexError, PlexLibrary, PlexServer
from plexlink.services import refreshing
from plexlink.tasks import sync_due
from syncqueue.services import draining, wishing
from tests.factories.library import make_movie, make_root
from tests.factories.plexlink import make_server
from tests.fakes.plex import FakePlex, status

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def server(plex: FakePlex, tmp_path: Path) -> PlexServer:
    """A server that sees a stick as its folder of films, and wants to be told."""
    server = make_server(plex)
    server.mappings.create(
        plex_path="/data/Movies", local_path=str(tmp_path / "stick" / "Movies")
    )
    server.mappings.create(plex_path="/data/TV", local_path=str(tmp_path / "tv"))
    PlexServer.objects.update(refreshes_sections=True)
    return PlexServer.objects.get()


def told(plex: FakePlex) -> list[str]:
    return [path for path in plex.paths() if path.endswith("/refresh")]


def work() -> None:
    """Do what is queued, as a worker does."""
    for job in Job.objects.active().filter(kind=REFRESH.name):
        refreshing.tell(**job.arguments, progress=SilentProgress())
        job.delete()


def copy(tmp_path: Path) -> draining.DrainSummary:
    root = make_root(tmp_path / "films")
    title = make_movie(root, "Quiet Harbour")
    folder = tmp_path / "stick"
    folder.mkdir()
    drive = add_drive(path=folder, name="Stick", folder=True)
    type(drive).objects.update(reserve_bytes=0)
    drive.refresh_from_db()
    wishing.add_wish(drive=drive, title=title)
    return draining.copy_to_drive(drive_id=drive.pk, progress=SilentProgress())


class TestCopy:
    def test_lets_plex_look_at_the_library_on_the_drive_alone(
        self, plex: FakePlex, server: PlexServer, tmp_path: Path
    ) -> None:
        assert copy(tmp_path).files_done == 1
        assert told(plex) == []
        work()
        assert told(plex) == ["/library/sections/1/refresh"]
        assert not PlexLibrary.objects.filter(refresh_wanted_at__isnull=False).exists()

    def test_tells_nothing_unless_it_is_wanted(
        self, plex: FakePlex, server: PlexServer, tmp_path: Path
    ) -> None:
        PlexServer.objects.update(refreshes_sections=False)
        copy(tmp_path)
        assert not Job.objects.filter(kind=REFRESH.name).exists()
        assert told(plex) == []

    def test_succeeds_though_plex_is_away(
        self, plex: FakePlex, server: PlexServer, tmp_path: Path
    ) -> None:
        plex.fail("/refresh", status(500), times=9)
        assert copy(tmp_path).files_failed == 0
        work()
        assert PlexError.objects.open().get().about == "refresh"
        # It is still wanted, and tried again by the schedule.
        plex.faults.clear()
        sync_due()
        work()
        assert told(plex)[-1] == "/library/sections/1/refresh"
        assert PlexLibrary.objects.get(key="1").refresh_wanted_at is None


class TestDebounce:
    def test_asks_once_for_many_files(
        self, plex: FakePlex, server: PlexServer, tmp_path: Path
    ) -> None:
        for _ in range(20):
            refreshing.follow_copy(str(tmp_path / "stick"))
        assert Job.objects.filter(kind=REFRESH.name).count() == 1
        work()
        assert len(told(plex)) == 1

    def test_asks_again_a_minute_later_for_what_came_meanwhile(
        self, plex: FakePlex, server: PlexServer, tmp_path: Path
    ) -> None:
        for _ in range(3):
            refreshing.follow_copy(str(tmp_path / "stick"))
            work()
        assert len(told(plex)) == 1
        with time_machine.travel(timezone.now() + timedelta(minutes=2)):
            sync_due()
            work()
            sync_due()
            work()
        assert len(told(plex)) == 2

    def test_knows_nothing_of_other_folders(
        self, plex: FakePlex, server: PlexServer, tmp_path: Path
    ) -> None:
        refreshing.follow_copy(str(tmp_path / "stick-of-another"))
        assert not Job.objects.filter(kind=REFRESH.name).exists()
