"""Hearing of changes in folders."""

import os
import shutil
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from drivearr.jobs.models import Job
from drivearr.jobs.schedules import install_schedules
from drivearr.lib.progress import SilentProgress
from library import tasks, watching
from library.models import Root
from library.services import following, rooting, scanning
from library.services.following import Follower
from library.watching import (
    FolderWatch,
    Settler,
    WatchFailed,
    find_file_system,
)
from tests.library.trees import make_films, make_tree


def wait_for(what: Callable[[], bool], seconds: float = 5) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.02)
    return what()


def in_narrow_system(limit: str, program: str) -> str:
    """Run a program where the system gives little; return what it prints."""
    unshare = shutil.which("unshare") or pytest.skip("needs unshare")
    shell = [unshare, "--user", "--map-root-user", "sh", "-c", f'{limit} && exec "$@"']
    ended = subprocess.run(
        [*shell, "sh", sys.executable, "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    if "Operation not permitted" in ended.stderr or "denied" in ended.stderr:
        pytest.skip("needs the right to make a namespace")
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


class TestSettler:
    def test_waits_until_a_burst_is_over(self) -> None:
        settler = Settler(quiet_seconds=2, most_seconds=60)
        for moment in (0.0, 1.0, 2.0):
            settler.note(1, now=moment)

        assert settler.take_settled(now=3.9) == []
        assert settler.take_settled(now=4.0) == [1]
        assert settler.take_settled(now=9.0) == []

    def test_does_not_wait_for_ever(self) -> None:
        settler = Settler(quiet_seconds=2, most_seconds=10)
        for moment in range(12):
            settler.note(1, now=float(moment))

        assert settler.take_settled(now=11.0) == [1]

    def test_keeps_roots_apart(self) -> None:
        settler = Settler(quiet_seconds=2, most_seconds=10)
        settler.note(1, now=0.0)
        settler.note(2, now=1.5)

        assert settler.take_settled(now=2.0) == [1]


class TestFolderWatch:
    def heard(self, folder: Path, deed: Callable[[], object]) -> bool:
        changed = threading.Event()
        watch = FolderWatch(folder, changed.set)
        try:
            deed()
            return wait_for(changed.is_set, 1.5)
        finally:
            watch.close()

    def test_hears_a_new_video_deep_below(self, tmp_path: Path) -> None:
        make_tree(tmp_path / "a" / "b")

        assert self.heard(tmp_path, lambda: make_tree(tmp_path, "a/b/film.mkv"))

    def test_hears_a_finished_download(self, tmp_path: Path) -> None:
        make_tree(tmp_path, "film.mkv.part")
        part = tmp_path / "film.mkv.part"

        assert self.heard(tmp_path, lambda: part.rename(tmp_path / "film.mkv"))

    def test_hears_nothing_of_reading_and_of_other_files(self, tmp_path: Path) -> None:
        make_tree(tmp_path, "film.mkv")

        def read_and_write() -> None:
            (tmp_path / "film.mkv").read_bytes()
            (tmp_path / "film.mkv.part").write_bytes(b"x")
            (tmp_path / ".hidden.mkv").write_bytes(b"x")

        assert not self.heard(tmp_path, read_and_write)

    @pytest.mark.parametrize("limit", ["max_inotify_watches", "max_inotify_instances"])
    def test_notices_the_systems_limit(self, limit: str, tmp_path: Path) -> None:
        make_tree(tmp_path, *(f"Film {number}/film.mkv" for number in range(5)))

        said = in_narrow_system(
            f"echo {3 if 'watches' in limit else 0} > /proc/sys/user/{limit}",
            f"""
            from pathlib import Path
            from library.watching import FolderWatch, WatchLimit
            try:
                watch = FolderWatch(Path({os.fspath(tmp_path)!r}), print)
            except WatchLimit as error:
                print("refused", error.advice)
            else:
                print("limited" if watch.is_limited else "all is heard")
                watch.close()
            """,
        )

        assert said.startswith("limited" if "watches" in limit else "refused")
        if "refused" in said:
            assert "sysctl fs.inotify.max_user_watches" in said

    def test_is_not_limited_for_nothing(self, tmp_path: Path) -> None:
        watch = FolderWatch(tmp_path, lambda: None)
        watch.close()

        assert not watch.is_limited

    def test_says_that_a_folder_is_gone(self, tmp_path: Path) -> None:
        with pytest.raises(WatchFailed):
            FolderWatch(tmp_path / "gone", lambda: None)


class TestFindFileSystem:
    MOUNTS = (
        "20 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
        "30 20 0:40 / /mnt/nas\\040one rw shared:1 - nfs4 nas:/films rw\n"
        "broken line\n"
    )

    @pytest.mark.parametrize(
        ("path", "kind"),
        [
            ("/srv", "ext4"),
            ("/mnt/nas one/films", "nfs4"),
            ("/mnt/nas one", "nfs4"),
            ("/mnt/nas ones", "ext4"),
        ],
    )
    def test_takes_the_innermost_mount(self, path: str, kind: str) -> None:
        assert find_file_system(Path(path), mounts=self.MOUNTS) == kind

    def test_knows_this_machine(self, tmp_path: Path) -> None:
        assert find_file_system(tmp_path) != ""


@pytest.mark.django_db
class TestFollower:
    def scans(self) -> list[str]:
        return list(Job.objects.order_by("pk").values_list("subject", flat=True))

    def settle(self, follower: Follower) -> bool:
        def stepped() -> bool:
            follower.step(now=time.monotonic())
            return bool(self.scans())

        return wait_for(stepped, 3)

    def make_root(self, folder: Path) -> Root:
        return Root.objects.create(path=os.fspath(folder), kind="MOVIES")

    def test_queues_a_scan_of_the_root_that_changed(self, tmp_path: Path) -> None:
        self.make_root(make_films(tmp_path / "a", 1))
        root = self.make_root(make_films(tmp_path / "b", 1))
        follower = Follower(quiet_seconds=0.1)
        try:
            follower.step(now=time.monotonic())
            make_tree(root.folder, "New (2001).mkv")

            assert self.settle(follower)
        finally:
            follower.close()

        assert self.scans() == [root.subject]

    def test_is_not_woken_by_our_own_scan(self, tmp_path: Path) -> None:
        root = self.make_root(make_films(tmp_path / "a", 5))
        follower = Follower(quiet_seconds=0.05)
        try:
            follower.step(now=time.monotonic())
            scanning.scan_root(root_id=root.pk, deep=True, progress=SilentProgress())
            time.sleep(0.3)
            follower.step(now=time.monotonic())
        finally:
            follower.close()

        assert self.scans() == []

    def test_looks_again_at_what_changed_during_a_scan(self, tmp_path: Path) -> None:
        root = self.make_root(make_films(tmp_path / "a", 1))
        job = scanning.start_scan(root_id=root.pk)
        job.claim(worker="w", now=timezone.now())
        follower = Follower(quiet_seconds=0)
        follower.settler.note(root.pk, now=0)
        try:
            follower.step(now=1)
            job.finish(worker="w", now=timezone.now(), metrics={})
            follower.step(now=2)
            assert len(self.scans()) == 1
            follower.step(now=2 + following.BUSY_SECONDS)
        finally:
            follower.close()

        assert len(self.scans()) == 2

    def test_watches_new_roots_and_forgets_removed_ones(self, tmp_path: Path) -> None:
        first = self.make_root(make_films(tmp_path / "a", 1))
        follower = Follower()
        try:
            follower.step(now=0)
            was = first.pk
            second = self.make_root(make_films(tmp_path / "b", 1))
            first.delete()
            follower.step(now=1)
            assert follower.watched == {was}
            follower.step(now=following.LOOK_AGAIN_SECONDS + 1)
            assert follower.watched == {second.pk}
        finally:
            follower.close()

    def test_scans_a_root_that_is_back(self, tmp_path: Path) -> None:
        root = self.make_root(tmp_path / "a")
        follower = Follower(quiet_seconds=0)
        try:
            follower.step(now=0)
            assert follower.watched == frozenset()
            make_films(root.folder, 1)
            follower.step(now=following.LOOK_AGAIN_SECONDS)
            follower.step(now=time.monotonic() + 1)
        finally:
            follower.close()

        assert self.scans() == [root.subject]

    def test_leaves_the_network_to_the_schedule(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        self.make_root(make_films(tmp_path / "a", 1))
        monkeypatch.setattr(following, "is_on_network", lambda path: True)
        follower = Follower()

        for moment in (0, 60, 120):
            follower.step(now=moment)

        assert follower.watched == frozenset()
        assert caplog.text.count("is on a network") == 1
        assert Root.objects.get().watching == "POLLED"

    def test_lets_the_schedule_look_where_changes_are_not_told(
        self, tmp_path: Path
    ) -> None:
        states = ("", "WATCHED", "POLLED", "LIMITED", "FAILED")
        for state in states:
            root = self.make_root(make_films(tmp_path / (state or "new"), 1))
            root.note_watching(state)

        tasks.start_polls()

        polled = Root.objects.filter(watching__in=["POLLED", "LIMITED", "FAILED"])
        assert sorted(self.scans()) == sorted(root.subject for root in polled)
        install_schedules()
        beat = PeriodicTask.objects.get(task="library.tasks.start_polls")
        assert (beat.enabled, str(beat.interval)) == (True, "every 5 minutes")

    def test_looks_at_each_as_often_as_it_wants(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        often, seldom, never = (
            self.make_root(make_films(tmp_path / name, 1)) for name in "abc"
        )
        for root, minutes in ((often, 5), (seldom, 60), (never, 0)):
            root.note_watching("POLLED")
            rooting.set_poll(root=root, minutes=minutes)
        begun = timezone.now()
        looks: list[str] = []
        for five in range(13):
            now = begun + timedelta(minutes=5 * five, seconds=-five)
            monkeypatch.setattr(timezone, "now", lambda now=now: now)
            tasks.start_polls()
            looks += self.scans()
            Job.objects.all().delete()

        assert looks.count(often.subject) == 13
        assert looks.count(seldom.subject) == 2
        assert never.subject not in looks

    def test_says_on_the_folder_how_changes_are_noticed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        root = self.make_root(make_films(tmp_path / "a", 1))
        follower = Follower()
        room = [True]
        for module in (watching, following):
            monkeypatch.setattr(module, "has_room", lambda: room[0])
        told: list[tuple[str, str]] = []
        try:
            for moment in range(4):
                room[0] = moment not in {1, 2}
                follower.step(now=moment * following.LOOK_AGAIN_SECONDS)
                root.refresh_from_db()
                told.append((root.watching, root.watching_reason))
                assert follower.watched == {root.pk}
        finally:
            follower.close()

        assert [state for state, _ in told] == [
            *("WATCHED", "LIMITED", "LIMITED", "WATCHED"),
        ]
        assert "sudo sysctl fs.inotify.max_user_watches=" in told[1][1]
        assert told[3][1] == ""

    def test_ends_when_it_is_asked(self, tmp_path: Path) -> None:
        stop = threading.Event()
        stop.set()

        Follower().run(stop)
