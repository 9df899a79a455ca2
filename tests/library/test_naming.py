"""What the name of a video says."""

import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from library.naming import ParsedName, parse

CASES: list[tuple[str, dict[str, Any]]] = [
    (
        "The Matrix (1999)/The Matrix (1999).mkv",
        {"kind": "movie", "title": "The Matrix", "year": 1999},
    ),
    (
        "The.Matrix.1999.1080p.BluRay.x264-GRP.mkv",
        {
            "kind": "movie",
            "title": "The Matrix",
            "year": 1999,
            "resolution": "1080p",
            "source": "bluray",
            "group": "GRP",
        },
    ),
    ("2012 (2009).mkv", {"title": "2012", "year": 2009}),
    ("1917.2019.2160p.WEB-DL.mkv", {"title": "1917", "year": 2019, "source": "webdl"}),
    ("300 (2006)/300.mkv", {"kind": "movie", "title": "300", "year": 2006}),
    (
        "Maze Runner - The Scorch Trials (2015).mkv",
        {"title": "Maze Runner - The Scorch Trials", "alt_titles": ["Maze Runner"]},
    ),
    (
        "Blade Runner (1982) {edition-Final Cut} {tmdb-78}.mkv",
        {"title": "Blade Runner", "edition": "Final Cut", "tmdb": "78"},
    ),
    ("Heat (1995) [imdbid-tt0113277]/heat.mkv", {"imdb": "tt0113277", "year": 1995}),
    (
        "Show/Season 01/Show - S01E01 - Name.mkv",
        {
            "kind": "episode",
            "title": "Show",
            "season": 1,
            "episodes": [1],
            "episode_title": "Name",
            "show_folder": "Show",
        },
    ),
    (
        "Show (2005)/Season 02/S02E03.mkv",
        {"title": "Show", "year": 2005, "season": 2, "episodes": [3]},
    ),
    ("Show/Season 1/06 - Title.mkv", {"title": "Show", "season": 1, "episodes": [6]}),
    ("Show/season1/06.mkv", {"title": "Show", "season": 1, "episodes": [6]}),
    ("Show/Staffel 2/101.mkv", {"title": "Show", "season": 2, "episodes": [101]}),
    ("Show/Season 1/105 - Title.mkv", {"season": 1, "episodes": [5]}),
    ("Show/Specials/S00E04.mkv", {"title": "Show", "season": 0, "episodes": [4]}),
    ("Show.S01E01E02.720p.mkv", {"title": "Show", "episodes": [1, 2]}),
    ("Show.S01E01-E03.mkv", {"episodes": [1, 2, 3]}),
    ("Show - S01E01-03.mkv", {"episodes": [1, 2, 3]}),
    ("Show - S01E01-1080p.mkv", {"episodes": [1]}),
    ("Show S01E08-09v2.mkv", {"episodes": [8, 9]}),
    ("Show 1x02-1x03.mkv", {"season": 1, "episodes": [2, 3]}),
    ("Show.1x05.avi", {"title": "Show", "season": 1, "episodes": [5]}),
    ("To.Love.Ru.S01E02.mkv", {"title": "To Love Ru", "season": 1, "episodes": [2]}),
    ("24.S02E01.mkv", {"title": "24", "season": 2}),
    ("M.A.S.H.S01E01.mkv", {"title": "M.A.S.H", "episodes": [1]}),
    (
        "A.Late.Show.2014.07.22.Guest.mkv",
        {"kind": "episode", "title": "A Late Show", "air_date": "2014-07-22"},
    ),
    (
        "[Group] Some Show - 12 [720p].mkv",
        {"title": "Some Show", "absolute": [12], "season": None, "group": "Group"},
    ),
    (
        "Show (2000)/show.101.avi",
        {"kind": "episode", "season": 1, "episodes": [1]},
    ),
    (
        "d41d8cd98f00b204e9800998ecf8427e.mkv",
        {"kind": "other", "title": None, "reason": "the name is a hash"},
    ),
    ("00001.mkv", {"kind": "other", "title": None}),
    ("...mkv", {"kind": "other", "title": None}),
    (
        "Movie.2018.1080p.WEB-DL-GRP/AHFMZXGHEWD660.mkv",
        {"kind": "movie", "title": "Movie", "year": 2018},
    ),
    (
        "Beyond.S01E02.720p.WEBRip-BTW/gNWDXow11s7E0X7GTDrZ.mkv",
        {"kind": "episode", "title": "Beyond", "season": 1, "episodes": [2]},
    ),
    ("Show (2011) - 141 - Name [1080p].mkv", {"title": "Show", "absolute": [141]}),
    ("Show.(2013).Season.3.720p", {"kind": "season", "title": "Show", "season": 3}),
    ("/Drive/Kausi 1", {"kind": "season", "season": 1}),
    ("Joe.Movie.EXTENDED.EDITION.2015.1080p", {"edition": "Extended"}),
    ("Rêves (2006)/Reves.FRENCH.DVDRip.XviD-GRP.avi", {"year": 2006}),
    ("D:\\media\\Foo\\Foo s01e01.mkv", {"title": "Foo", "episodes": [1]}),
    ("Show.S01E01+02.mkv", {"episodes": [1, 2]}),
    ("Final Cut (1998).mkv", {"title": "Final Cut", "year": 1998}),
    ("2014 Summer/clip 77.avi", {"year": None}),
    (
        "Heat (1995)/a1b2c3d4e5f6a7b8c9d0e1f2.mkv",
        {"kind": "movie", "title": "Heat", "year": 1995},
    ),
]

