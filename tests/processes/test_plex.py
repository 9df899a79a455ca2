"""Plex with real processes: a first sync that is killed, and news within seconds."""

import signal
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.fakes.plex import TOKEN, FakePlex, running_plex
from tests.houses import House, start, wait_for

pytestmark = pytest.mark.processes

SETTLED = (
    "SELECT rating_key, etag, details_etag, facts_etag, state FROM plexlink_plexitem "
    "ORDER BY rating_key"
)
TITLES = (
    "SELECT t.name AS title, i.number AS number FROM library_item i JOIN library_title t"
    " ON t.id = i.title_id ORDER BY 1, 2"
)


@pytest.fixture
def plex() -> Iterator[FakePlex]:
    with running_plex() as fake:
        fake.add_section("1", "movie", "Films", "/data/Movies")
        fake.add_section("2", "show", "Shows", "/data/TV")
        for number in range(12):
            fake.add_show(200 + number, f"Show {number}", tvdb=number + 1)
            for episode in range(25):
                key = 10_000 + number * 100 + episode
                fake.add_episode(key, 200 + number, 1 + episode // 10, 1 + episode % 10)
        fake.page_most = 50
        yield fake


def know(house: House, plex: FakePlex, section: str) -> int:
    """Make the server known and let one library take part; returns its id."""
    house.python("-m", "drivearr", "migrate", "--verbosity", "0")
    house.shell(
        "from drivearr.web.sealing import seal\n"
        "from plexlink.models import PlexServer\n"
        "from plexlink.services.discovering import refresh_libraries, set_enabled\n"
        "server = PlexServer.objects.create(machine_id='machine-one', name='Attic', "
        f"sealed_token=seal({TOKEN!r}))\n"
        f"server.connections.create(uri={plex.url!r})\n"
        "refresh_libraries(server=server)\n"
        f"set_enabled(library=server.libraries.get(key={section!r}), is_enabled=True)"
    )
    rows = house.drivearr("plex", "libraries")
    return next(int(row["id"]) for row in rows if row["key"] == section)


def picture(house: House) -> list[Any]:
    return [house.rows(SETTLED), house.rows(TITLES)]


class TestFirstSync:
    def test_killed_in_the_middle_continues_to_the_same_end(
        self, bare_house: House, plex: FakePlex
    ) -> None:
        library = know(bare_house, plex, "2")
        plex.delay_seconds = 0.15
        killed = 0
        for wanted in (60, 240, 320):
            sync = bare_house.start(
                *(sys.executable, "-m", "drivearr", "plex", "sync"),
                *("--library", str(library)),
            )
            wait_for(lambda wanted=wanted: has_items(bare_house, wanted))  # type: ignore[misc]  # a default binds it
            sync.send_signal(signal.SIGKILL)
            sync.wait()
            killed += 1
            release(bare_house)
        before = len(bare_house.rows("SELECT id FROM plexlink_plexitem"))
        plex.asked.clear()
        plex.delay_seconds = 0.0

        (told,) = bare_house.drivearr("plex", "sync", "--library", str(library))

        pages = [path for path in plex.asked if "includeGuids=1&X-Plex" in path]
        assert (told["error"], told["errors"]) == (None, 0)
        # 12 shows, 36 seasons, 300 episodes: what was listed is not listed again.
        assert before >= 320
        assert len(pages) <= 2
        (run,) = bare_house.rows("SELECT state, resumed FROM plexlink_plexsync")
        assert run == {"state": "DONE", "resumed": killed}
        broken = picture(bare_house)
        bare_house.shell(
            "from plexlink.models import PlexItem, PlexLibrary, PlexSync\n"
            "from library.models import Title\n"
            "PlexItem.objects.all().delete(); Title.objects.all().delete()\n"
            "PlexSync.objects.all().delete()\n"
            "PlexLibrary.objects.update(last_sync_at=None, keys_are_due=True, "
            "watermark=0, viewed_watermark=0)"
        )
        bare_house.drivearr("plex", "sync", "--library", str(library))
        assert picture(bare_house) == broken


def has_items(house: House, count: int) -> bool:
    rows = house.rows("SELECT count(*) AS n FROM plexlink_plexitem")
    return bool(rows[0]["n"] >= count)


def release(house: House) -> None:
    """Let the dead process's job go, as the sweep does."""
    house.shell(
        "from drivearr.jobs.services import lose_dead_workers\n"
        "from drivearr.jobs.models import Job\n"
        "lose_dead_workers(); Job.objects.filter(state='QUEUED').delete()"
    )


class TestNews:
    def test_come_within_five_seconds_while_drivearr_is_up(
        self, bare_house: House, plex: FakePlex
    ) -> None:
        plex.add_movie(1, "Charade", 1963)
        know(bare_house, plex, "1")
        start(bare_house)
        wait_for(lambda: plex.listeners and has_name(bare_house, "Charade"), seconds=60)
        wait_for(lambda: not bare_house.rows(ACTIVE))

        took = []
        for key, name in ((2, "Metropolis"), (3, "Nosferatu")):
            plex.add_movie(key, name, 1927)
            begun = time.monotonic()
            plex.tell_of(key)
            wait_for(lambda name=name: has_name(bare_house, name), seconds=30)  # type: ignore[misc]  # as above
            took.append(time.monotonic() - begun)
        plex.remove(2)
        begun = time.monotonic()
        plex.tell_of(2, state=9)
        wait_for(lambda: bare_house.rows(GONE), seconds=30)
        took.append(time.monotonic() - begun)
        assert max(took) < 5, took


ACTIVE = "SELECT id FROM jobs_job WHERE state IN ('QUEUED', 'RUNNING')"
GONE = "SELECT id FROM plexlink_plexitem WHERE state = 'FILE_NOT_FOUND'"


def has_name(house: House, name: str) -> bool:
    return any(
        row["name"] == name for row in house.rows("SELECT name FROM library_title")
    )
