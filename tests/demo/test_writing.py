"""The demo's library: videos that play, .nfo that parse, posters that are pictures."""

from pathlib import Path

import av
import pytest
from defusedxml import ElementTree as Xml
from PIL import Image

from drivearr.demo import writing
from drivearr.demo.catalogue import MOVIES, SHOWS
from drivearr.demo.filming import film
from drivearr.demo.painting import paint_poster


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("library")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "MOVIES", MOVIES[:2])
        patch.setattr(writing, "SHOWS", SHOWS[:1])
        writing.write_library(folder, say=lambda _: None)
    return folder


class TestFilm:
    @pytest.mark.parametrize("ending", [".mkv", ".mp4"])
    def test_makes_a_video_with_picture_and_sound(
        self, tmp_path: Path, ending: str
    ) -> None:
        path = tmp_path / f"a{ending}"

        film(path, MOVIES[0].look, seconds=2, tone_hertz=220)

        with av.open(str(path)) as video:
            assert sum(1 for _ in video.decode(video=0)) == 24
            assert {stream.type for stream in video.streams} == {"video", "audio"}
        assert [file.name for file in tmp_path.iterdir()] == [path.name]

    def test_puts_subtitles_into_the_video(self, tmp_path: Path) -> None:
        path = tmp_path / "a.mkv"

        film(path, MOVIES[0].look, seconds=2, tone_hertz=220, subtitles=("eng", "ger"))

        with av.open(str(path)) as video:
            texts = video.streams.subtitles
            assert [text.language for text in texts] == ["eng", "ger"]
            lines = [bytes(packet) for packet in video.demux(texts[1])]
            assert lines[0] == b"[ger] Is anybody there?"


class TestWriteLibrary:
    def test_puts_all_beside_the_video(self, library: Path) -> None:
        folder = library / "Movies" / "Lantern at Skarholm (2011)"

        assert sorted(file.name for file in folder.iterdir()) == [
            "Lantern at Skarholm (2011).de.forced.srt",
            "Lantern at Skarholm (2011).en.srt",
            "Lantern at Skarholm (2011).mkv",
            "movie.nfo",
            "poster.jpg",
        ]

    def test_writes_facts_that_parse(self, library: Path) -> None:
        facts = Xml.parse(library / "TV Shows/Saltmarsh Lane (2015)/tvshow.nfo")

        assert facts.findtext("title") == "Saltmarsh Lane"

    def test_leaves_gaps_and_puts_two_episodes_into_a_file(self, library: Path) -> None:
        names = [file.name for file in (library / "TV Shows").rglob("*.mkv")]

        assert any("S02E01E02" in name for name in names)
        assert not any("S01E04" in name for name in names)

    def test_keeps_what_is_there(self, library: Path) -> None:
        before = {file: file.stat().st_mtime_ns for file in library.rglob("*.mkv")}

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(writing, "MOVIES", MOVIES[:2])
            patch.setattr(writing, "SHOWS", SHOWS[:1])
            writing.write_library(library, say=lambda _: None)

        assert before == {f: f.stat().st_mtime_ns for f in library.rglob("*.mkv")}


class TestCatalogue:
    def test_has_names_that_every_file_system_of_the_library_takes(self) -> None:
        names = [part for movie in MOVIES for f in movie.files for part in f.split("/")]

        assert max(len(name.encode()) for name in names) <= 255


class TestPaintPoster:
    @pytest.mark.parametrize("title", [*MOVIES, *SHOWS], ids=lambda title: title.name)
    def test_paints_each_title(self, title: object) -> None:
        assert isinstance(title, type(MOVIES[0]) | type(SHOWS[0]))

        poster = paint_poster(title.look, title=title.name, note=str(title.year))

        assert poster.size == (600, 900)
        colours = poster.resize((8, 8), Image.Resampling.BOX).getcolors()
        assert colours is not None
        assert len(colours) > 16
