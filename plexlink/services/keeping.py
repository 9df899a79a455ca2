"""What keeps the link to Plex in order: checks, and letting go of what is old."""

import logging
from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from library.models import Title
from library.services.merging import drop_if_unused
from plexlink.models import (
    ConnectionReading,
    PlexAccount,
    PlexError,
    PlexItem,
    PlexServer,
    PlexSignIn,
    PlexSync,
)
from plexlink.services import discovering, erring, renewing, signing_in
from plexlink.speaking import PlexRefused, PlexTrouble

logger = logging.getLogger(__name__)


def check_all() -> None:
    """Check every account and server; trouble with one is no reason to skip the next."""
    now = timezone.now()
    for account in PlexAccount.objects.by_name():
        signing_in.check_account(account=account)
        if account.state != PlexAccount.State.GOOD:
            continue
        try:
            discovering.refresh_servers(account=account)
        except PlexTrouble as error:
            place = erring.Place(about=f"account {account.name}")
            erring.note_trouble(error, place)
    for server in PlexServer.objects.select_related("account").by_name():
        if not server.is_resting(now=now):
            check_server(server=server)


def check_server(*, server: PlexServer) -> bool:
    """Connect to a server and look at its libraries; False when it cannot be asked."""
    try:
        _refresh(server)
    except PlexTrouble as error:
        # The server's own row says it; see connecting.
        logger.info("Plex server %s: %s", server.pk, error.code)
        return False
    return True


def _refresh(server: PlexServer) -> None:
    try:
        discovering.refresh_libraries(server=server)
    except PlexRefused:
        if not renewing.renew_server(server=server):
            raise
        discovering.refresh_libraries(server=server)


def clean_up() -> int:
    """Delete items gone for long, titles that only they spoke of, and old records.

    Returns how many items were let go.
    """
    now = timezone.now()
    gone = PlexItem.objects.gone().filter(
        gone_since__lt=now - timedelta(days=settings.PLEX_GONE_KEPT_DAYS)
    )
    count = forget_gone(gone)
    since = now - timedelta(days=settings.PLEX_RECORDS_KEPT_DAYS)
    PlexSync.objects.filter(finished_at__lt=since).delete()
    PlexError.objects.filter(resolved_at__lt=since).delete()
    ConnectionReading.objects.filter(at__lt=since).delete()
    PlexSignIn.objects.filter(expires_at__lt=now - timedelta(days=1)).delete()
    return count


def forget_gone(items: QuerySet[PlexItem]) -> int:
    """Delete items that are gone, and titles that only they spoke of; returns how many."""
    gone = items.filter(state=PlexItem.State.FILE_NOT_FOUND)
    titles = set(gone.filter(title__isnull=False).values_list("title_id", flat=True))
    count = gone.count()
    gone.delete()
    _drop_titles(titles)
    return count


def _drop_titles(titles: set[int]) -> None:
    """Delete titles of Plex's making that nothing needs any more."""
    for title in Title.objects.filter(pk__in=titles, facts_from="plex"):
        if title.media_files.exists() or title.plex_items.exists():
            continue
        Title.objects.filter(pk=title.pk).update(facts_from="name")
        drop_if_unused(title_id=title.pk)
