"""A title and the drives it is on, or could be put on."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from drives.completeness import Count
from drives.contexts.cards import DriveCard, build_cards
from drives.models import Drive
from drives.services import comparing
from drives.services.comparing import Held
from library.models import Item, Season, Title
from syncqueue.contexts.wishes import WishRow, list_wishes, part_words
from syncqueue.models import QueueItem


@dataclass(frozen=True, slots=True)
class Placing:
    """How a title stands on one drive, and what is wished there."""

    drive: DriveCard
    count: Count
    wish: WishRow | None
    """The open wish for exactly this."""
    is_covered: bool
    """Whether a wish for the whole covers this part."""

    @property
    def state(self) -> str:
        """Return the state."""
        return self.count.state

    @property
    def element(self) -> str:
        """Id of its element on the page."""
        return f"placing-{self.drive.pk}"

    @property
    def can_put(self) -> bool:
        """Whether there is anything left to wish for."""
        return self.wish is None and not self.is_covered and self.state != "COMPLETE"

    @property
    def free_bytes(self) -> int | None:
        """Room on the drive; None when it was never known."""
        return self.drive.space.free_bytes if self.drive.space else None


@dataclass(frozen=True, slots=True)
class Placings:
    """A title, season or item, and every drive."""

    title: Title
    season: Season | None
    item: Item | None
    part: str
    unit: str
    """What is counted, in the plural; empty for a movie."""
    rows: tuple[Placing, ...]
    is_live: bool

    @property
    def url(self) -> str:
        """Where the very same rows are found."""
        asked = {"title": self.title.pk}
        asked |= {"season": self.season.pk} if self.season else {}
        asked |= {"item": self.item.pk} if self.item else {}
        return f"{reverse('put_on_drive')}?{urlencode(asked)}"

    @classmethod
    def build(
        cls, title: Title, *, season: Season | None = None, item: Item | None = None
    ) -> "Placings":
        """Make it; a fixed number of queries, whatever the number of drives."""
        cards = build_cards(Drive.objects.by_name())
        held = {row.drive_id: row for row in _held(title, season, item)}
        wishes = _wishes(title)
        rows = tuple(
            _placing(card, held.get(card.pk), wishes, season, item) for card in cards
        )
        is_counted = title.kind == Title.Kind.SHOW and item is None
        return cls(
            title=title,
            season=season,
            item=item,
            part=part_words(season, item),
            unit="episode" if is_counted else "",
            rows=tuple(sorted(rows, key=lambda row: not row.drive.is_attached)),
            is_live=any(
                row.wish is not None
                and row.drive.is_attached
                and row.wish.state in {"WAITING", "COPYING"}
                for row in rows
            ),
        )


def _held(title: Title, season: Season | None, item: Item | None) -> list[Held]:
    if item is not None:
        return comparing.count_items(title_id=title.pk).get(item.pk, [])
    if season is not None:
        return comparing.count_seasons(title_id=title.pk).get(season.pk, [])
    return comparing.count_titles_on_all(title_ids=[title.pk]).get(title.pk, [])


Key = tuple[int, int | None, int | None]


def _wishes(title: Title) -> dict[Key, WishRow]:
    found = list(
        QueueItem.objects.open()
        .filter(title=title)
        .select_related("title", "season", "item", "created_by")
        .in_order()
    )
    rows = list_wishes(found)
    return {
        (wish.drive_id, wish.season_id, wish.item_id): row
        for wish, row in zip(found, rows, strict=True)
    }


def _placing(
    card: DriveCard,
    held: Held | None,
    wishes: dict[Key, WishRow],
    season: Season | None,
    item: Item | None,
) -> Placing:
    season_id = season.pk if season else None
    wider: list[Key] = []
    if item is not None:
        wider.append((card.pk, season_id, None))
    if season is not None:
        wider.append((card.pk, None, None))
    return Placing(
        drive=card,
        count=held.count if held else Count(want=1, have=0),
        wish=wishes.get((card.pk, season_id, item.pk if item else None)),
        is_covered=any(key in wishes for key in wider),
    )
