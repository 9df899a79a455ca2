"""The record of trouble with Plex: counted while it lasts, resolved when it is over."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_noop

from drivearr.lib.errors import DrivearrError
from plexlink.models import PlexError, PlexLibrary, PlexServer
from plexlink.speaking import PlexTrouble

BREAKER_FAILURES = 5
BREAKER_REST = timedelta(minutes=15)

_RECOVERY = {
    "PLEX_UNREACHABLE": gettext_noop(
        "Tried again with growing waits, then at another address."
    ),
    "PLEX_BUSY": gettext_noop("Tried again after the wait that Plex asked for."),
    "PLEX_FAILED": gettext_noop(
        "Tried again; a page that fails is halved down to its bad row."
    ),
    "PLEX_CONFUSED": gettext_noop(
        "Tried again; what cannot be read is skipped and reported."
    ),
    "PLEX_LACKS": gettext_noop(
        "Taken as removed there, and looked for at the next full listing."
    ),
    "PLEX_TOKEN_REFUSED": gettext_noop("Stopped until somebody signs in again."),
    "PLEX_TOKEN_EXPIRED": gettext_noop(
        "Renewed where the account allows it, else: sign in again."
    ),
    "PLEX_UNTRUSTED": gettext_noop("Another address is tried."),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where trouble was."""

    server: PlexServer | None = None
    library: PlexLibrary | None = None
    about: str = ""


def note_trouble(error: DrivearrError, place: Place) -> PlexError:
    """Count trouble that is open already, or write it down."""
    now = timezone.now()
    kind = error.kind if isinstance(error, PlexTrouble) else PlexError.Kind.DATA
    found = (
        PlexError.objects.open()
        .filter(
            server=place.server,
            library=place.library,
            code=error.code,
            about=place.about[:300],
        )
        .first()
    )
    if found is not None:
        PlexError.objects.filter(pk=found.pk).update(
            count=F("count") + 1, last_at=now, message=error.message
        )
        found.refresh_from_db()
        return found
    return PlexError.objects.create(
        server=place.server,
        library=place.library,
        kind=kind,
        code=error.code,
        about=place.about[:300],
        message=error.message,
        advice=error.advice,
        recovery=_RECOVERY.get(error.code, "")[:300],
        first_at=now,
        last_at=now,
    )


def resolve(
    *,
    server: PlexServer | None = None,
    library: PlexLibrary | None = None,
    kinds: tuple[str, ...] = (),
) -> int:
    """Say that trouble is over: of a server as such, or of a library; returns how much."""
    rows = PlexError.objects.open().filter(library=library)
    if library is None:
        rows = rows.filter(server=server)
    if kinds:
        rows = rows.filter(kind__in=kinds)
    return rows.update(resolved_at=timezone.now()) if rows.exists() else 0


def count_failure(server: PlexServer, error: PlexTrouble) -> None:
    """Remember that a server failed; after too many in a row it is left in peace."""
    now = timezone.now()
    is_refused = error.kind == "SIGN_IN"
    failures = server.failures_in_a_row + (0 if is_refused else 1)
    state, rests_until = PlexServer.State.UNREACHABLE, None
    if is_refused:
        state = PlexServer.State.UNAUTHORIZED
    elif failures >= BREAKER_FAILURES:
        state, rests_until = PlexServer.State.RESTING, now + BREAKER_REST
    PlexServer.objects.filter(pk=server.pk).update(
        state=state,
        rests_until=rests_until,
        failures_in_a_row=failures,
        last_error=error.message,
    )
    note_trouble(error, Place(server))


def count_success(server: PlexServer) -> None:
    """Remember that a server answered; writes only a change."""
    good = PlexServer.State.ONLINE
    PlexServer.objects.filter(pk=server.pk).exclude(
        state=good, failures_in_a_row=0, last_error=""
    ).update(state=good, failures_in_a_row=0, last_error="", rests_until=None)
    resolve(server=server)
