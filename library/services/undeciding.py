"""Taking back what a person just said of files: each is again what it was before."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from library.models import MediaFile, Title
from library.naming import parse
from library.services.linking import Numbers, find_items, link_items
from library.services.merging import drop_if_unused

_STATES = tuple(MediaFile.Match.values)
_BY = ("", *MediaFile.MatchedBy.values)
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
    files = MediaFile.objects.select_related("root", "title")
    rows = files.in_bulk([each.file_id for each in known])
    titles = Title.objects.in_bulk({each.title_id for each in known if each.title_id})
    for former in known:
        row = rows.get(former.file_id)
        if row is not None:
            _restore(row, former, titles.get(former.title_id or 0))
    return len(rows)


@transaction.atomic
def _restore(file: MediaFile, former: Former, title: Title | None) -> None:
    was = file.title_id
    is_lost = former.state == MediaFile.Match.MATCHED and title is None
    # A title that nobody used any more is gone: identifying finds it again.
    state = MediaFile.Match.PENDING.value if is_lost else former.state
    MediaFile.objects.filter(pk=file.pk).update(
        title=title,
        match_state=state,
        matched_by="" if is_lost else former.by,
        match_reason="" if is_lost else "as it was before",
        matched_at=timezone.now(),
    )
    items = []
    if title is not None and state == MediaFile.Match.MATCHED:
        numbers = Numbers.of(parse(file.relpath, file.root.kind))
        items = find_items(title=title, numbers=numbers)
    link_items(file=file, items=items)
    if (was is not None and was != file.title_id) or (
        was is not None and title is None
    ):
        drop_if_unused(title_id=was)
