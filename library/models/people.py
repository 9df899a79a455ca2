"""Who and what a title belongs to: people, genres, studios, collections."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy

from library.models.title import Title


class Person(models.Model):
    """Somebody with a part in a title."""

    name = models.CharField(max_length=300)
    tmdb_id = models.PositiveIntegerField(null=True, blank=True, unique=True)

    def __str__(self) -> str:
        return f"#{self.pk} {self.name}"


class Credit(models.Model):
    """A person's part in a title."""

    class Role(models.TextChoices):
        ACTOR = "ACTOR", gettext_lazy("Actor")
        DIRECTOR = "DIRECTOR", gettext_lazy("Director")
        WRITER = "WRITER", gettext_lazy("Writer")

    title = models.ForeignKey(Title, on_delete=models.CASCADE, related_name="credits")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="credits")
    role = models.CharField(max_length=10, choices=Role)
    character = models.CharField(max_length=300, blank=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["title", "person", "role", "character"], name="credit_once"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.role}"


class Genre(models.Model):
    """A genre's name."""

    name = models.CharField(max_length=100, unique=True)

    def __str__(self) -> str:
        return f"#{self.pk} {self.name}"


class Studio(models.Model):
    """A studio or a network."""

    class Kind(models.TextChoices):
        STUDIO = "STUDIO", gettext_lazy("Studio")
        NETWORK = "NETWORK", gettext_lazy("Network")

    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.STUDIO)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "name"], name="studio_once"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.name}"


class Collection(models.Model):
    """Titles that belong together."""

    name = models.CharField(max_length=300, unique=True)

    def __str__(self) -> str:
        return f"#{self.pk} {self.name}"
