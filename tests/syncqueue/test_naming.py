"""Names on drives that every file system takes."""

import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncqueue import naming
from syncqueue.naming import Named

# What file systems and people have trouble with, among everything else.
hostile = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"]),
        st.sampled_from('<>:"/\\|?*. \x00\x1f\u0301\u202e\u200bİßé日🎬'),
    ),
    max_size=300,
)
named = st.builds(
    Named,
    kind=st.sampled_from(["MOVIE", "SHOW", "OTHER"]),
    title=hostile,
    year=st.none() | st.integers(1880, 2100),
    episodes=st.lists(
        st.tuples(st.just(3), st.integers(0, 2000)), max_size=12, unique=True
    ),
    episode_name=hostile,
    edition=hostile,
    part=st.none() | st.integers(1, 99),
)
marks = st.sampled_from(["", " [7]", " [123456]"])


def assert_every_file_system_takes(relpath: str) -> None:
    assert len(relpath.encode("utf-16-le")) // 2 <= 259
    for component in relpath.split("/"):
        assert component
        assert len(component.encode()) <= naming.MOST_BYTES
        assert unicodedata.normalize("NFC", component) == component
        assert not set(component) & set('<>:"/\\|?*')
        assert component.isprintable()
        assert component == component.strip(" ")
        assert not component.endswith(".")
        assert component not in {".", ".."}
        stem = component.split(".")[0].rstrip().lower()
        assert stem not in {"con", "prn", "aux", "nul", "com1", "lpt9"}


class TestVideoRelpath:
    @pytest.mark.parametrize(
        ("given", "extension", "expected"),
        [
            (
                Named("MOVIE", "Heat", 1995),
                ".mkv",
                "Movies/Heat (1995)/Heat (1995).mkv",
            ),
            (
                Named("MOVIE", "Alien", 1979, edition="Director's Cut", part=2),
                ".mkv",
                "Movies/Alien (1979)/Alien (1979) - Director's Cut - part2.mkv",
            ),
            (
                Named("SHOW", "Lost", 2004, [(1, 2)], "Pilot: Part 2"),
                ".mp4",
                "TV Shows/Lost (2004)/Season 01/Lost (2004) - S01E02 - Pilot - Part 2.mp4",
            ),
            (
                Named("SHOW", "Lost", None, [(0, 1), (0, 2), (0, 3)]),
                ".mkv",
                "TV Shows/Lost/Season 00/Lost - S00E01-E03.mkv",
            ),
            (
                Named("SHOW", "Lost", None, [(1, 1), (1, 3)]),
                ".mkv",
                "TV Shows/Lost/Season 01/Lost - S01E01E03.mkv",
            ),
            (
                Named(
                    "SHOW",
                    "Late",
                    None,
                    [(2024, 305)],
                    "A Guest",
                    air_date=date(2024, 3, 5),
                ),
                ".mkv",
                "TV Shows/Late/Season 2024/Late - 2024-03-05 - A Guest.mkv",
            ),
            (Named("OTHER", "CON", None), ".avi", "Videos/_CON/_CON.avi"),
        ],
    )
    def test_reads_as_players_expect(
        self, given: Named, extension: str, expected: str
    ) -> None:
        assert naming.video_relpath(given, extension=extension) == expected

    @given(named, marks)
    def test_takes_any_title(self, given: Named, mark: str) -> None:
        relpath = naming.video_relpath(given, extension=".mkv", mark=mark)

        assert_every_file_system_takes(relpath)
        assert relpath.endswith(".mkv")

    @given(named)
    def test_is_the_same_each_time(self, given: Named) -> None:
        first = naming.video_relpath(given, extension=".mkv")

        assert naming.video_relpath(given, extension=".mkv") == first

    @given(st.text("aé日🎬", min_size=60, max_size=300), st.integers(1, 9999))
    def test_keeps_season_and_episode_of_long_titles(
        self, title: str, number: int
    ) -> None:
        one = Named("SHOW", title, 2001, [(2, number)], "x" * 300, None, "y" * 200, 4)

        relpath = naming.video_relpath(one, extension=".mkv", mark=" [99]")

        assert f" - S02E{number:02d} - " in relpath
        assert " - part4" in relpath

    @given(st.integers(100, 400))
    def test_tells_long_titles_apart(self, length: int) -> None:
        first = naming.video_relpath(
            Named("MOVIE", "x" * length + "a"), extension=".mkv"
        )
        second = naming.video_relpath(
            Named("MOVIE", "x" * length + "b"), extension=".mkv"
        )

        assert first != second


class TestSideRelpath:
    @pytest.mark.parametrize(
        ("suffix", "expected"),
        [
            (".en.srt", "Movies/A/A.en.srt"),
            (".pt-BR.forced.srt", "Movies/A/A.pt-BR.forced.srt"),
            (".nfo", "Movies/A/A.nfo"),
            ("-thumb.jpg", "Movies/A/A-thumb.jpg"),
            (".. :?.srt", "Movies/A/A.srt"),
            ("", "Movies/A/A.side"),
        ],
    )
    def test_stands_beside_its_video(self, suffix: str, expected: str) -> None:
        assert naming.side_relpath("Movies/A/A.mkv", suffix=suffix) == expected

    @given(named, hostile, st.sampled_from([".srt", ".nfo", ""]))
    def test_takes_any_suffix_and_keeps_the_videos_name(
        self, given: Named, flags: str, extension: str
    ) -> None:
        video = naming.video_relpath(given, extension=".mkv")

        side = naming.side_relpath(video, suffix=flags + extension)

        assert_every_file_system_takes(side)
        assert side.startswith(video.removesuffix(".mkv"))


class TestBeside:
    @given(named, hostile, st.integers(0, 1))
    def test_takes_any_name(self, given: Named, name: str, levels: int) -> None:
        video = naming.video_relpath(given, extension=".mkv")

        assert_every_file_system_takes(
            naming.beside(video, name=name + ".jpg", levels=levels)
        )


class TestClashKey:
    @pytest.mark.parametrize(
        ("one", "other"),
        [("Heat", "HEAT"), ("Am\u00e9lie", "Ame\u0301lie"), ("STRASSE", "straße")],
    )
    def test_is_one_for_names_some_file_system_takes_for_one(
        self, one: str, other: str
    ) -> None:
        assert naming.clash_key(one) == naming.clash_key(other)

    def test_differs_for_other_names(self) -> None:
        assert naming.clash_key("Heat (1995)") != naming.clash_key("Heat (1986)")
