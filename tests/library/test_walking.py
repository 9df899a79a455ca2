"""What lies under a library folder."""

import os
import socket
import unicodedata
from collections.abc import Iterable
from pathlib import Path

import pytest

from library import walking
from library.walking import FolderFound, RootVanished, walk
from tests.library.trees import make_tree

FILM = "Film (2001)/Film (2001).mkv"


def videos(found: Iterable[FolderFound]) -> list[str]:
    return [video.relpath for folder in found for video in folder.videos]


def troubles(found: Iterable[FolderFound]) -> list[tuple[str, str]]:
    return [
        (trouble.error.code, trouble.relpath)
        for folder in found
        for trouble in folder.troubles
    ]


class TestWalk:
    def test_finds_videos_at_every_depth_by_name(self, tmp_path: Path) -> None:
        make_tree(tmp_path, "b/c/d/e.mp4", "a.mkv", "b/A.AVI", "b/readme.txt")

        assert videos(walk(tmp_path)) == ["a.mkv", "b/A.AVI", "b/c/d/e.mp4"]

    def test_tells_size_time_and_inode(self, tmp_path: Path) -> None:
        make_tree(tmp_path, FILM)
        about = (tmp_path / FILM).stat()

        video = next(v for folder in walk(tmp_path) for v in folder.videos)

        assert video.size_bytes == about.st_size
        assert video.mtime_ns == about.st_mtime_ns
        assert (video.device, video.inode) == (about.st_dev, about.st_ino)

    @pytest.mark.parametrize(
        "relpath",
        [
            "Film/Film-trailer.mkv",
            "Film/Film-trailer2.mkv",
            "Film/film.sample.mkv",
            "Film/sample.mkv",
            "Film/sample-film.mkv",
            "Film/Film-behindthescenes.mp4",
            "Film/Sample/film.mkv",
            "Film/Extras/Making of.mkv",
            "Film/Behind The Scenes/x.mkv",
            "Film/.hidden.mkv",
            "Film/._Film.mkv",
            "@eaDir/Film.mkv",
            "Film/@eaDir/Film.mkv/thumb.mp4",
            "#recycle/Film.mkv",
            "lost+found/Film.mkv",
            ".Trash-1000/files/Film.mkv",
            "$RECYCLE.BIN/Film.mkv",
            "Show/Plex Versions/TV/Show.mkv",
        ],
    )
    def test_passes_over(self, relpath: str, tmp_path: Path) -> None:
        make_tree(tmp_path, relpath)

        found = list(walk(tmp_path))

        assert videos(found) == []
        assert sum(folder.ignored for folder in found) == 1

    @pytest.mark.parametrize(
        "relpath",
        [
            "Extras/Season 01/Extras - S01E01.mkv",
            "Trailer.Park.Boys.S01E01.mkv",
            "The Sample/The Sample (2001).mkv",
            "Short Cuts (1993)/Short Cuts (1993).mkv",
            "Other/clip.mkv",
        ],
    )
    def test_does_not_pass_over(self, relpath: str, tmp_path: Path) -> None:
        make_tree(tmp_path, relpath)

        assert videos(walk(tmp_path)) == [relpath]

    @pytest.mark.parametrize("mark", [".drivearr-manifest.json", ".nomedia", ".ignore"])
    def test_passes_over_a_folder_marked(self, mark: str, tmp_path: Path) -> None:
        make_tree(tmp_path, FILM, "Disk/Movies/Film.mkv", f"Disk/{mark}")

        assert videos(walk(tmp_path)) == [FILM]

    def test_passes_over_a_forbidden_folder(self, tmp_path: Path) -> None:
        make_tree(tmp_path, FILM, "Disk/Movies/Film.mkv")

        assert videos(walk(tmp_path, forbidden=[tmp_path / "Disk"])) == [FILM]

    def test_follows_no_link_out_of_the_root_nor_in_a_circle(
        self, tmp_path: Path
    ) -> None:
        root = make_tree(tmp_path / "root", FILM)
        outside = make_tree(tmp_path / "outside", "Secret.mkv")
        (root / "away").symlink_to(outside)
        (root / "Secret.mkv").symlink_to(outside / "Secret.mkv")
        (root / "Film (2001)" / "circle").symlink_to(root)
        (root / "itself").symlink_to(root / "itself")

        assert videos(walk(root)) == [FILM]

    def test_keeps_twins_that_differ_in_case(self, tmp_path: Path) -> None:
        make_tree(tmp_path, "film.mkv", "Film.mkv", "FILM/film.mkv")

        assert videos(walk(tmp_path)) == ["Film.mkv", "film.mkv", "FILM/film.mkv"]

    def test_takes_a_name_of_255_bytes(self, tmp_path: Path) -> None:
        name = "é" * 125 + "x.mkv"
        make_tree(tmp_path, name)

        assert len(name.encode()) == 255
        assert videos(walk(tmp_path)) == [name]

    def test_reports_names_that_are_no_text(self, tmp_path: Path) -> None:
        make_tree(tmp_path, FILM)
        folder = os.fsencode(tmp_path)
        (Path(os.fsdecode(folder + b"/caf\xe9.mkv"))).write_bytes(b"x")
        (Path(os.fsdecode(folder + b"/d\xff"))).mkdir()

        found = list(walk(tmp_path))

        assert videos(found) == [FILM]
        assert troubles(found) == [
            ("NAME_UNDECODABLE", "caf\\xe9.mkv"),
            ("NAME_UNDECODABLE", "d\\xff"),
        ]

    def test_reports_a_path_too_long_to_keep(self, tmp_path: Path) -> None:
        make_tree(tmp_path, "/".join(["x" * 200] * 5) + "/film.mkv")

        assert [code for code, _ in troubles(walk(tmp_path))] == ["NAME_TOO_LONG"]

    def test_does_not_hang_on_a_fifo(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "film.mkv")
        os.mkfifo(tmp_path / "film.srt")

        found = list(walk(tmp_path))

        assert videos(found) == []
        assert found[0].ignored == 1
        assert found[0].sides == []

    def test_tolerates_what_vanishes_after_the_listing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make_tree(tmp_path, "a.mkv", "b.mkv", "b.srt", "c/d.mkv")
        real = walking._Look._entries

        def list_then_remove(
            look: walking._Look, relpath: str
        ) -> list[os.DirEntry[str]]:
            entries = real(look, relpath)
            for name in ("b.mkv", "b.srt", "c/d.mkv"):
                (tmp_path / name).unlink(missing_ok=True)
            if (tmp_path / "c").exists():
                (tmp_path / "c").rmdir()
            return entries

        monkeypatch.setattr(walking._Look, "_entries", list_then_remove)
        found = list(walk(tmp_path))

        assert videos(found) == ["a.mkv"]
        assert troubles(found) == []

    def test_reports_a_folder_it_cannot_read_and_goes_on(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make_tree(tmp_path, "a/a.mkv", "b/b.mkv")
        real = os.scandir

        def refuse(path: str) -> "os._ScandirIterator[str]":
            if path.endswith("/a"):
                raise PermissionError(13, "Permission denied")
            return real(path)

        monkeypatch.setattr(os, "scandir", refuse)
        found = list(walk(tmp_path))

        assert videos(found) == ["b/b.mkv"]
        assert troubles(found) == [("FOLDER_UNREADABLE", "a")]
        assert [t.hides for f in found for t in f.troubles] == ["a"]

    def test_says_that_a_disc_folder_is_not_indexed(self, tmp_path: Path) -> None:
        make_tree(tmp_path, "Film/VIDEO_TS/VTS_01_1.VOB")

        found = list(walk(tmp_path))

        assert videos(found) == []
        assert troubles(found) == [("DISC_FOLDER", "Film/VIDEO_TS")]

    def test_raises_when_the_root_is_gone(self, tmp_path: Path) -> None:
        with pytest.raises(RootVanished, match="cannot be read"):
            list(walk(tmp_path / "gone"))


def sides(root: Path, *, is_show: bool = False) -> dict[str, tuple[str, ...]]:
    return {
        side.relpath: (
            side.side.kind,
            side.side.owner,
            side.side.suffix,
            side.side.language,
            side.side.role,
        )
        for folder in walk(root, is_show=is_show)
        for side in folder.sides
    }


class TestSideFiles:
    def test_of_a_film_go_to_the_film(self, tmp_path: Path) -> None:
        make_tree(
            tmp_path,
            "Film/Film.mkv",
            "Film/Film.en.forced.srt",
            "Film/Film.pt-BR.srt",
            "Film/film.SDH.eng.ass",
            "Film/Film.nfo",
            "Film/Film-poster.jpg",
            "Film/fanart.jpg",
            "Film/English.srt",
            "Film/RARBG.jpg",
        )
        film = "Film/Film.mkv"

        assert sides(tmp_path) == {
            "Film/Film.en.forced.srt": (
                "SUBTITLE",
                film,
                ".en.forced.srt",
                "en",
                "FORCED",
            ),
            "Film/Film.pt-BR.srt": ("SUBTITLE", film, ".pt-BR.srt", "pt-BR", ""),
            "Film/film.SDH.eng.ass": ("SUBTITLE", film, ".SDH.eng.ass", "en", "SDH"),
            "Film/Film.nfo": ("NFO", film, ".nfo", "", ""),
            "Film/Film-poster.jpg": ("ARTWORK", film, "-poster.jpg", "", "POSTER"),
            "Film/fanart.jpg": ("ARTWORK", "", "", "", "BACKDROP"),
            "Film/English.srt": ("SUBTITLE", film, ".en.srt", "en", ""),
        }

    def test_of_episodes_go_to_the_longest_fitting_name(self, tmp_path: Path) -> None:
        make_tree(
            tmp_path,
            "Show/S1/Show - S01E01.mkv",
            "Show/S1/Show - S01E01.2.mkv",
            "Show/S1/Show - S01E01.2.de.srt",
            "Show/S1/Show - S01E01.hi.srt",
            "Show/S1/Show - S01E01.jpg",
            "Show/S1/Notes.srt",
            "Show/tvshow.nfo",
            "Show/poster.jpg",
            "Show/season01-poster.jpg",
        )

        found = sides(tmp_path, is_show=True)

        assert found["Show/S1/Show - S01E01.2.de.srt"][1] == (
            "Show/S1/Show - S01E01.2.mkv"
        )
        assert found["Show/S1/Show - S01E01.hi.srt"][3:] == ("hi", "")
        assert found["Show/S1/Show - S01E01.jpg"][4] == "THUMB"
        assert found["Show/S1/Notes.srt"][1] == ""
        assert found["Show/tvshow.nfo"] == ("NFO", "", "", "", "SHOW")
        assert found["Show/poster.jpg"][4] == "POSTER"
        assert found["Show/season01-poster.jpg"][4] == "SEASON_POSTER"

    def test_in_a_subtitle_folder_go_to_the_video_above(self, tmp_path: Path) -> None:
        make_tree(
            tmp_path,
            "Film/Film.mkv",
            "Film/Subs/2_English.srt",
            "Film/Subs/3_English.srt",
            "Show/E1.mkv",
            "Show/E2.mkv",
            "Show/Subs/E2/2_German.srt",
        )

        found = sides(tmp_path)

        assert found["Film/Subs/2_English.srt"][1:4] == (
            "Film/Film.mkv",
            ".en.srt",
            "en",
        )
        assert found["Film/Subs/3_English.srt"][2] == ".2.en.srt"
        assert found["Show/Subs/E2/2_German.srt"][1:3] == ("Show/E2.mkv", ".de.srt")

    def test_that_are_extras_tell_their_type(self, tmp_path: Path) -> None:
        make_tree(
            tmp_path,
            "Film/Film.mkv",
            "Film/Film-trailer.mkv",
            "Film/Film-behindthescenes2.mp4",
            "Film/Film-sample.mkv",
            "Film/Deleted Scenes/Kitchen.mkv",
            "Film/Deleted Scenes/.hidden.mkv",
            "Film/Deleted Scenes/notes.txt",
            "Show/Season 01/Show S01E01.mkv",
            "Show/Extras/Outtakes-interview.mkv",
            "Show/Featurettes/Making of.mkv",
        )

        found = sides(tmp_path)

        assert {relpath: (*row[:2], row[4]) for relpath, row in found.items()} == {
            "Film/Film-trailer.mkv": ("EXTRA", "Film/Film.mkv", "TRAILER"),
            "Film/Film-behindthescenes2.mp4": (
                "EXTRA",
                "Film/Film.mkv",
                "BEHIND_THE_SCENES",
            ),
            "Film/Deleted Scenes/Kitchen.mkv": (
                "EXTRA",
                "Film/Film.mkv",
                "DELETED_SCENE",
            ),
            "Show/Extras/Outtakes-interview.mkv": ("EXTRA", "", "INTERVIEW"),
            "Show/Featurettes/Making of.mkv": ("EXTRA", "", "FEATURETTE"),
        }

    def test_in_a_folder_of_backgrounds_are_backgrounds(self, tmp_path: Path) -> None:
        make_tree(
            tmp_path,
            "Film/Film.mkv",
            "Film/extrafanart/fanart1.jpg",
            "Film/ExtraFanart/night sky.png",
            "Film/extrafanart/.hidden.jpg",
            "Film/extrafanart/notes.txt",
            "Film/extrafanart/clip.mkv",
            "Film/extrathumbs/thumb1.jpg",
            "extrafanart/Film.mkv",
        )

        assert [(path, *row[:2], row[4]) for path, row in sides(tmp_path).items()] == [
            ("Film/ExtraFanart/night sky.png", "ARTWORK", "", "BACKDROP"),
            ("Film/extrafanart/fanart1.jpg", "ARTWORK", "", "BACKDROP"),
        ]
        assert "extrafanart/Film.mkv" in videos(walk(tmp_path))


class TestOddTrees:
    def test_of_a_hundred_levels(self, tmp_path: Path) -> None:
        deep = "/".join(["d"] * 100)
        make_tree(tmp_path, f"{deep}/film.mkv")

        assert videos(walk(tmp_path)) == [f"{deep}/film.mkv"]

    def test_of_names_composed_and_decomposed(self, tmp_path: Path) -> None:
        name = "Amélie (2001).mkv"
        names = [
            unicodedata.normalize("NFC", name),
            unicodedata.normalize("NFD", name),
        ]
        make_tree(tmp_path, *names)

        assert sorted(videos(walk(tmp_path))) == sorted(names)

    def test_of_one_file_under_two_names(self, tmp_path: Path) -> None:
        make_tree(tmp_path, "a/film.mkv")
        (tmp_path / "b").mkdir()
        (tmp_path / "b" / "film.mkv").hardlink_to(tmp_path / "a" / "film.mkv")

        one, two = (folder.videos[0] for folder in walk(tmp_path) if folder.videos)
        assert (one.device, one.inode) == (two.device, two.inode)
        assert one.relpath != two.relpath

    def test_with_a_socket_named_as_a_video(self, tmp_path: Path) -> None:
        place = tmp_path / "s.mkv"
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(os.fspath(place))

            assert videos(walk(tmp_path)) == []
