"""LibraryScan: what one scan of a root found."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from drivearr.jobs.models import Job
from library.models.root import Root


class LibraryScan(models.Model):
    """The counts of one scan."""

    root = models.ForeignKey(Root, on_delete=models.CASCADE, related_name="scans")
    job = models.OneToOneField(
        Job, on_delete=models.SET_NULL, related_name="+", null=True, blank=True
    )
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    is_deep = models.BooleanField(default=False)
    seen = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    moved = models.PositiveIntegerField(default=0)
    missing = models.PositiveIntegerField(default=0)
    returned = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    ignored = models.PositiveIntegerField(default=0)
    errors = models.PositiveIntegerField(default=0)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["root", "-started_at"], name="library_scan_newest")
        ]

    def __str__(self) -> str:
        return f"#{self.pk} of root {self.root_id}"
