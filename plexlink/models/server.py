"""PlexServer, the ways to it (PlexConnection), and how fast they were."""

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy

from drivearr.web.sealing import unseal
from plexlink.models.account import PlexAccount


class PlexServerQuerySet(models.QuerySet["PlexServer"]):
    """Servers."""

    def by_name(self) -> "PlexServerQuerySet":
        """Order: by name."""
        return self.order_by("name", "pk")


class PlexServer(models.Model):
    """A Plex Media Server, known by its machine identifier.

    NEW → ONLINE ⇄ UNREACHABLE | UNAUTHORIZED | RESTING

    RESTING: it failed so often in a row that it is left in peace until `rests_until`.
    No state deletes anything.
    """

    class State(models.TextChoices):
        NEW = "NEW", gettext_lazy("Not asked yet")
        ONLINE = "ONLINE", gettext_lazy("Online")
        UNREACHABLE = "UNREACHABLE", gettext_lazy("Not reachable")
        UNAUTHORIZED = "UNAUTHORIZED", gettext_lazy("Sign-in refused")
        RESTING = "RESTING", gettext_lazy("Left in peace")

    account = models.ForeignKey(
        PlexAccount,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="servers",
    )
    machine_id = models.CharField(max_length=100, unique=True)
    name = models.CharField(max_length=200)
    version = models.CharField(max_length=100, blank=True)
    platform = models.CharField(max_length=100, blank=True)
    sealed_token = models.TextField(blank=True, editable=False)
    """The server's own token; a shared server takes no other. Empty: the account's."""
    is_owned = models.BooleanField(default=True)
    state = models.CharField(max_length=12, choices=State, default=State.NEW)
    last_error = models.TextField(blank=True)
    failures_in_a_row = models.PositiveIntegerField(default=0)
    rests_until = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)
    added_at = models.DateTimeField(default=timezone.now)

    is_live = models.BooleanField(default=True)
    """Whether we listen to its notices."""
    listens_until = models.DateTimeField(null=True, blank=True)
    """The line for notices is open at least until then; moved on while it is."""
    allows_http = models.BooleanField(default=True)
    """Whether an address without TLS may be used."""
    refreshes_sections = models.BooleanField(default=False)
    """Whether Plex is asked to look when our library has a new file."""
    writes_watched = models.BooleanField(default=False)
    """Whether "watched" is written back; off unless the owner turned it on."""
    facts_win = models.BooleanField(default=False)
    """Whether what it says of a title wins over TMDb and TheTVDB, or fills gaps only."""
    concurrency = models.PositiveSmallIntegerField(default=3)
    """Requests at the same time."""
    timeout_seconds = models.PositiveSmallIntegerField(default=30)

    objects = PlexServerQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(machine_id=""), name="plex_server_has_a_machine_id"
            ),
            models.CheckConstraint(
                condition=Q(concurrency__gte=1, concurrency__lte=16),
                name="plex_server_concurrency_in_range",
            ),
            models.CheckConstraint(
                condition=Q(state="RESTING", rests_until__isnull=False)
                | ~Q(state="RESTING"),
                name="plex_server_resting_has_an_end",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.name}"

    @property
    def subject(self) -> str:
        """What a job about this server is about."""
        return f"plex_server:{self.pk}"

    @property
    def token(self) -> str:
        """The token to use; empty when nobody is signed in. Needs `account` loaded."""
        if self.sealed_token:
            return unseal(self.sealed_token)
        return self.account.token if self.account else ""

    @property
    def folds_case(self) -> bool:
        """Whether its system takes `A` and `a` for the same."""
        return self.platform.casefold() in {"windows", "macosx", "macos", "darwin"}

    def is_listened_to(self, *, now: datetime) -> bool:
        """Whether its notices reach us now."""
        return self.listens_until is not None and self.listens_until > now

    def is_resting(self, *, now: datetime) -> bool:
        """Whether it shall not be asked yet."""
        return self.rests_until is not None and self.rests_until > now


class PlexConnection(models.Model):
    """One way to a server."""

    server = models.ForeignKey(
        PlexServer, on_delete=models.CASCADE, related_name="connections"
    )
    uri = models.CharField(max_length=500)
    is_local = models.BooleanField(default=False)
    is_relay = models.BooleanField(default=False)
    is_manual = models.BooleanField(default=False)
    """Named by a person; never dropped because Plex does not name it."""
    is_current = models.BooleanField(default=False)
    latency_ms = models.PositiveIntegerField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    tried_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["server", "uri"], name="plex_connection_once_per_server"
            ),
            models.UniqueConstraint(
                fields=["server"],
                condition=Q(is_current=True),
                name="plex_connection_one_current",
            ),
            models.CheckConstraint(
                condition=Q(uri__startswith="http://") | Q(uri__startswith="https://"),
                name="plex_connection_is_http",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.uri}"


class ConnectionReading(models.Model):
    """How fast a server answered at one moment; None: it did not."""

    server = models.ForeignKey(
        PlexServer, on_delete=models.CASCADE, related_name="readings"
    )
    uri = models.CharField(max_length=500)
    at = models.DateTimeField(default=timezone.now)
    latency_ms = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["server", "-at"], name="plex_reading_newest")
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.latency_ms} ms"
