"""A library folder on a server that is lost: nothing waits for ever, and it is told."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from drivearr.lib import hanging
from drivearr.lib.progress import Cancelled, SilentProgress
from library import browsing
from library.browsing import FolderRefused, list_folders
from library.models import MediaFacts, MediaFile, Root
from library.probing import Prober
from library.services import aging, following, guarding, probing, rooting, scanning
from library.services.following import Follower
from library.services.rooting import RootRefused
from library.services.scanning import ScanSummary
from tests.library.trees import make_films
from tests.stale import StaleShare

pytestmark = [pytest.mark.django_db, pytest.mark.root]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hanging, "HANGS_SECONDS", 1.0)
    for module in (guarding, browsing, rooting, aging, following):
        monkeypatch.setattr(module, "ANSWER_SECONDS", 0.5)


@pytest.fixture
def root(stale_share: StaleShare) -> Root:
    make_films(stale_share.backing, 6)
    return Root.objects.create(path=os.fspath(stale_share.path), kind="MOVIES")


def scan(root: Root) -> ScanSummary:
    summary = scanning.scan_root(root_id=root.pk, progress=SilentProgress())
    root.refresh_from_db()
    return summary


def within(seconds: float, deed: Callable[[], object]) -> None:
    began = time.monotonic()
    deed()
    assert time.monotonic() - began < seconds


class TestAScan:
    def test_ends_and_says_so(self, root: Root, stale_share: StaleShare) -> None:
        scan(root)
        stale_share.lose()

        within(5, lambda: scan(root))

        assert root.state == Root.State.UNAVAILABLE
        assert "does not answer" in root.state_reason
        assert MediaFile.objects.present().count() == 6

    @pytest.mark.parametrize("stale_share", ["Film 003 (2001)"], indirect=True)
    def test_ends_when_it_hangs_in_the_middle(
        self, root: Root, stale_share: StaleShare
    ) -> None:
        scan(root)
        stale_share.lose()

        within(5, lambda: scan(root))

        assert root.state == Root.State.UNAVAILABLE
        assert "umount -f -l" in root.state_reason
        assert MediaFile.objects.present().count() == 6

    @pytest.mark.parametrize("stale_share", ["003 (2001).mkv"], indirect=True)
    def test_leaves_one_thread_behind_not_one_each(
        self, root: Root, stale_share: StaleShare
    ) -> None:
        stale_share.lose()
        scan(root)

        within(1, lambda: scan(root))

        assert "still waits" in root.state_reason
        assert hanging.is_stuck(root.path)

    def test_goes_on_when_the_server_is_back(
        self, root: Root, stale_share: StaleShare
    ) -> None:
        scan(root)
        stale_share.lose()
        scan(root)
        stale_share.find()
        until = time.monotonic() + 5
        while hanging.is_stuck(root.path) and time.monotonic() < until:
            time.sleep(0.05)

        assert scan(root).unchanged == 6
        assert (root.state, root.state_reason) == (Root.State.AVAILABLE, "")

    def test_can_be_cancelled_meanwhile(
        self, root: Root, stale_share: StaleShare, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        scan(root)
        monkeypatch.setattr(hanging, "HANGS_SECONDS", 60.0)
        monkeypatch.setattr(scanning, "look_at_root", lambda **_: root.device)
        stale_share.lose()
        began = time.monotonic()

        class Stop(SilentProgress):
            def check(self) -> None:
                if time.monotonic() - began > 0.3:
                    raise Cancelled

        with pytest.raises(Cancelled):
            scanning.scan_root(root_id=root.pk, progress=Stop())
        assert time.monotonic() - began < 5


class TestOthers:
    def test_a_new_folder_is_refused(self, stale_share: StaleShare) -> None:
        stale_share.lose()

        with pytest.raises(RootRefused, match="does not answer"):
            rooting.add_root(path=stale_share.path, kind="MOVIES")

    def test_the_picker_shows_the_other_places(
        self, stale_share: StaleShare, tmp_path: Path
    ) -> None:
        well = make_films(tmp_path / "well", 1)
        stale_share.lose()

        places = list_folders(path=None, allowed=(stale_share.path, well))
        assert places.folders == (well,)
        assert list_folders(path=well, allowed=(stale_share.path, well)).folders
        with pytest.raises(FolderRefused):
            list_folders(path=stale_share.path, allowed=(stale_share.path, well))

    def test_the_follower_goes_on_with_other_folders(
        self, root: Root, stale_share: StaleShare, tmp_path: Path
    ) -> None:
        other = Root.objects.create(
            path=os.fspath(make_films(tmp_path / "well", 1)), kind="MOVIES"
        )
        stale_share.lose()
        follower = Follower()
        try:
            follower.step(now=0)
            assert follower.watched == {other.pk}
        finally:
            follower.close()

    def test_missing_files_stay_missing(
        self, root: Root, stale_share: StaleShare
    ) -> None:
        scan(root)
        MediaFile.objects.update(state="MISSING", missing_since="2026-01-01T00:00Z")
        keys = list(MediaFile.objects.values_list("pk", flat=True))
        stale_share.lose()

        assert aging.bring_back(file_ids=keys).away == 6


class TestReadingWhatIsInFiles:
    @pytest.mark.parametrize("stale_share", ["003 (2001).mkv"], indirect=True)
    def test_gives_up_on_one_file_of_a_disk_that_is_well(
        self, root: Root, stale_share: StaleShare, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        scan(root)
        stale_share.lose()
        monkeypatch.setattr(probing, "Prober", lambda: Prober(seconds=3))

        found = probing.probe_files(progress=SilentProgress())

        assert (found.unreadable, found.left) == (6, 0)
        problems = dict(
            MediaFacts.objects.values_list("media_file__relpath", "problem")
        )
        assert [name[:8] for name, told in problems.items() if "within" in told] == [
            "Film 003"
        ]
