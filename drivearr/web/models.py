"""Members and their rights, what was said and done, and what pages keep."""

from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy


class Member(models.Model):
    """What a person of the household may do, beside being an owner (staff)."""

    class Role(models.TextChoices):
        MEMBER = "MEMBER", gettext_lazy("Member")
        VIEWER = "VIEWER", gettext_lazy("Viewer")

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="member"
    )
    role = models.CharField(max_length=10, choices=Role, default=Role.MEMBER)
    is_narrowed = models.BooleanField(default=False)
    """Whether only the places in `rights` may be used."""
    notices_seen_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"#{self.pk} {self.role}"


class Right(models.Model):
    """One place a narrowed member may use: `drive:3`, a key opaque to this app."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="rights")
    subject = models.CharField(max_length=100)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["member", "subject"], name="right_once_per_member"
            ),
            models.CheckConstraint(condition=~Q(subject=""), name="right_has_subject"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.subject}"


class AuditEntry(models.Model):
    """Who did what, when, from where; the name stays when the account goes."""

    class Outcome(models.TextChoices):
        DONE = "DONE", gettext_lazy("Done")
        REFUSED = "REFUSED", gettext_lazy("Refused")

    at = models.DateTimeField(default=timezone.now)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    who = models.CharField(max_length=150, blank=True)
    deed = models.CharField(max_length=100)
    """Name of the url that was posted to."""
    about = models.JSONField(default=dict, blank=True)
    """Ids and short words of the request; never a secret."""
    address = models.CharField(max_length=60, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.DONE)

    class Meta:
        verbose_name_plural = gettext_lazy("audit entries")
        indexes: ClassVar = [models.Index(fields=["-at"], name="audit_newest")]

    def __str__(self) -> str:
        return f"#{self.pk} {self.who} {self.deed}"


class NoticeQuerySet(models.QuerySet["Notice"]):
    """Notices."""

    def for_user(self, user_id: int | None) -> "NoticeQuerySet":
        """Those for all, and those for one person alone."""
        return self.filter(Q(user=None) | Q(user_id=user_id))

    def newest_first(self) -> "NoticeQuerySet":
        """Order: the latest first."""
        return self.order_by("-at", "-pk")


class Notice(models.Model):
    """Something said: to one person as an answer, or to all as news."""

    class Level(models.TextChoices):
        DONE = "DONE", gettext_lazy("Good news")
        HELD = "HELD", gettext_lazy("Worth a look")
        FAILED = "FAILED", gettext_lazy("Trouble")

    at = models.DateTimeField(default=timezone.now)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True
    )
    level = models.CharField(max_length=10, choices=Level, default=Level.DONE)
    event = models.CharField(max_length=30, blank=True)
    """What happened, for those who choose what is sent to them; empty: an answer."""
    text = models.TextField()
    url = models.CharField(max_length=300, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    """When it went out, or was found not to be wanted outside."""

    objects = NoticeQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["-at"], name="notice_newest")]

    def __str__(self) -> str:
        return f"#{self.pk} {self.text[:60]}"


class Kept(models.Model):
    """A value that pages or schedules remember, by name."""

    name = models.CharField(max_length=60, primary_key=True)
    value = models.JSONField(default=dict)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = gettext_lazy("kept")

    def __str__(self) -> str:
        return self.name

    @classmethod
    def read(cls, name: str, otherwise: Any = None) -> Any:
        """Return the value, or `otherwise`; one query."""
        found = cls.objects.filter(name=name).values_list("value", flat=True).first()
        return otherwise if found is None else found

    @classmethod
    def write(cls, name: str, value: Any) -> None:
        """Remember a value that JSON can hold."""
        cls.objects.update_or_create(
            name=name, defaults={"value": value, "changed_at": timezone.now()}
        )


class Tally(models.Model):
    """Wrong passwords from one place lately; in the database, for all processes."""

    key = models.CharField(max_length=80, primary_key=True)
    count = models.PositiveIntegerField(default=0)
    ends_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.key[:12]} {self.count}"

    @classmethod
    def add(cls, key: str, *, now: datetime, ends_at: datetime) -> None:
        """Count one more; an ended tally begins anew."""
        running = cls.objects.filter(key=key, ends_at__gt=now)
        if not running.update(count=F("count") + 1):
            cls.objects.update_or_create(
                key=key, defaults={"count": 1, "ends_at": ends_at}
            )
