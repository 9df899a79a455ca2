"""What rows of the library can and cannot be."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from library.models import Artwork, ExternalId, Item, MediaFile, MediaFileItem, Title
from library.walking import as_signed
from tests.factories.library import (
    EpisodeFactory,
    MediaFileFactory,
    RootFactory,
    SeasonFactory,
    TitleFactory,
)

pytestmark = pytest.mark.django_db


def refuses(make: Callable[..., Any], **values: Any) -> bool:
    try:
        with transaction.atomic():
            make(**values)
    except IntegrityError:
        return True
    return False


class TestMediaFile:
    def test_is_missing_exactly_since_a_moment(self) -> None:
        now = timezone.now()

        assert refuses(MediaFileFactory.create, state="MISSING")
        assert refuses(MediaFileFactory.create, state="PRESENT", missing_since=now)
        assert not refuses(MediaFileFactory.create, state="MISSING", missing_since=now)

    def test_lies_below_its_root(self) -> None:
        assert refuses(MediaFileFactory.create, relpath="")
        assert refuses(MediaFileFactory.create, relpath="/etc/film.mkv")
        assert not refuses(MediaFileFactory.create, relpath="film.mkv")

    def test_has_no_negative_size(self) -> None:
        assert refuses(MediaFileFactory.create, size_bytes=-1)
        assert not refuses(MediaFileFactory.create, size_bytes=0)

    def test_is_there_once_per_root(self) -> None:
        file = MediaFileFactory.create()

        assert refuses(MediaFileFactory.create, root=file.root, relpath=file.relpath)
        assert not refuses(
            MediaFileFactory.create, root=RootFactory.create(), relpath=file.relpath
        )

    def test_keeps_the_largest_inode(self) -> None:
        file = MediaFileFactory.create(inode=as_signed(2**64 - 1))

        file.refresh_from_db()
        assert file.inode == -1

    def test_waits_until_it_is_decided(self) -> None:
        for state in MediaFile.Match.values:
            MediaFileFactory.create(match_state=state)

        undecided = set(MediaFile.objects.undecided().values_list("match_state"))
        assert undecided == {("PENDING",), ("SUGGESTED",), ("UNMATCHED",)}

    def test_holds_an_item_once(self) -> None:
        file, item = MediaFileFactory.create(), EpisodeFactory.create()
        values = {"media_file": file, "item": item}

        assert not refuses(MediaFileItem.objects.create, **values)
        assert refuses(MediaFileItem.objects.create, **values)


class TestRoot:
    def test_has_an_absolute_path_of_its_own(self) -> None:
        root = RootFactory.create()

        assert refuses(RootFactory.create, path="films")
        assert refuses(RootFactory.create, path=root.path)
        assert not refuses(RootFactory.create, path="/films")


class TestItem:
    def test_of_a_season_has_a_number_of_its_own(self) -> None:
        item = EpisodeFactory.create()

        assert refuses(EpisodeFactory.create, season=item.season, number=item.number)
        assert refuses(EpisodeFactory.create, number=None)
        assert not refuses(EpisodeFactory.create, season=item.season, number=99)

    def test_without_a_season_is_the_only_one(self) -> None:
        title = TitleFactory.create()

        assert refuses(Item.objects.create, title=title, number=1)
        assert not refuses(Item.objects.create, title=title)
        assert refuses(Item.objects.create, title=title)


class TestTitle:
    def test_has_a_name_and_a_key_of_its_own(self) -> None:
        title = TitleFactory.create()

        assert refuses(TitleFactory.create, name="")
        assert refuses(TitleFactory.create, identity_key=title.identity_key)

    def test_is_found_by_words_in_any_case_and_accent(self) -> None:
        title = TitleFactory.create(name="Amélie", search_text="amelie poulain")

        assert list(Title.objects.matching("POULAIN amélie")) == [title]
        assert not Title.objects.matching("amelie 2").exists()

    @pytest.mark.parametrize("few", [1, 2000])
    def test_finds_the_same_titles_whether_few_or_many(
        self, few: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("library.models.title.FEW_FOUND", few)
        for number in range(3):
            Title.objects.create(
                kind="MOVIE",
                identity_key=f"movie:{number}",
                name=f"Film {number}",
                sort_name=f"film {number}",
                search_text=f"film {number}",
                year=1990 + number,
            )

        found = Title.objects.matching("film")

        assert found.count() == 3
        assert [row.year for row in found.by_name()] == [1990, 1991, 1992]
        assert [row.year for row in Title.objects.matching("film 1992")] == [1992]

    def test_is_in_the_library_while_a_file_is_there(self) -> None:
        here, gone, bare = (
            TitleFactory.create(),
            TitleFactory.create(),
            TitleFactory.create(),
        )
        MediaFileFactory.create(title=here)
        MediaFileFactory.create(
            title=gone, state="MISSING", missing_since=timezone.now()
        )

        assert list(Title.objects.with_files()) == [here]
        assert bare not in Title.objects.with_files()


class TestSeason:
    def test_is_there_once_per_title(self) -> None:
        season = SeasonFactory.create()

        assert refuses(SeasonFactory.create, title=season.title, number=season.number)
        assert not refuses(SeasonFactory.create, number=season.number)


class TestExternalId:
    def test_belongs_to_a_title_or_an_item(self) -> None:
        title, item = TitleFactory.create(), EpisodeFactory.create()
        values = {"source": "tmdb", "value": "1"}
        create = ExternalId.objects.create

        assert refuses(create, **values)
        assert refuses(create, title=title, item=item, **values)
        assert not refuses(create, title=title, **values)
        assert refuses(create, title=title, **values)
        assert not refuses(create, item=item, **values)


class TestArtwork:
    def test_is_there_once_per_role_also_without_a_season(self) -> None:
        season = SeasonFactory.create()
        values = {"title": season.title, "role": "POSTER", "origin": "LOCAL"}
        create = Artwork.objects.create

        assert not refuses(create, **values)
        assert refuses(create, **values)
        assert not refuses(create, season=season, **values)
