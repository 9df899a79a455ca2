"""A household whose Plex is in every state there is at once; for pages to be looked at."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from drivearr.jobs.models import Job
from drivearr.web.sealing import seal
from plexlink.jobs import SYNC
from plexlink.models import PlexAccount, PlexError, PlexItem, PlexLibrary, PlexServer
from plexlink.models import PlexSignIn as SignIn
from tests.factories.plexlink import library_of, make_server, sync
from tests.fakes.plex import ACCOUNT_TOKEN, FakePlex

LONG = "The Extraordinarily Long Recollections of a Lighthouse Keeper's Daughter"
ADDRESS = "http://192-168-100-200.53f4b5b6023d41182fe88a99b0e714ba.plex.direct:32400"


@dataclass
class Plexed:
    """What the pages are about."""

    server: PlexServer
    resting: PlexServer
    films: PlexLibrary
    shows: PlexLibrary
    sign_in: SignIn


def fill(plex: FakePlex) -> None:
    """Give the stand-in films, a show, home videos."""
    plex.add_section(
        "3", "movie", "Home videos", "D:\\Videos\\Family"
    ).agent = "tv.plex.agents.none"
    for number in range(1, 15):
        plex.add_movie(number, f"Film {number}" if number % 5 else f"{LONG} {number}")
    plex.add_show(200, "Lantern Street", tvdb=77)
    for number in range(1, 6):
        plex.add_episode(300 + number, 200, 1, number)
    plex.doing.append("Scanning Shows")
    plex.playing.append("3")


def link(plex: FakePlex) -> Plexed:
    """Sync it and let everything be the matter that can be."""
    fill(plex)
    server = make_server(plex)
    films, shows = library_of(server, "1"), library_of(server, "2")
    sync(films)
    for key in (1, 2, 5):
        plex.remove(key)
    films.refresh_from_db()
    sync(films, confirmed=True)
    _accounts(server)
    _history(films)
    _trouble(server, films)
    _work(shows)
    resting = _resting()
    server.mappings.create(plex_path="/data/Movies", local_path="/media/films")
    server.mappings.create(plex_path="D:\\Videos", local_path="/media/home videos")
    server.connections.create(uri=ADDRESS, is_local=True, latency_ms=12)
    server.connections.create(uri="https://relay.example:8443", is_relay=True)
    PlexLibrary.objects.filter(server=server, key="3").update(
        held_reason="Plex lists 40 of the 120 items of “Home videos” no longer."
    )
    now = timezone.now()
    sign_in = SignIn.objects.create(
        pin_id="1", code="abcd", begun_at=now, expires_at=now + timedelta(minutes=10)
    )
    return Plexed(server, resting, films, shows, sign_in)


def _accounts(server: PlexServer) -> None:
    good = PlexAccount.objects.create(
        plex_id=1, name="olga", email="olga@example.org", sealed_token=seal("x")
    )
    PlexAccount.objects.create(
        plex_id=2,
        name="a-very-long-name-of-somebody-else",
        sealed_token=seal(ACCOUNT_TOKEN),
        state=PlexAccount.State.EXPIRED,
        state_reason="The sign-in at Plex has expired.",
    )
    PlexServer.objects.filter(pk=server.pk).update(account=good)


def _resting() -> PlexServer:
    resting = PlexServer.objects.create(
        machine_id="resting",
        name="Grandmother's living room",
        is_owned=False,
        state=PlexServer.State.RESTING,
        rests_until=timezone.now() + timedelta(minutes=12),
        last_error="192.168.100.200 did not answer in time.",
        platform="Windows",
        version="1.40.1.8227-c0dd5a73e",
    )
    PlexLibrary.objects.create(
        server=resting, key="1", name="Kino", kind="MOVIES", gone_since=timezone.now()
    )
    return resting


def _history(films: PlexLibrary) -> None:
    now = timezone.now()
    for back in range(20):
        at = now - timedelta(hours=6 * back)
        films.server.readings.create(
            uri=ADDRESS, at=at, latency_ms=None if back % 7 == 3 else 8 + back % 5
        )
        films.syncs.create(
            kind="DEEP" if back % 4 == 0 else "INCREMENTAL",
            state="FAILED" if back == 5 else "DONE",
            error="192.168.100.200 did not answer in time." if back == 5 else "",
            started_at=at,
            finished_at=at + timedelta(seconds=4 + back),
            seconds=4 + back,
            listed=14,
            requests=6,
            errors=int(back == 5),
        )


def _trouble(server: PlexServer, films: PlexLibrary) -> None:
    for kind, code, message in (
        ("NETWORK", "PLEX_UNREACHABLE", "192.168.100.200 did not answer in time."),
        ("DATA", "PLEX_ROW_UNREADABLE", f"Plex cannot give row 3 of “{LONG}”."),
    ):
        PlexError.objects.create(
            server=server,
            library=films,
            kind=kind,
            code=code,
            about="movie row 3",
            message=message,
            advice="Refresh the metadata of that item in Plex.",
            recovery="Tried again with growing waits.",
            count=12,
        )
    item = PlexItem.objects.filter(library=films).listed()[0]
    PlexItem.objects.filter(pk=item.pk).update(
        state="ERROR", error="Plex failed at /library/metadata/3 (500).", error_count=4
    )


def _work(shows: PlexLibrary) -> None:
    now = timezone.now()
    job = Job.objects.create(
        kind=SYNC.name,
        subject=shows.subject,
        state="RUNNING",
        started_at=now,
        heartbeat_at=now,
        done=600,
        total=2400,
    )
    shows.syncs.create(
        kind="DEEP",
        job=job,
        phase="Details of episodes",
        phase_at=now - timedelta(seconds=60),
    )
