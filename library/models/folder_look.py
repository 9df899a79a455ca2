"""FolderLook: how a folder looked when a scan last read its listing."""

from typing import ClassVar

from django.db import models

from library.models.root import Root


class FolderLook(models.Model):
    """One folder below a root whose listing need not be read while it looks the same."""

    root = models.ForeignKey(
        Root, on_delete=models.CASCADE, related_name="folder_looks"
    )
    relpath = models.CharField(max_length=1000, blank=True)
    """Empty: the root itself."""
    mtime_ns = models.BigIntegerField()
    """Below zero: to be read again, whatever it looks like."""
    device = models.BigIntegerField()
    inode = models.BigIntegerField()
    files = models.PositiveIntegerField(default=0)
    """How many videos and side files were in it."""
    ignored = models.PositiveIntegerField(default=0)
    """What was passed over in it."""
    folders = models.TextField(blank=True)
    """Names of the folders in it, with slashes between them."""

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["root", "relpath"], name="folder_look_once_per_root"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.relpath}"
