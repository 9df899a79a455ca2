"""Taking back what a person just said of files: each is again what it was before."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from library.models import MediaFile, Title
from library.naming import parse
from library.services.linking import ItemFinder, Numbers, link_files
from library.services.merging import drop_if_unused

_STATES = tuple(MediaFile.Match.values)
_BY = ("", *MediaFile.MatchedBy.values)
_WRITTEN = ("title", "match_state", "matched_by", "match_reason", "matched_at")
BATCH_FILES = 500
UNDO = "library.decided"
"""Name under which what was said of files can be taken back."""


@dataclass(frozen=True, slots=True)
class Former:
    """What a file was taken for."""

    file_id: int
    title_id: int | None
    state: str
    by: str

    @classmethod
    def of(cls, file: MediaFile) -> "Former":
        """Return what a file is taken for now."""
        return cls(file.pk, file.title_id, file.match_state, file.matched_by)

    @property
    def head(self) -> tuple[int, int, int]:
        """What it shares with others: title, state and by whom, as numbers."""
        return (
            self.title_id or 0,
            _STATES.index(self.state),
            _BY.index(self.by) if self.by in _BY else 0,
        )


def pack(formers: Iterable[Former]) -> list[int]:
    """Return them as numbers: title, state, by whom, how many files, the files."""
    numbers: list[int] = []
    ordered = sorted(formers, key=lambda each: (each.head, each.file_id))
    for head, some in groupby(ordered, key=lambda each: each.head):
        pks = [each.file_id for each in some]
        numbers += [*head, len(pks), *pks]
    return numbers


def unpack(numbers: Sequence[int]) -> Iterator[Former]:
    """Return what `pack` was given.

    Raises: ValueError for numbers that it never gives.
    """
    left = list(numbers)
    while left:
        if len(left) < 4:  # noqa: PLR2004 - the head of a group
            raise ValueError(gettext("no group"))
        title, state, by, count = left[:4]
        pks, left = left[4 : 4 + count], left[4 + count :]
        if len(pks) != count or not count or max(state, by, 0) >= len(_STATES):
            raise ValueError(gettext("a broken group"))
        for pk in pks:
            yield Former(pk, title or None, _STATES[state], _BY[min(by, len(_BY) - 1)])


def list_current(formers: Iterable[Former]) -> list[Former]:
    """Return what the same files are taken for now; one query."""
    pks = [each.file_id for each in formers]
    return [Former.of(file) for file in MediaFile.objects.in_bulk(pks).values()]


def are_known(formers: Iterable[Former]) -> bool:
    """Whether the titles of all of them are still there; one query."""
    titles = {each.title_id for each in formers if each.title_id}
    return Title.objects.filter(pk__in=titles).count() == len(titles)


def restore(*, formers: Iterable[Former]) -> int:
    """Let files be again what they were; returns how many."""
    known = list(formers)
    titles = Title.objects.in_bulk({each.title_id for each in known if each.title_id})
    finder = ItemFinder(titles.values())
    done = 0
    for start in range(0, len(known), BATCH_FILES):
        done += _restore(known[start : start + BATCH_FILES], titles, finder)
    return done


@transaction.atomic
def _restore(
    formers: Sequence[Former], titles: Mapping[int, Title], finder: ItemFinder
) -> int:
    rows = MediaFile.objects.select_related("root").in_bulk(
        [each.file_id for each in formers]
    )
    work = [(rows[each.file_id], each) for each in formers if each.file_id in rows]
    was = {file.title_id for file, _ in work} - {None}
    told: dict[int, tuple[Title, Numbers]] = {}
    now = timezone.now()
    for file, former in work:
        title = titles.get(former.title_id or 0)
        is_lost = former.state == MediaFile.Match.MATCHED and title is None
        file.title = title
        # A title that nobody used any more is gone: identifying finds it again.
        file.match_state = MediaFile.Match.PENDING.value if is_lost else former.state
        file.matched_by = "" if is_lost else former.by
        file.match_reason = "" if is_lost else "as it was before"
        file.matched_at = now
        if title is not None and file.match_state == MediaFile.Match.MATCHED:
            told[file.pk] = title, Numbers.of(parse(file.relpath, file.root.kind))
    MediaFile.objects.bulk_update([file for file, _ in work], _WRITTEN, batch_size=100)
    finder.make_missing(told.values())
    link_files(
        {
            file.pk: finder.find(*told[file.pk]) if file.pk in told else ()
            for file, _ in work
        }
    )
    for pk in was - {file.title_id for file, _ in work}:
        drop_if_unused(title_id=pk or 0)
    return len(rows)
