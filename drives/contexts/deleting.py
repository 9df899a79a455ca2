"""Making room on a drive: what could go, and exactly which files would."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Sum
from django.http import QueryDict

from drivearr.jobs.models import Job
from drivearr.web.paging import Span
from drivearr.web.reading import read_ids
from drives.contexts.cards import DriveCard, build_cards
from drives.jobs import DELETE
from drives.models import Drive, DriveFile
from drives.services.deleting import list_deletable
from drives.services.weighing import Weight, weigh
from library.models import Season, Title

PER_PAGE = 100
FILES_SHOWN = 500


@dataclass(frozen=True, slots=True)
class Deletable:
    """A title of which something could be deleted."""

    title_id: int
    name: str
    files: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class RoomPage:
    """Titles on a drive, the largest first."""

    drive: DriveCard
    rows: tuple[Deletable, ...]
    span: Span
    is_deleting: bool

    @classmethod
    def build(cls, drive: Drive, asked: QueryDict) -> "RoomPage":
        """Make it; a fixed number of queries."""
        files = DriveFile.objects.ours().present().filter(drive=drive)
        grouped = (
            files.filter(title__isnull=False)
            .order_by()
            .values_list("title", "title__name", "title__year")
            .annotate(files=Count("pk"), size=Sum("size_bytes"))
            .order_by("-size", "title")
        )
        span = Span.of(
            asked=asked.get("page"), total=grouped.count(), per_page=PER_PAGE
        )
        return cls(
            drive=build_cards([drive])[0],
            rows=tuple(
                Deletable(pk, f"{name} ({year})" if year else name, count, size)
                for pk, name, year, count, size in grouped[span.start : span.stop]
            ),
            span=span,
            is_deleting=is_deleting(drive),
        )


def is_deleting(drive: Drive) -> bool:
    """Whether a deleting is under way already."""
    return Job.objects.active().of(DELETE.name, drive.subject).exists()


@dataclass(frozen=True, slots=True)
class DeletePage:
    """The files that would go, before one does."""

    drive: DriveCard
    titles: tuple[str, ...]
    files: tuple[DriveFile, ...]
    weight: Weight
    refusal: str = ""
    advice: str = ""

    @property
    def only_here(self) -> int:
        """How many files the library could not give again now."""
        return len(self.weight.only_here)

    @property
    def shown(self) -> Sequence[DriveFile]:
        """The first files, before all those that are nowhere else."""
        only = self.weight.only_here
        return sorted(self.files, key=lambda file: file.pk not in only)[:FILES_SHOWN]

    @property
    def more(self) -> int:
        """How many files are not shown."""
        return max(0, len(self.files) - FILES_SHOWN)

    @property
    def size_bytes(self) -> int:
        """What becomes free."""
        return sum(file.size_bytes for file in self.files)

    @property
    def file_ids(self) -> str:
        """The files in one field: a form takes only so many fields."""
        return ",".join(str(file.pk) for file in self.files)

    @classmethod
    def build(cls, drive: Drive, asked: QueryDict) -> "DeletePage":
        """Make it for the titles and seasons that the address names."""
        titles = Title.objects.filter(pk__in=read_ids(asked.getlist("title")))
        seasons = Season.objects.filter(pk__in=read_ids(asked.getlist("season")))
        files = list_deletable(drive=drive, titles=titles, seasons=seasons)
        names = dict.fromkeys(file.title.label for file in files if file.title)
        weight = weigh(drive=drive, files=files)
        return cls(build_cards([drive])[0], tuple(names), files, weight)

    @classmethod
    def of_files(
        cls, drive: Drive, file_ids: Sequence[int], refusal: str = "", advice: str = ""
    ) -> "DeletePage":
        """Make it for files that were named."""
        files = list_deletable(drive=drive, file_ids=file_ids)
        weight = weigh(drive=drive, files=files)
        return cls(build_cards([drive])[0], (), files, weight, refusal, advice)


@dataclass(frozen=True, slots=True)
class ForeignPage:
    """One file of others that would go."""

    drive: Drive
    file: DriveFile
    refusal: str = ""
    advice: str = ""
