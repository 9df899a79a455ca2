"""Copies whose library file was replaced: asked about, kept, or replaced by themselves."""

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from drivearr.jobs.models import Job
from drivearr.lib.progress import SilentProgress
from drives.completeness import Completeness
from drives.models import Drive, DriveFile
from drives.services.comparing import count_titles
from drives.services.profiling import edit_profile
from library.models import Item, MediaFile, Root, SideFile, Title
from syncqueue.models import QueueItem
from syncqueue.services import draining, outdating, renewing, retiring, wishing
from syncqueue.services.planning import plan_drive
from tests.factories.library import make_file, make_movie, make_show, make_side

pytestmark = pytest.mark.django_db(transaction=True)


def drain(drive: Drive) -> None:
    draining.copy_to_drive(drive_id=drive.pk, progress=SilentProgress())


def put(drive: Drive, title: Title) -> None:
    wishing.add_wish(drive=drive, title=title)
    drain(drive)
    assert count_titles(drive=drive)[title.pk].state == Completeness.COMPLETE


def replace_file(root: Root, title: Title, relpath: str, data: bytes) -> MediaFile:
    """What a manager of libraries does: the old file goes, a better one comes."""
    old = MediaFile.objects.get(title=title)
    items = list(Item.objects.filter(title=title))
    (root.folder / old.relpath).unlink()
    SideFile.objects.filter(media_file=old).delete()
    MediaFile.objects.filter(pk=old.pk).update(
        state=MediaFile.State.MISSING, missing_since=title.added_at
    )
    return make_file(root, relpath, title=title, items=items, data=data)


def videos(drive: Drive) -> list[str]:
    rows = DriveFile.objects.filter(drive=drive, kind="VIDEO").in_order()
    return [row.relpath.rpartition("/")[2] for row in rows]


def place_of(drive: Drive) -> Path:
    attachment = drive.attachments.current().first()
    assert attachment is not None
    return Path(attachment.path)


@pytest.fixture
def movie(root: Root, drive: Drive) -> Title:
    """On the drive, and replaced in the library since by a larger file."""
    title = make_movie(root, data=b"old" * 1000)
    put(drive, title)
    replace_file(root, title, "Quiet Harbour (1999)/better.mkv", b"new" * 2000)
    return title


def outdated(drive: Drive) -> list[tuple[str, bool]]:
    return [(row.name, row.is_kept) for row in outdating.list_outdated(drive=drive)]


