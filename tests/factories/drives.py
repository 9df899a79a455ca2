"""Drives, attachments and files on drives for tests."""

import factory
from factory.django import DjangoModelFactory

from drives.models import Attachment, Drive, DriveFile


class DriveFactory(DjangoModelFactory[Drive]):
    """A known drive that is plugged in nowhere."""

    class Meta:
        model = Drive

    name = factory.Sequence(lambda n: f"Drive {n}")
    is_folder = True


class AttachmentFactory(DjangoModelFactory[Attachment]):
    """A drive's place now; give `path` a real folder where files are looked at."""

    class Meta:
        model = Attachment

    drive = factory.SubFactory(DriveFactory)
    host = "here"
    path = factory.Sequence(lambda n: f"/media/drive-{n}")
    filesystem = "ext4"
    total_bytes = 64 * 1024**3
    free_bytes = 32 * 1024**3


class DriveFileFactory(DjangoModelFactory[DriveFile]):
    """A file that we wrote to a drive; `items=[…]` says what it holds."""

    class Meta:
        model = DriveFile
        skip_postgeneration_save = True

    drive = factory.SubFactory(DriveFactory)
    relpath = factory.Sequence(lambda n: f"Movies/Film {n}/Film {n}.mkv")
    origin = DriveFile.Origin.OURS
    size_bytes = 1000

    @factory.post_generation
    def items(self, create, extracted, **_kwargs):  # type: ignore[no-untyped-def]
        """Say which items the file holds."""
        if create and extracted:
            self.items.add(*extracted)