_PIECES = (
    "Show|Season 1|S01|E02|E|1x|2019|(2019)|[x]|-|.|_|/| |1080p|{tmdb-1}|-GRP|\ud800|\0"
    "|9999999999|2014.07.99|tt1234567|Specials|part2|~|é|日本"
)
PIECES = _PIECES.split("|")


class TestParse:
    @pytest.mark.parametrize(("name", "wanted"), CASES)
    def test_reads(self, name: str, wanted: dict[str, Any]) -> None:
        found = parse(name).as_json()

        assert {key: found[key] for key in wanted} == wanted
        assert found["reason"]

    @pytest.mark.parametrize(
        ("name", "kind", "wanted"),
        [
            ("Aliens.mkv", "MOVIES", {"kind": "movie", "title": "Aliens"}),
            ("100 Streets.mkv", "MOVIES", {"title": "100 Streets", "year": None}),
            ("Show/bonus thoughts.mkv", "SHOWS", {"kind": "other"}),
            ("Show/Show 05.mkv", "SHOWS", {"kind": "episode"}),
            (
                "Holiday/S01E01.mkv",
                "OTHER",
                {"kind": "other", "title": "S01E01", "season": None},
            ),
            (
                "2014-07-22 Beach.mp4",
                "OTHER",
                {"kind": "other", "title": "2014-07-22 Beach"},
            ),
        ],
    )
    def test_heeds_the_kind_of_the_root(
        self, name: str, kind: str, wanted: dict[str, Any]
    ) -> None:
        found = parse(name, kind).as_json()

        assert {key: found[key] for key in wanted} == wanted

    @given(st.text(max_size=200), st.sampled_from([None, "MOVIES", "SHOWS", "OTHER"]))
    @settings(max_examples=150, deadline=None)
    def test_never_raises(self, name: str, kind: str | None) -> None:
        assert json.dumps(parse(name, kind).as_json())

    @given(
        st.lists(
            st.sampled_from(PIECES),
            max_size=12,
        ),
        st.sampled_from([None, "MOVIES", "SHOWS", "OTHER"]),
    )
    @settings(max_examples=300, deadline=None)
    def test_never_raises_on_pieces_of_names(
        self, pieces: list[str], kind: str | None
    ) -> None:
        found = parse("".join(pieces), kind)

        assert found.title != ""
        assert ParsedName.from_json(found.as_json()) == found

    @pytest.mark.parametrize("name", ["", "/", "a" * 100_000, "S" + "1" * 5000 + "E1"])
    def test_never_raises_on_extremes(self, name: str) -> None:
        assert parse(name).input == name

    def test_needs_no_other_parser(self) -> None:
        code = (
            "import sys; from library.naming import parse; parse('A (2000).mkv');"
            "parse('what is this.mkv'); sys.exit('guessit' in sys.modules)"
        )

        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
