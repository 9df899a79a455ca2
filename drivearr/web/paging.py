"""Pages of a long list, by number, with links that work without script."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
LARGEST_PAGE = 1_000_000


@dataclass(frozen=True, slots=True)
class Span:
    """Which part of a list a page shows."""

    number: int
    """Counted from 1."""
    pages: int
    per_page: int
    total: int

    @classmethod
    def of(cls, *, asked: str | None, total: int, per_page: int) -> "Span":
        """Return the page asked for; the nearest one when there is no such page."""
        pages = max(1, -(-total // per_page))
        return cls(min(read_number(asked), pages), pages, per_page, total)

    @property
    def start(self) -> int:
        """Offset of its first row."""
        return (self.number - 1) * self.per_page

    @property
    def stop(self) -> int:
        """Offset behind its last row."""
        return min(self.total, self.start + self.per_page)

    @property
    def first(self) -> int:
        """Number of its first row as people count; 0 when there is none."""
        return self.start + 1 if self.total else 0

    @property
    def previous(self) -> int | None:
        """The page before."""
        return self.number - 1 if self.number > 1 else None

    @property
    def next(self) -> int | None:
        """The page behind."""
        return self.number + 1 if self.number < self.pages else None

    @property
    def is_needed(self) -> bool:
        """Whether there is more than one page."""
        return self.pages > 1

    @property
    def window(self) -> tuple[int | None, ...]:
        """Page numbers to link: the ends and the neighbours; None is a gap."""
        near = {
            1,
            self.pages,
            *range(max(1, self.number - 1), min(self.pages, self.number + 1) + 1),
        }
        shown: list[int | None] = []
        for number in sorted(near):
            last = shown[-1] if shown else None
            if last is not None and number - last > 1:
                shown.append(None)
            shown.append(number)
        return tuple(shown)


@dataclass(frozen=True, slots=True)
class Paged(Generic[T]):
    """Rows of one page, and which page it is."""

    rows: Sequence[T]
    span: Span


def read_number(asked: str | None) -> int:
    """Read a page number out of a query; nonsense is page 1, the huge is cut."""
    text = (asked or "").strip()
    if not (text.isascii() and text.isdigit()):
        return 1
    return max(1, min(int(text[:12]), LARGEST_PAGE))