class TestAsk:
    def test_says_what_is_newer_in_the_library_with_sizes(
        self, drive: Drive, movie: Title
    ) -> None:
        [row] = outdating.list_outdated(drive=drive)

        assert row == outdating.Outdated(
            movie.pk, "Quiet Harbour (1999)", 1, old_bytes=3000, new_bytes=6000
        )

    def test_leaves_the_copy_alone_until_somebody_says_so(
        self, drive: Drive, movie: Title
    ) -> None:
        assert wishing.add_missing(drive=drive) == []
        assert renewing.renew_by_itself() == 0
        drain(drive)

        assert [p.read_bytes() for p in place_of(drive).rglob("*.mkv")] == [
            b"old" * 1000
        ]

    def test_a_wish_for_what_is_missing_leaves_the_rest_of_a_show_as_it_is(
        self, root: Root, drive: Drive
    ) -> None:
        show = make_show(root, seasons={1: 2})
        first = Item.objects.get(title=show, number=1)
        wishing.add_wish(drive=drive, title=show, item=first)
        drain(drive)
        file = MediaFile.objects.get(items=first)
        MediaFile.objects.filter(pk=file.pk).update(fingerprint="another")

        wishing.add_wish(drive=drive, title=show)
        plan = plan_drive(drive=drive)

        assert [one.wanted.item_ids for one in plan.copies] != []
        assert all(first.pk not in one.wanted.item_ids for one in plan.copies)
        assert plan.kept_items == 1

    def test_accepting_one_title_renews_it_alone(
        self, root: Root, drive: Drive, movie: Title
    ) -> None:
        other = make_movie(root, "Deep Field", data=b"first")
        put(drive, other)
        replace_file(root, other, "Deep Field (1999)/better.mkv", b"second")

        renewing.renew(drive=drive, title_ids=[movie.pk])
        drain(drive)

        assert outdated(drive) == [("Deep Field (1999)", False)]
        assert count_titles(drive=drive)[movie.pk].state == Completeness.COMPLETE

    def test_accepting_all_renews_all(
        self, root: Root, drive: Drive, movie: Title
    ) -> None:
        [wish] = renewing.renew(drive=drive)

        assert wish.renews
        assert outdated(drive) == []
        drain(drive)
        [path] = place_of(drive).rglob("*.mkv")
        assert path.read_bytes() == b"new" * 2000

    def test_renews_only_the_episodes_that_are_outdated(
        self, root: Root, drive: Drive
    ) -> None:
        show = make_show(root, seasons={1: 3})
        put(drive, show)
        second = Item.objects.get(title=show, number=2)
        MediaFile.objects.filter(items=second).update(fingerprint="another")

        [wish] = renewing.renew(drive=drive)

        assert (wish.item, wish.title) == (second, show)

    def test_keeping_lasts_until_the_library_changes_again(
        self, root: Root, drive: Drive, movie: Title
    ) -> None:
        assert outdating.keep(drive=drive, title_ids=[movie.pk]) == 1

        assert outdated(drive) == [("Quiet Harbour (1999)", True)]
        assert renewing.renew(drive=drive) == []
        MediaFile.objects.filter(title=movie, state="PRESENT").update(fingerprint="v3")
        assert outdated(drive) == [("Quiet Harbour (1999)", False)]

    def test_what_was_kept_is_renewed_when_it_is_named(
        self, drive: Drive, movie: Title
    ) -> None:
        outdating.keep(drive=drive, title_ids=[movie.pk])

        assert len(renewing.renew(drive=drive, title_ids=[movie.pk])) == 1

    def test_a_wish_for_a_title_that_is_all_there_means_renewing(
        self, drive: Drive, movie: Title
    ) -> None:
        assert wishing.add_wish(drive=drive, title=movie).renews


class TestKeep:
    def test_never_proposes(self, drive: Drive, movie: Title) -> None:
        drive = edit_profile(drive=drive, outdated="KEEP")

        assert wishing.add_missing(drive=drive) == []
        assert renewing.renew_by_itself() == 0
        assert plan_drive(drive=drive).copies == ()


class TestReplace:
    @pytest.fixture(autouse=True)
    def _policy(self, drive: Drive, movie: Title) -> None:
        edit_profile(drive=drive, outdated="REPLACE")

    def test_replaces_by_itself(self, drive: Drive, movie: Title) -> None:
        assert renewing.renew_by_itself() == 1
        assert renewing.renew_by_itself() == 0
        drain(drive)

        [path] = place_of(drive).rglob("*.mkv")
        assert path.read_bytes() == b"new" * 2000
        assert renewing.renew_by_itself() == 0

    def test_does_not_wish_again_for_what_a_person_withdrew(
        self, drive: Drive, movie: Title
    ) -> None:
        renewing.renew_by_itself()

        wishing.cancel_wish(wish=QueueItem.objects.open().get(drive=drive))

        assert renewing.renew_by_itself() == 0
        assert outdated(drive) == [("Quiet Harbour (1999)", True)]

    def test_waits_while_the_drive_is_away(self, drive: Drive, movie: Title) -> None:
        for place in drive.attachments.current():
            place.detach(now=movie.added_at, reason="pulled")

        assert renewing.renew_by_itself() == 0


