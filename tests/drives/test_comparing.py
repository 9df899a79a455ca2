"""Completeness counts items, in one query, whatever the library's size."""

import pytest
from pytest_django import DjangoAssertNumQueries

from drives.completeness import Completeness, Count
from drives.contexts.marking import DriveMarker
from drives.models import Drive, DriveFile
from drives.services import comparing
from library.models import Item, MediaFile, Title
from tests.drives.rows import make_episode, make_file, make_movie, make_title
from tests.factories.drives import DriveFactory, DriveFileFactory

pytestmark = pytest.mark.django_db


def hold(
    drive: Drive, file: MediaFile, *, fingerprint: str | None = None, **facts: str
) -> DriveFile:
    """Put a copy of a library file on a drive."""
    mark = file.fingerprint if fingerprint is None else fingerprint
    return DriveFileFactory.create(
        drive=drive,
        media_file=file,
        title=file.title,
        items=list(file.items.all()),
        source_fingerprint=mark,
        **facts,
    )


def count(drive: Drive, title: Title) -> Count:
    return comparing.count_titles(drive=drive)[title.pk]


@pytest.fixture
def drive() -> Drive:
    return DriveFactory.create()


@pytest.fixture
def show() -> Title:
    return make_title("Show", kind="SHOW")


class TestState:
    @pytest.mark.parametrize(
        ("count", "state"),
        [
            (Count(want=3, have=0), "MISSING"),
            (Count(want=3, have=1), "PARTIAL"),
            (Count(want=3, have=3), "COMPLETE"),
            (Count(want=3, have=3, outdated=1), "OUTDATED"),
            (Count(want=3, have=2, outdated=2), "PARTIAL"),
            (Count(want=1, have=0, begun=1), "PARTIAL"),
        ],
    )
    def test_follows_from_the_counts(self, count: Count, state: str) -> None:
        assert count.state == state
        assert count.label == state.capitalize()


