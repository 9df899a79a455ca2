"""What only Plex knows: its files are taken up, so that they can be copied."""

from pathlib import Path

import pytest

from drivearr.jobs.models import Job
from drivearr.lib.progress import SilentProgress
from library.jobs import SCAN
from library.models import MediaFile, Root, Title
from library.services.scanning import scan_root
from library.services.taking_up import take_up_files
from plexlink.models import PlexItem, PlexLibrary
from plexlink.services.adopting import NoSuchFolder, list_new_folders, take_folder
from plexlink.services.tying import follow_scan, tie_files
from syncqueue.services.wishing import WishRefused, add_wish
from tests.factories.drives import DriveFactory
from tests.factories.library import make_root
from tests.factories.plexlink import library_of, make_server, sync
from tests.fakes.plex import FakePlex, media

pytestmark = pytest.mark.django_db


@pytest.fixture
def films(plex: FakePlex, tmp_path: Path) -> PlexLibrary:
    """A film whose two parts lie here, and a rule that leads to them."""
    folder = tmp_path / "films" / "Charade (1963)"
    folder.mkdir(parents=True)
    paths = []
    for part in ("cd1", "cd2"):
        (folder / f"Charade {part}.mkv").write_bytes(part.encode() * 50_000)
        paths.append(f"/data/Movies/Charade (1963)/Charade {part}.mkv")
    plex.add_movie(7, "Charade", 1963, tmdb=4808, Media=[media(7, paths)])
    server = make_server(plex)
    server.mappings.create(plex_path="/data/Movies", local_path=str(tmp_path / "films"))
    films = library_of(server, "1")
    sync(films)
    return films


class TestAdoptFiles:
    def test_lets_what_only_plex_knows_be_wished_for(
        self, films: PlexLibrary, tmp_path: Path
    ) -> None:
        make_root(tmp_path / "films")
        title = Title.objects.get()
        assert not title.media_files.exists()

        wish = add_wish(drive=DriveFactory.create(), title=title)

        files = MediaFile.objects.order_by("relpath")
        assert wish.title == title
        assert [file.relpath for file in files] == [
            "Charade (1963)/Charade cd1.mkv",
            "Charade (1963)/Charade cd2.mkv",
        ]
        assert {file.title for file in files} == {title}
        assert [file.items.get() for file in files] == [title.items.get()] * 2
        assert all("Plex" in file.match_reason for file in files)

    def test_makes_what_a_scan_finds_unchanged(
        self, films: PlexLibrary, tmp_path: Path
    ) -> None:
        root = make_root(tmp_path / "films")
        assert take_up_files(title=Title.objects.get()) == 2

        summary = scan_root(root_id=root.pk, progress=SilentProgress())

        assert (summary.added, summary.changed, summary.unchanged) == (0, 0, 2)

    def test_takes_nothing_from_outside_the_library_folders(
        self, films: PlexLibrary, tmp_path: Path
    ) -> None:
        with pytest.raises(WishRefused):
            add_wish(drive=DriveFactory.create(), title=Title.objects.get())

        assert not MediaFile.objects.exists()

    def test_takes_nothing_that_is_not_there(
        self, films: PlexLibrary, tmp_path: Path
    ) -> None:
        root = make_root(tmp_path / "films")
        for file in root.folder.rglob("*.mkv"):
            file.unlink()

        assert take_up_files(title=Title.objects.get()) == 0


class TestTakeFolder:
    def test_makes_a_folder_of_plex_one_of_ours(
        self, films: PlexLibrary, tmp_path: Path
    ) -> None:
        found = list_new_folders([films])
        assert [each.path for each in found] == [str(tmp_path / "films")]

        root = take_folder(library=films, path=found[0].path)

        assert (root.path, root.kind) == (str(tmp_path / "films"), Root.Kind.MOVIES)
        assert Job.objects.active().of(SCAN.name, root.subject).exists()
        assert list_new_folders([films]) == []

    def test_takes_no_other_folder(self, films: PlexLibrary, tmp_path: Path) -> None:
        with pytest.raises(NoSuchFolder):
            take_folder(library=films, path=str(tmp_path))


class TestTieFiles:
    def test_follows_a_scan(
        self, plex: FakePlex, films: PlexLibrary, tmp_path: Path
    ) -> None:
        root = make_root(tmp_path / "films")
        summary = scan_root(root_id=root.pk, progress=SilentProgress())
        follow_scan(summary)
        job = Job.objects.active().get(kind="plexlink.tie")
        films.server.refreshes_sections = True
        films.server.save()

        done = tie_files(**job.arguments, progress=SilentProgress())

        assert (done.files, done.sections_refreshed) == (2, 1)
        assert "/library/sections/1/refresh" in plex.paths()
        assert Title.objects.get().media_files.count() == 2
        assert PlexItem.objects.get().state == "NORMAL"

    def test_tells_plex_nothing_unless_it_is_wanted(
        self, plex: FakePlex, films: PlexLibrary, tmp_path: Path
    ) -> None:
        root = make_root(tmp_path / "films")
        plex.asked.clear()

        tie_files(server_id=films.server_id, root_id=root.pk, progress=SilentProgress())

        assert plex.asked == []

    def test_sees_that_files_are_gone(self, films: PlexLibrary, tmp_path: Path) -> None:
        (tmp_path / "films" / "other.mkv").write_bytes(b"other")
        for file in (tmp_path / "films").rglob("Charade*.mkv"):
            file.unlink()

        tie_files(server_id=films.server_id, progress=SilentProgress())

        assert PlexItem.objects.get().state == "REMOTE_ONLY"