class TestOldNames:
    """A better file with another ending gets another name; the old copy must go."""

    @pytest.fixture
    def movie(self, root: Root, drive: Drive) -> Title:
        title = make_movie(root, data=b"old" * 1000)
        file = MediaFile.objects.get(title=title)
        make_side(file, ".en.srt", kind="SUBTITLE", data=b"one")
        put(drive, title)
        new = replace_file(root, title, "Quiet Harbour (1999)/x.mp4", b"new" * 2000)
        make_side(new, ".en.srt", kind="SUBTITLE", data=b"two")
        return title

    def test_plans_with_the_old_copy_gone_in_the_end(
        self, drive: Drive, movie: Title
    ) -> None:
        renewing.renew(drive=drive)

        plan = plan_drive(drive=drive)

        assert [one.renews for one in plan.copies] == [True, True]
        assert not plan.left_out
        assert plan.bytes_on_drive < plan.bytes_to_copy + 3 * 4096

    def test_the_old_copy_goes_once_the_new_one_is_there(
        self, drive: Drive, movie: Title
    ) -> None:
        renewing.renew(drive=drive)

        drain(drive)

        assert videos(drive) == ["Quiet Harbour (1999).mp4"]
        names = sorted(p.name for p in place_of(drive).rglob("Quiet*") if p.is_file())
        assert names == ["Quiet Harbour (1999).en.srt", "Quiet Harbour (1999).mp4"]
        assert not QueueItem.objects.filter(drive=drive, renews=True)
        [subtitle] = place_of(drive).rglob("*.srt")
        assert subtitle.read_bytes() == b"two"

    def test_goes_on_after_a_run_that_died_in_between(
        self, drive: Drive, movie: Title, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        renewing.renew(drive=drive)

        def die(**_: Any) -> None:
            raise SystemExit

        with monkeypatch.context() as patched:
            patched.setattr(retiring, "retire_old", die)
            with pytest.raises(SystemExit):
                drain(drive)
        assert len(videos(drive)) == 2
        wishing.clear_finished()
        drain(drive)

        assert videos(drive) == ["Quiet Harbour (1999).mp4"]

    def test_leaves_what_somebody_changed(self, drive: Drive, movie: Title) -> None:
        [old] = place_of(drive).rglob("*.mkv")
        old.write_bytes(b"mine now")
        renewing.renew(drive=drive)

        drain(drive)

        assert old.read_bytes() == b"mine now"

    def test_leaves_copies_that_no_wish_renewed(
        self, root: Root, drive: Drive, movie: Title
    ) -> None:
        other = make_movie(root, "Deep Field", data=b"first")
        put(drive, other)
        replace_file(root, other, "Deep Field (1999)/better.mp4", b"second")
        renewing.renew(drive=drive, title_ids=[movie.pk])

        drain(drive)

        assert "Deep Field (1999).mkv" in videos(drive)


class TestRenewWhatChanged:
    @pytest.fixture(autouse=True)
    def replaces(self, drive: Drive) -> None:
        Drive.objects.filter(pk=drive.pk).update(outdated=Drive.Outdated.REPLACE)

    def test_looks_once_and_then_at_nothing_as_long_as_nothing_happened(
        self, root: Root, drive: Drive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        put(drive, make_movie(root))
        assert renewing.renew_what_changed() == 0
        looks = count_looks(monkeypatch)

        assert renewing.renew_what_changed() == 0
        assert looks == []

    def test_sees_a_file_that_a_scan_found(self, root: Root, drive: Drive) -> None:
        title = make_movie(root, data=b"old" * 1000)
        put(drive, title)
        assert renewing.renew_what_changed() == 0

        replace_file(root, title, "Quiet Harbour (1999)/better.mkv", b"new" * 2000)

        assert renewing.renew_what_changed() == 1

    def test_looks_anew_after_a_job_that_left_no_new_row(
        self, root: Root, drive: Drive
    ) -> None:
        """A file that was changed in its place keeps its row and its links."""
        title = make_movie(root)
        put(drive, title)
        assert renewing.renew_what_changed() == 0
        scan = Job.objects.create(kind="library.scan", state=Job.State.QUEUED)
        assert renewing.renew_what_changed() == 0

        MediaFile.objects.filter(title=title).update(fingerprint="another")
        Job.objects.filter(pk=scan.pk).update(
            state=Job.State.CANCELLED, finished_at=timezone.now()
        )

        assert renewing.renew_what_changed() == 1

    def test_looks_anew_at_a_drive_that_was_plugged_in_again(
        self, root: Root, drive: Drive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        put(drive, make_movie(root))
        renewing.renew_what_changed()
        looks = count_looks(monkeypatch)
        old = drive.attachments.current().get()
        old.detach(now=timezone.now(), reason="gone")
        old.pk, old.detached_at, old.detach_reason = None, None, ""
        old.save()

        renewing.renew_what_changed()
        assert looks == [drive.pk]


def count_looks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that grows with each drive that is looked at in full."""
    looks: list[int] = []
    look = outdating.find_undecided

    def counted(*, drive: Drive) -> dict[int, int]:
        looks.append(drive.pk)
        return look(drive=drive)

    monkeypatch.setattr(outdating, "find_undecided", counted)
    return looks