class TestCountTitles:
    def test_misses_what_is_not_there(self, drive: Drive) -> None:
        title, _, _ = make_movie()

        assert count(drive, title) == Count(want=1, have=0)

    def test_counts_a_movie(self, drive: Drive) -> None:
        title, _, file = make_movie()
        hold(drive, file)

        assert count(drive, title) == Count(want=1, have=1)

    @pytest.mark.parametrize("state", ["ALTERED", "VANISHED"])
    def test_counts_only_what_is_present(self, drive: Drive, state: str) -> None:
        title, _, file = make_movie()
        hold(drive, file, state=state)

        assert count(drive, title).state == "MISSING"

    def test_counts_no_side_files(self, drive: Drive) -> None:
        title, _, file = make_movie()
        hold(drive, file, kind="SIDE")

        assert count(drive, title).state == "MISSING"

    def test_counts_what_others_put_there(self, drive: Drive) -> None:
        title, item, _ = make_movie()
        DriveFileFactory.create(
            drive=drive, origin="FOREIGN", title=title, items=[item]
        )

        assert count(drive, title).state == "COMPLETE"

    def test_keeps_drives_apart(self, drive: Drive) -> None:
        title, _, file = make_movie()
        hold(DriveFactory.create(), file)

        assert count(drive, title).state == "MISSING"

    def test_counts_episodes_and_specials(self, drive: Drive, show: Title) -> None:
        numbers = [(0, 1), (1, 1), (1, 2), (2, 1)]
        files = [make_file(show, [make_episode(show, s, n)]) for s, n in numbers]
        make_episode(show, 1, 3)  # aired, but the library has no file of it
        hold(drive, files[0])
        hold(drive, files[1])

        assert count(drive, show) == Count(want=4, have=2)

        for file in files[2:]:
            hold(drive, file)
        assert count(drive, show) == Count(want=4, have=4)

    def test_counts_every_item_of_a_double_episode(
        self, drive: Drive, show: Title
    ) -> None:
        double = [make_episode(show, 1, 1), make_episode(show, 1, 2)]
        file = make_file(show, double)
        make_file(show, [make_episode(show, 1, 3)])
        hold(drive, file)

        assert count(drive, show) == Count(want=3, have=2)

    def test_is_content_with_one_of_several_versions(self, drive: Drive) -> None:
        title, item, _ = make_movie()
        other = make_file(title, [item])
        hold(drive, other)

        assert count(drive, title).state == "COMPLETE"

    def test_needs_every_part_of_a_film_in_parts(self, drive: Drive) -> None:
        title = make_title("Long")
        item = Item.objects.create(title=title)
        parts = [make_file(title, [item], part=number) for number in (1, 2)]
        hold(drive, parts[0])
        assert count(drive, title) == Count(want=1, have=0, begun=1)
        assert count(drive, title).state == "PARTIAL"

        hold(drive, parts[1])
        assert count(drive, title) == Count(want=1, have=1)

    def test_takes_a_whole_version_for_all_parts(self, drive: Drive) -> None:
        title = make_title("Long")
        item = Item.objects.create(title=title)
        for number in (1, 2):
            make_file(title, [item], part=number)
        hold(drive, make_file(title, [item]))

        assert count(drive, title).state == "COMPLETE"

    def test_is_outdated_when_the_library_file_was_replaced(self, drive: Drive) -> None:
        title, _, file = make_movie()
        hold(drive, file, fingerprint="5-before")

        assert count(drive, title) == Count(want=1, have=1, outdated=1)
        assert comparing.current_items(drive=drive) == set()

    def test_is_outdated_when_another_file_took_its_place(self, drive: Drive) -> None:
        title, item, file = make_movie()
        hold(drive, file)
        MediaFile.objects.update(state="MISSING", missing_since=title.added_at)
        assert count(drive, title).state == "COMPLETE"

        make_file(title, [item])
        assert count(drive, title).state == "OUTDATED"

    def test_is_current_while_any_copy_of_it_is(self, drive: Drive) -> None:
        title, item, file = make_movie()
        hold(drive, file, fingerprint="5-before")
        hold(drive, file)

        assert count(drive, title).state == "COMPLETE"
        assert comparing.current_items(drive=drive) == {item.pk}

    @pytest.mark.parametrize("unknown", ["library", "drive"])
    def test_blames_nothing_without_a_fingerprint(
        self, drive: Drive, unknown: str
    ) -> None:
        title, _, file = make_movie()
        hold(drive, file, fingerprint="" if unknown == "drive" else "5-x")
        if unknown == "library":
            MediaFile.objects.update(fingerprint="")

        assert count(drive, title).state == "COMPLETE"

    def test_stays_current_when_the_librarys_rows_were_made_anew(
        self, drive: Drive
    ) -> None:
        title, item, file = make_movie()
        hold(drive, file)
        fingerprint = file.fingerprint
        file.delete()
        make_file(title, [item], fingerprint=fingerprint)

        assert count(drive, title).state == "COMPLETE"

    def test_wants_nothing_that_the_library_gave_away(
        self, drive: Drive, show: Title
    ) -> None:
        kept = make_file(show, [make_episode(show, 1, 1)])
        make_file(show, [make_episode(show, 1, 2)], state="MISSING")
        hold(drive, kept)

        assert count(drive, show) == Count(want=1, have=1)

    def test_still_counts_what_only_the_drive_holds(
        self, drive: Drive, show: Title
    ) -> None:
        gone = make_file(show, [make_episode(show, 1, 1)], state="MISSING")
        make_file(show, [make_episode(show, 1, 2)])
        hold(drive, gone)

        assert count(drive, show) == Count(want=2, have=1)

    def test_asks_once(
        self, drive: Drive, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for number in range(20):
            _, _, file = make_movie(f"Film {number}")
            hold(drive, file)
            with django_assert_num_queries(1):
                assert len(comparing.count_titles(drive=drive)) == number + 1

    def test_asks_for_some_titles_only(self, drive: Drive) -> None:
        title, _, _ = make_movie("One")
        make_movie("Other")

        assert set(comparing.count_titles(drive=drive, title_ids=[title.pk])) == {
            title.pk
        }
        assert comparing.count_titles(drive=drive, title_ids=[]) == {}


class TestCountTitlesOnAll:
    def test_tells_every_drive_in_one_query(
        self, drive: Drive, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        title, _, file = make_movie()
        full = DriveFactory.create()
        hold(full, file)

        with django_assert_num_queries(1):
            found = comparing.count_titles_on_all(title_ids=[title.pk])

        states = {held.drive_id: held.state for held in found[title.pk]}
        assert states == {drive.pk: "MISSING", full.pk: "COMPLETE"}

    def test_takes_more_titles_than_a_query_can(
        self, drive: Drive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(comparing, "IDS_MOST", 1)
        pks = [make_movie(name)[0].pk for name in ("A", "B", "C")]

        assert set(comparing.count_titles_on_all(title_ids=pks[:2])) == set(pks[:2])


class TestCountSeasonsAndItems:
    def test_tell_each_apart(
        self,
        drive: Drive,
        show: Title,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        numbers = [(0, 1), (1, 1), (1, 2)]
        items = [make_episode(show, s, n) for s, n in numbers]
        files = [make_file(show, [item]) for item in items]
        hold(drive, files[1])
        seasons = {s.number: s.pk for s in show.seasons.order_by("pk")}

        with django_assert_num_queries(2):
            by_season = comparing.count_seasons(title_id=show.pk)
            by_item = comparing.count_items(title_id=show.pk)

        assert [h.state for h in by_season[seasons[0]]] == [Completeness.MISSING]
        assert [h.count for h in by_season[seasons[1]]] == [Count(want=2, have=1)]
        states = [by_item[item.pk][0].state for item in items]
        assert states == ["MISSING", "COMPLETE", "MISSING"]

    def test_say_the_same_of_seasons_as_the_marks_do(
        self, drive: Drive, show: Title
    ) -> None:
        items = [make_episode(show, s, n) for s, n in [(0, 1), (1, 1), (1, 2), (2, 1)]]
        files = [make_file(show, [item]) for item in items]
        for file in files[:2]:
            hold(drive, file)
        kept = make_episode(show, 2, 2)
        hold(drive, make_file(show, [kept], state="MISSING"))
        those = [*items, kept]
        seasons = {each.pk: each.season_id for each in those if each.season_id}

        by_season, _ = DriveMarker().mark_parts(show.pk, seasons)

        asked = comparing.count_seasons(title_id=show.pk)
        assert {
            pk: [(m.have, m.want) for m in some] for pk, some in by_season.items()
        } == {
            pk: [(h.count.have, h.count.want) for h in some]
            for pk, some in asked.items()
        }
        assert set(by_season) == set(seasons.values())

    def test_have_no_season_for_a_movie(self, drive: Drive) -> None:
        title, item, _ = make_movie()

        assert comparing.count_seasons(title_id=title.pk) == {}
        assert set(comparing.count_items(title_id=title.pk)) == {item.pk}
