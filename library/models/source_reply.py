"""SourceReply: a cached reply of a metadata source, to spare the service."""

from typing import ClassVar

from django.db import models


class SourceReply(models.Model):
    """One reply; purged inside the six months that TMDb's terms allow."""

    source = models.CharField(max_length=10)
    key = models.CharField(max_length=64)
    """SHA-256 of path, parameters and language; holds no secret."""
    path = models.CharField(max_length=300)
    body = models.JSONField()
    fetched_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "key"], name="source_reply_once"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.source} {self.path}"
