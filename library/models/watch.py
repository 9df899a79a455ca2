"""WatchState: neutral facts on who has watched what."""

from typing import ClassVar

from django.db import models

from library.models.title import Item


class WatchState(models.Model):
    """Whether one viewer has watched one item."""

    item = models.ForeignKey(
        Item, on_delete=models.CASCADE, related_name="watch_states"
    )
    viewer = models.CharField(max_length=100)
    is_watched = models.BooleanField(default=False)
    position_seconds = models.PositiveIntegerField(default=0)
    viewed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["item", "viewer"], name="watch_state_once_per_viewer"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.viewer}"
