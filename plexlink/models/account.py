"""Installation: who we are to Plex; PlexAccount and PlexSignIn: who somebody is there."""

import uuid
from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_lazy

from drivearr.web.sealing import seal, unseal
from plexlink.devicekeys import DeviceKey


class Installation(models.Model):
    """What Plex knows this installation by; one row."""

    client_identifier = models.UUIDField(default=uuid.uuid4, editable=False)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(pk=1), name="installation_is_one"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.client_identifier}"

    @classmethod
    def get(cls) -> "Installation":
        """Return the one row, made on first use."""
        return cls.objects.get_or_create(pk=1)[0]


class PlexAccountQuerySet(models.QuerySet["PlexAccount"]):
    """Accounts."""

    def by_name(self) -> "PlexAccountQuerySet":
        """Order: by name."""
        return self.order_by("name", "pk")


class PlexAccount(models.Model):
    """Somebody's account at Plex.

    GOOD ⇄ UNREACHABLE      (plex.tv does not answer; nothing is forgotten)
    GOOD → EXPIRED | REVOKED → GOOD      (signing in again)

    No state deletes anything.
    """

    class State(models.TextChoices):
        GOOD = "GOOD", gettext_lazy("Signed in")
        EXPIRED = "EXPIRED", gettext_lazy("Sign-in expired")
        REVOKED = "REVOKED", gettext_lazy("Sign-in revoked")
        UNREACHABLE = "UNREACHABLE", gettext_lazy("Plex not reachable")

    plex_id = models.CharField(max_length=100, unique=True)
    name = models.CharField(max_length=200)
    email = models.CharField(max_length=300, blank=True)
    sealed_token = models.TextField(editable=False)
    state = models.CharField(max_length=12, choices=State, default=State.GOOD)
    state_reason = models.TextField(blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    """None: a classic token, which does not expire."""
    sealed_device_key = models.TextField(blank=True, editable=False)
    """The key that Plex renews an expiring token for; empty where it knows none."""
    takes_shared = models.BooleanField(default=False)
    """Whether servers that others share with this account take part too."""
    added_at = models.DateTimeField(default=timezone.now)

    objects = PlexAccountQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(name=""), name="plex_account_has_a_name"
            ),
            models.CheckConstraint(
                condition=~Q(sealed_token=""), name="plex_account_has_a_token"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.name}"

    @property
    def token(self) -> str:
        """The token itself; hand it to a client and to nothing else."""
        return unseal(self.sealed_token)

    @property
    def device_key(self) -> DeviceKey | None:
        """The key by which the token is renewed; None: somebody must sign in again."""
        text = unseal(self.sealed_device_key)
        return DeviceKey.read(text) if text else None

    @property
    def is_renewed(self) -> bool:
        """Whether its token expires and is renewed without anybody's help."""
        return self.expires_at is not None and bool(self.sealed_device_key)

    @property
    def detail(self) -> str:
        """What there is to know of it besides its name, for a person."""
        return " · ".join(filter(None, [self.email, self._lasts, self.state_reason]))

    @property
    def _lasts(self) -> str:
        if self.expires_at is None:
            return ""
        if self.is_renewed:
            return gettext("renewed by itself")
        day = date_format(timezone.localtime(self.expires_at), "j M Y")
        return gettext("ends {day}; sign in again before").format(day=day)

    def is_over(self, *, now: datetime) -> bool:
        """Whether the time of its token is over by our clock."""
        return self.expires_at is not None and self.expires_at <= now

    def keep_device_key(self, key: DeviceKey) -> None:
        """Keep the key that Plex knows now."""
        self.sealed_device_key = seal(key.text)
        self.save(update_fields=["sealed_device_key"])

    def keep_token(
        self, token: str, *, expires_at: datetime | None, now: datetime
    ) -> None:
        """Take a new token; the account is good again."""
        PlexAccount.objects.filter(pk=self.pk).update(
            sealed_token=seal(token),
            expires_at=expires_at,
            state=self.State.GOOD,
            state_reason="",
            checked_at=now,
        )
        self.refresh_from_db()

    def mark(self, state: str, *, reason: str = "", now: datetime) -> None:
        """Say how the last check went."""
        PlexAccount.objects.filter(pk=self.pk).update(
            state=state, state_reason=reason, checked_at=now
        )
        self.refresh_from_db()


class PlexSignIn(models.Model):
    """A sign-in under way: WAITING → DONE | EXPIRED."""

    class State(models.TextChoices):
        WAITING = "WAITING", gettext_lazy("Waiting")
        DONE = "DONE", gettext_lazy("Done")
        EXPIRED = "EXPIRED", gettext_lazy("Expired")

    pin_id = models.CharField(max_length=100)
    code = models.CharField(max_length=100)
    """What the browser takes to Plex; worthless without our client identifier."""
    sealed_device_key = models.TextField(blank=True, editable=False)
    """The key it was begun with, where a token that expires was asked for."""
    sealed_letter = models.TextField(blank=True, editable=False)
    """What that key signed last; shown at each look."""
    letter_until = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    account = models.ForeignKey(
        PlexAccount, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    trouble = models.TextField(blank=True)
    """Why the last look failed; it goes on."""
    begun_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(state="DONE") | Q(account__isnull=False),
                name="plex_sign_in_done_has_an_account",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.state}"
