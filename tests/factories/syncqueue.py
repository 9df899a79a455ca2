"""Wishes and copies for tests."""

import factory
from factory.django import DjangoModelFactory

from library.models import Title
from syncqueue.models import Copy, QueueItem
from tests.factories.drives import DriveFactory
from tests.factories.library import make_title


class QueueItemFactory(DjangoModelFactory[QueueItem]):
    """A wish for a whole title that waits."""

    class Meta:
        model = QueueItem

    drive = factory.SubFactory(DriveFactory)

    @factory.lazy_attribute
    def title(self) -> Title:
        """Make a film to wish for."""
        return make_title()


class CopyFactory(DjangoModelFactory[Copy]):
    """A file of a wish that nobody has begun."""

    class Meta:
        model = Copy

    queue_item = factory.SubFactory(QueueItemFactory)
    drive = factory.SelfAttribute("queue_item.drive")
    source_path = factory.Sequence(lambda n: f"/library/Film {n}.mkv")
    relpath = factory.Sequence(lambda n: f"Movies/Film {n}/Film {n}.mkv")
    size_bytes = 1000
