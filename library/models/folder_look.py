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
    ignored = models.PositiveIntegerField(default=0)
    """What was passed over in it."""
    folders = models.TextField(blank=True)
    """Names of the folders in it, with slashes between them."""
    names = models.TextField(blank=True)
    """Names of its videos and side files, with two slashes between them."""
    digest = models.CharField(max_length=16, blank=True)
    """Of their sizes and times (library.walking)."""
    videos = models.PositiveIntegerField(default=0)
    video_tally = models.BigIntegerField(default=0)
    """A sum over sizes and times that the rows of these files have as well."""
    sides = models.PositiveIntegerField(default=0)
    side_tally = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["root", "relpath"], name="folder_look_once_per_root"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.relpath}"
