"""What a plan suggests to delete: reasons, and what it never suggests."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from drivearr.lib.progress import SilentProgress
from drives.models import Attachment, Drive, DriveFile
from drives.services import weighing
from drives.services.profiling import edit_profile
from library.models import Item, MediaFile, Root, Title, WatchState
from syncqueue.models import QueueItem
from syncqueue.services import draining, suggesting, wishing
from syncqueue.services.planning import plan_drive
from syncqueue.services.suggesting import Suggestion
from tests.factories.library import make_movie, make_show

pytestmark = pytest.mark.django_db(transaction=True)
_MB = 1_000_000


@pytest.fixture
def films(root: Root, drive: Drive) -> dict[str, Title]:
    """Three on the drive, one of them watched; a fourth waits, and there is no room."""
    found = {}
    for age, name in enumerate(("Oldest", "Middle", "Newest")):
        found[name] = make_movie(root, name, data=b"x" * _MB)
        wishing.add_wish(drive=drive, title=found[name])
        draining.copy_to_drive(drive_id=drive.pk, progress=SilentProgress())
        when = timezone.now() - timedelta(days=30 - age)
        DriveFile.objects.filter(title=found[name]).update(copied_at=when)
        QueueItem.objects.filter(title=found[name]).update(created_at=when)
    found["Waits"] = make_movie(root, "Waits", data=b"y" * _MB)
    wishing.add_wish(drive=drive, title=found["Waits"])
    Attachment.objects.filter(drive=drive).update(free_bytes=_MB // 2)
    return found


def watch(title: Title, viewer: str = "Ada", *, is_watched: bool = True) -> None:
    for item in Item.objects.filter(title=title):
        WatchState.objects.create(
            item=item,
            viewer=viewer,
            is_watched=is_watched,
            position_seconds=0 if is_watched else 600,
            viewed_at=timezone.now(),
        )


def suggest(drive: Drive) -> Suggestion:
    found = suggesting.suggest_room(drive=drive, plan=plan_drive(drive=drive))
    assert found is not None
    return found


def names(drive: Drive) -> list[str]:
    return [part.name for part in suggest(drive).choice.parts]


class TestSuggestRoom:
    def test_is_silent_when_all_fits(self, root: Root, drive: Drive) -> None:
        wishing.add_wish(drive=drive, title=make_movie(root))

        plan = plan_drive(drive=drive)

        assert suggesting.suggest_room(drive=drive, plan=plan) is None

    def test_suggests_what_nobody_wanted_for_the_longest_time(
        self, drive: Drive, films: dict[str, Title]
    ) -> None:
        found = suggest(drive)

        assert [part.name for part in found.choice.parts] == ["Oldest (1999)"]
        assert "wished for by nobody since" in suggesting.words_of(
            found.choice.parts[0]
        )
        assert found.is_enough
        assert found.lacking_bytes == pytest.approx(_MB // 2, abs=10_000)

    def test_suggests_what_was_watched_first(
        self, drive: Drive, films: dict[str, Title]
    ) -> None:
        watch(films["Newest"])

        [part] = suggest(drive).choice.parts

        assert part.name == "Newest (1999)"
        assert suggesting.words_of(part).startswith("watched by Ada, last on 20")

    def test_counts_only_the_owners_watching_where_it_is_known(
        self, drive: Drive, films: dict[str, Title]
    ) -> None:
        edit_profile(drive=drive, owner="grandma")
        watch(films["Newest"], "Ada")
        watch(films["Middle"], "Grandma")
        drive.refresh_from_db()

        assert names(drive) == ["Middle (1999)"]

    def test_leaves_what_somebody_is_in_the_middle_of(
        self, drive: Drive, films: dict[str, Title]
    ) -> None:
        watch(films["Newest"], "Ada")
        watch(films["Newest"], "Ben", is_watched=False)

        assert names(drive) == ["Oldest (1999)"]

    def test_a_wish_after_the_watching_means_to_see_it_again(
        self, drive: Drive, films: dict[str, Title]
    ) -> None:
        watch(films["Newest"])
        WatchState.objects.update(viewed_at=timezone.now() - timedelta(days=300))

        assert names(drive) == ["Oldest (1999)"]

    def test_suggests_seasons_of_a_show(
        self, root: Root, drive: Drive, films: dict[str, Title]
    ) -> None:
        show = make_show(root, seasons={1: 1, 2: 1})
        Attachment.objects.filter(drive=drive).update(free_bytes=64 * _MB)
        wishing.cancel_wish(wish=QueueItem.objects.open().get())
        wishing.add_wish(drive=drive, title=show)
        draining.copy_to_drive(drive_id=drive.pk, progress=SilentProgress())
        for item in Item.objects.filter(title=show, season__number=1):
            WatchState.objects.create(item=item, viewer="Ada", is_watched=True)
        wishing.add_wish(drive=drive, title=films["Waits"])
        Attachment.objects.filter(drive=drive).update(free_bytes=_MB)

        assert names(drive) == ["Lantern Street (2001), Season 1"]

    def test_never_suggests_what_a_wish_waits_for(
        self, drive: Drive, films: dict[str, Title]
    ) -> None:
        QueueItem.objects.filter(title=films["Oldest"]).update(
            state="PAUSED", finished_at=None
        )

        assert names(drive) == ["Middle (1999)"]

    def test_never_suggests_the_only_copy(
        self, drive: Drive, films: dict[str, Title]
    ) -> None:
        MediaFile.objects.filter(title=films["Oldest"]).update(
            state="MISSING", missing_since=timezone.now()
        )

        assert names(drive) == ["Middle (1999)"]

    def test_never_suggests_foreign_files(
        self, drive: Drive, films: dict[str, Title]
    ) -> None:
        DriveFile.objects.filter(title=films["Oldest"]).update(origin="FOREIGN")

        assert names(drive) == ["Middle (1999)"]

    @pytest.mark.parametrize("state", ["UNAVAILABLE", "HELD"])
    def test_suggests_nothing_while_a_needed_folder_is_away(
        self, tmp_path: Path, drive: Drive, films: dict[str, Title], state: str
    ) -> None:
        away = Root.objects.create(
            path=str(tmp_path / "nas"), kind="MOVIES", state=state
        )
        MediaFile.objects.filter(title=films["Newest"]).update(root=away)

        found = suggest(drive)

        assert found.choice.parts == ()
        assert str(tmp_path / "nas") in found.refusal

    def test_a_folder_that_the_drive_does_not_need_may_be_away(
        self, tmp_path: Path, drive: Drive, films: dict[str, Title]
    ) -> None:
        Root.objects.create(
            path=str(tmp_path / "nas"), kind="MOVIES", state="UNAVAILABLE"
        )

        assert names(drive) == ["Oldest (1999)"]

    def test_never_suggests_more_than_may_go_at_once(
        self, drive: Drive, films: dict[str, Title], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(suggesting, "FEW_FILES", 0)
        monkeypatch.setattr(suggesting, "MOST_SHARE", 0.4)
        Attachment.objects.filter(drive=drive).update(free_bytes=0)
        other = make_movie(Root.objects.get(), "Waits too", data=b"z" * _MB)
        wishing.add_wish(drive=drive, title=other)

        found = suggest(drive)

        assert len(found.choice.parts) == 1
        assert not found.is_enough
        assert found.refusal == "Not all of it would fit even so."
        files = suggesting.list_files(drive=drive, choice=found.choice)
        assert not weighing.weigh(drive=drive, files=files).needs_yes

    def test_keeps_to_the_drives_rule(
        self, drive: Drive, films: dict[str, Title]
    ) -> None:
        edit_profile(drive=drive, makes_room="WATCHED_ONLY")
        drive.refresh_from_db()
        assert names(drive) == []

        edit_profile(drive=drive, makes_room="NOTHING")
        drive.refresh_from_db()
        watch(films["Newest"])
        assert names(drive) == []

    def test_deletes_nothing_by_itself(
        self, drive: Drive, films: dict[str, Title]
    ) -> None:
        before = DriveFile.objects.filter(drive=drive).count()

        suggest(drive)
        draining.copy_to_drive(drive_id=drive.pk, progress=SilentProgress())

        assert DriveFile.objects.filter(drive=drive).count() >= before

    def test_lists_the_files_that_would_go(
        self, drive: Drive, films: dict[str, Title]
    ) -> None:
        files = suggesting.list_files(drive=drive, choice=suggest(drive).choice)

        assert [file.title for file in files] == [films["Oldest"]]
