"""Many rows written at once, as Django would write each."""

from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, transaction

from library.models import ExternalId, Item
from plexlink.models import PlexItem, PlexLibrary, PlexPart
from plexlink.services.storing import insert_rows, update_rows
from tests.factories.library import make_title
from tests.factories.plexlink import library_of, make_server
from tests.fakes.plex import FakePlex

pytestmark = pytest.mark.django_db
MOMENT = datetime(2024, 2, 29, 12, 30, 1, 250_000, tzinfo=UTC)


@pytest.fixture
def films(plex: FakePlex) -> PlexLibrary:
    return library_of(make_server(plex), "1")


def item_of(library: PlexLibrary, key: str) -> PlexItem:
    return PlexItem(
        server=library.server,
        library=library,
        rating_key=key,
        kind=PlexItem.Kind.MOVIE,
        name='Ünï % \'s "q"',
        year=1963,
        added_epoch=2**33,
        scanned_at=MOMENT,
        extras={"chapters": [["Ω", 0, 5]]},
    )


def plain(row: PlexItem) -> dict[str, object]:
    return {
        field.attname: getattr(row, field.attname)
        for field in PlexItem._meta.concrete_fields
        if field.name not in {"id", "rating_key"}
    }


class TestInsertRows:
    def test_writes_what_django_writes(self, films: PlexLibrary) -> None:
        item_of(films, "by-django").save()

        insert_rows([item_of(films, "by-us"), item_of(films, "too")])

        kept = {row.rating_key: plain(row) for row in PlexItem.objects.all()}
        assert kept["by-us"] == kept["too"] == kept["by-django"]

    def test_keeps_lists_dates_and_gaps(self, films: PlexLibrary) -> None:
        item_of(films, "1").save()
        title = make_title()
        insert_rows(
            [
                PlexPart(
                    plex_item=PlexItem.objects.get(), part_id="9", streams=[{"a": 1}]
                )
            ]
        )
        insert_rows([Item(title=title, number=None, air_date=date(1963, 12, 5))])

        part, item = PlexPart.objects.get(), title.items.get()
        assert (part.streams, part.media_file) == ([{"a": 1}], None)
        assert (item.number, item.air_date) == (None, date(1963, 12, 5))

    def test_leaves_out_twins_only_where_told(self, films: PlexLibrary) -> None:
        title = make_title()

        def row() -> ExternalId:
            return ExternalId(title=title, source="tvdb", value="7")

        insert_rows([row()])
        insert_rows([row()], ignore_conflicts=True)

        assert title.external_ids.filter(source="tvdb").count() == 1
        with pytest.raises(IntegrityError), transaction.atomic():
            insert_rows([row()])


class TestUpdateRows:
    def test_writes_these_fields_alone(self, films: PlexLibrary) -> None:
        insert_rows([item_of(films, "1"), item_of(films, "2")])
        rows = list(PlexItem.objects.order_by("pk"))
        for row in rows:
            row.name, row.year, row.extras = f"New {row.rating_key}", None, {}

        update_rows(rows, ["name", "extras"])

        kept = PlexItem.objects.order_by("pk")
        assert [(row.name, row.year, row.extras) for row in kept] == [
            ("New 1", 1963, {}),
            ("New 2", 1963, {}),
        ]
