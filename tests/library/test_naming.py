"""What the name of a video says."""

import json
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from library.naming import ParsedName, parse

CASES: list[tuple[str, dict[str, Any]]] = [
    # The sound's channels in brackets are no number of an episode.
    (
        "Some Film (2013) [2160p] [WEB] [5.1] [YTS.MX].mp4",
        {"kind": "movie", "title": "Some Film", "year": 2013},
    ),
    # No title is an article alone, and no film has seasons.
    ("The.Remux.2015.mkv", {"kind": "movie", "title": "The Remux", "year": 2015}),
    ("The.Final.Cut.2004.mkv", {"title": "The Final Cut", "year": 2004}),
    ("Open.Season.2006.1080p.mkv", {"kind": "movie", "title": "Open Season"}),
    (
        "Open.Season.2.2008.1080p.mkv",
        {"kind": "movie", "title": "Open Season 2", "year": 2008},
    ),
    ("Seasons.2015.mkv", {"kind": "movie", "title": "Seasons", "year": 2015}),
    ("Show.Season.2.2008.1080p", {"kind": "season", "title": "Show", "season": 2}),
    # Seasons in other words and scripts.
    ("Show [S05] (12 из 32).avi", {"title": "Show", "season": 5, "episodes": [12]}),
    ("Show T03xC05.avi", {"title": "Show", "season": 3, "episodes": [5]}),
    ("Show T3E05.avi", {"title": "Show", "season": 3, "episodes": [5]}),
    ("Show S15, E01.mkv", {"title": "Show", "season": 15, "episodes": [1]}),
    (
        "Show - Series 15 - 01 - Name.mkv",
        {"title": "Show", "season": 15, "episodes": [1], "episode_title": "Name"},
    ),
    ("Show - 4x13 & 4x14.mkv", {"title": "Show", "season": 4, "episodes": [13, 14]}),
    ("[Group] 节目 第二季 - 03 [1080P].mp4", {"season": 2, "episodes": [3]}),
    ("節目 Season10 第05話.mp4", {"title": "節目", "season": 10, "episodes": [5]}),
    ("Show/Stagione 1/Puntata 6.mkv", {"season": 1, "episodes": [6]}),
    ("Show - Capítulo 123.avi", {"title": "Show", "season": None, "episodes": [123]}),
    ("Show [Cap.123].avi", {"title": "Show", "season": 1, "episodes": [23]}),
    # Folders that tell a disc or a quality say neither title nor season.
    ("Show/Season 1/Disc 1/01.mkv", {"title": "Show", "season": 1, "episodes": [1]}),
    ("Film (2021)/4K/Film.mkv", {"kind": "movie", "title": "Film", "year": 2021}),
    # Dates with a time of day, in brackets, and led to by a word.
    ("Show_20230514_2000.mp4", {"title": "Show", "air_date": "2023-05-14"}),
    ("Show (2024-03-12).mp4", {"title": "Show", "air_date": "2024-03-12"}),
    ("Show vom 12.03.2024.mp4", {"title": "Show", "air_date": "2024-03-12"}),
    ("Show 12.03.2024.mp4", {"title": None, "air_date": None}),
    ("阳光电影www.ygdy8.com.片名.2023.BD.1080P.mkv", {"title": "片名", "year": 2023}),
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

# Shapes of release names and folders, one or more of each class.
SHAPES: list[tuple[str, dict[str, Any]]] = [
    ("Show - S01.E03 - Name.mkv", {"season": 1, "episodes": [3]}),
    ("Show.S03E01.S03E02.720p.mkv", {"season": 3, "episodes": [1, 2]}),
    ("Show - S22E5363-E5366.mkv", {"episodes": [5363, 5364, 5365, 5366]}),
    ("Show - [S01E01-02-03] - Name.mkv", {"title": "Show", "episodes": [1, 2, 3]}),
    ("Show S1E01-1080p.mkv", {"episodes": [1]}),
    ("Show - S02E10 6-50 to Town.mkv", {"episodes": [10]}),
    ("Show 2x03 - 2x04 - 2x15.mkv", {"season": 2, "episodes": [3, 4, 15]}),
    ("Show 1940x01 Name.mkv", {"season": 1940, "episodes": [1]}),
    ("Film 1920x804.mkv", {"kind": "movie", "season": None, "resolution": "1080p"}),
    ("Show Season 3 Episode 9 - Name.avi", {"season": 3, "episodes": [9]}),
    ("Show - Stagione 6 (2016) Episodio 13.mkv", {"season": 6, "episodes": [13]}),
    ("Show 2 сезон 3 серия.mkv", {"title": "Show", "season": 2, "episodes": [3]}),
    ("Show [HDTV][Cap.402].avi", {"title": "Show", "season": 4, "episodes": [2]}),
    ("番組 第2季 第十二話.mkv", {"title": "番組", "season": 2, "episodes": [12]}),
    ("番組 第12話.mkv", {"title": "番組", "absolute": [12]}),
    ("프로그램 12화.mkv", {"title": "프로그램", "absolute": [12]}),
    ("Show.E56.190121.720p-NEXT.mp4", {"title": "Show", "episodes": [56]}),
    ("Show Episode 366 VOSTFR.avi", {"title": "Show", "episodes": [366]}),
    ("BBC Story 1 of 6 - Name HDTV.mkv", {"title": "BBC Story", "episodes": [1]}),
    ("Some.Show.Part.Two.720p.HDTV-GRP", {"title": "Some Show", "episodes": [2]}),
    ("Film Part 2 (1990).mkv", {"kind": "movie", "title": "Film Part 2"}),
    ("Show.103.104.720p.HDTV-GRP", {"season": 1, "episodes": [3, 4]}),
    ("Show.10910.hdtv-lol", {"season": 1, "episodes": [9, 10]}),
    ("a.show.2015.0308-grp", {"title": "a show", "season": 3, "episodes": [8]}),
    ("[Grp]_Show_Name_-_12v2_[720p][1A2B3C4D].mkv", {"absolute": [12], "group": "Grp"}),
    ("[Grp] Show 2 - 01~03 [1080p].mkv", {"title": "Show 2", "absolute": [1, 2, 3]}),
    ("[Grp] Show S2 - 07 [1080p].mkv", {"title": "Show", "season": 2, "episodes": [7]}),
    ("[Grp] Show - 12.5 [1080p].mkv", {"title": "Show", "season": 0, "absolute": None}),
    ("[字幕组][节目/Show Name][01-03完][1080P].mkv", {"absolute": [1, 2, 3]}),
    ("[字幕组][节目/Show Name][08][1080P].mkv", {"title": "Show Name"}),
    ("【组】★10月新番★[節目_Show Name][12END][720p]", {"title": "Show Name"}),
    ("[Grp] 節目 第二季 / Show Name - 05 [x264]", {"title": "Show Name"}),
    ("[Grp]Show.2010.S01E01.001.HDTV", {"episodes": [1], "absolute": [1]}),
    ("Show - １５８ [720p].mkv", {"title": "Show", "absolute": [158]}),
    ("Show/02 - Name.avi", {"title": "Show", "episodes": None, "absolute": [2]}),
    ("Show/Season 2/7 - 12 Angry Men.avi", {"season": 2, "episodes": [7]}),
    ("Show/3/02 - Name.avi", {"title": "Show", "season": 3, "episodes": [2]}),
    ("003. Show - Name.avi", {"title": "Show", "absolute": [3]}),
    ("Show - 30-04-2024 HDTV.mkv", {"title": "Show", "air_date": "2024-04-30"}),
    ("Show.140722.720p.HDTV-GRP", {"title": "Show", "air_date": "2014-07-22"}),
    ("Show 20201013 Ep7432 [720p]", {"title": "Show", "air_date": "2020-10-13"}),
    ("Show 22 October 2016 HDTV.mkv", {"title": "Show", "air_date": "2016-10-22"}),
    ("Show 2016 02 25 S20E143", {"title": "Show", "season": 20, "episodes": [143]}),
    ("Show/2011.01.10 - Guest.mkv", {"title": "Show", "air_date": "2011-01-10"}),
    ("Show - 05-06-2024 HDTV.mkv", {"kind": "other", "air_date": None}),
    ("Show.S01-S03.1080p.BluRay", {"kind": "season", "title": "Show", "season": 1}),
    ("Show Saison VII FRENCH BDRip", {"kind": "season", "season": 7}),
    ("Show S2E1-16 of 16 [2022]", {"kind": "season", "season": 2, "episodes": None}),
    ("/Drive/SÄSONG 2", {"kind": "season", "season": 2}),
    ("/Drive/시즌 1", {"kind": "season", "season": 1}),
    ("/Drive/EXTRAS", {"kind": "season", "season": 0}),
    ("/Drive/Show/2", {"kind": "season", "title": "Show", "season": 2}),
    ("/Drive/300 Collection/1", {"season": None}),
    ("(1995) Film.mkv", {"title": "Film", "year": 1995}),
    (
        "Film AKA Other Name 1965 DVDRip.avi",
        {"alt_titles": ["Other Name", "Film AKA Other Name"]},
    ),
    ("[www.site.com] - Film.2023.720p.HDTV-GRP", {"title": "Film", "year": 2023}),
    ("Film.2019.2160p.UHD.BluRay.HDR10.DV.HEVC-GRP", {"hdr": "HDR10, Dolby Vision"}),
    ("Film.2013.3D.HSBS.1080p.BluRay-GRP", {"is_3d": True, "is_proper": False}),
    ("Film.2013.German.DL.PROPER.1080p-GRP", {"languages": ["de"], "is_proper": True}),
    ("Aliens.SE.1986.BDRip.1080p", {"title": "Aliens", "edition": "Special Edition"}),
    ("Film 2012 (1080p BluRay x265 10bit AAC 7.1 Joy).mkv", {"group": "Joy"}),
    ("Film.2019.1080p.BDRip.AC3-EVO-Obfuscated", {"group": "EVO"}),
    (
        "010E70S.nuF.fo.snoS.mkv",
        {"title": "Sons of Fun", "season": 7, "episodes": [10]},
    ),
    ("Show.S04E08.720p-GRP/abc.mkv", {"title": "Show", "season": 4, "episodes": [8]}),
]

REFUSED = [
    "45a55debe3856da318cc35882ad07e43cd32fd15.mkv",
    "Vrq6e1Aba3U amCjuEgV5R2QvdsLEGYF3YQAQkw8.mkv",
    "ah63jka93jf0jh26ahjas961.mkv",
    "thebiggestmovie1618finale.mkv",
    "_unpack e096aeb3c2c0483a96f5b32fc6d10ff5.mkv",
    "asdf final FINAL (2).mp4",
    "final copy 2.mp4",
    "qwerty.avi",
    "00042.m2ts",
    "IMG_20190101_120000.mp4",
    "Backup_72023S02-12.mkv",
    "A.Talk.Show.1950.10.14.Guest-GRP",
    "Show Name (2018) Complete 360p HDTV AAC H.264-NEXT",
]
_PIECES = (
    "Show|Season 1|S01|E02|E|1x|2019|(2019)|[x]|-|.|_|/| |1080p|{tmdb-1}|-GRP|\ud800|\0"
    "|9999999999|2014.07.99|tt1234567|Specials|part2|~|é|日本"
)
PIECES = _PIECES.split("|")


HOSTILE = [
    "[",
    "(",
    "[(",
    "[]",
    "((a)",
    "S",
    "S01",
    "S01E01-",
    "E01",
    "1x",
    "01-",
    "0",
    "-",
    " ",
    " - 1",
    ".2019",
    "2019.",
    "a.",
    "A.",
    "www.",
    "season ",
    "第",
    "一",
    "extended ",
    "4k",
    "dts-",
    "dts-hd.",
    "/",
    "S1/",
    "x/",
    "a／",
    "_",
    "ＡＢ",
    "é",
    "\u0301",
    "tt1234567 ",
    "[tmdb-1]",
    "-e1",
    "-1x1",
    "x1",
    "_e1",
    "-01",
    "-S01E01",
    "&1",
    "+02",
    " - x01",
    "E1E",
]


class TestParse:
    @pytest.mark.parametrize(("name", "wanted"), CASES + SHAPES)
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
            ("甄嬛传/甄嬛传05.mp4", "SHOWS", {"title": "甄嬛传", "absolute": [5]}),
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

    @pytest.mark.parametrize("name", REFUSED)
    def test_refuses_what_is_no_title(self, name: str) -> None:
        found = parse(name)

        assert found.kind == "other"
        assert not found.episodes + found.absolute
        assert found.air_date is None
        assert found.title is None
        assert found.reason

    @pytest.mark.parametrize(
        ("name", "kind"),
        [("Old.mkv", "MOVIES"), ("Old (2021).mkv", None), ("Rhythm.mkv", "MOVIES")],
    )
    def test_refuses_no_short_title(self, name: str, kind: str | None) -> None:
        assert parse(name, kind).title

    def test_carries_what_it_rests_on(self) -> None:
        found = parse("Show (2005)/Season 2/Show - S02E03.mkv")

        assert found.evidence == (
            "S02E03 in the name; title before it",
            "year 2005: in the folder",
            "season 2: the folder says so too",
        )

    def test_gives_the_same_in_threads_and_processes(self) -> None:
        names = [name for name, _ in CASES + SHAPES]
        alone = [parse(name) for name in names]
        with ThreadPoolExecutor(4) as threads:
            assert list(threads.map(parse, names)) == alone
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
            assert list(processes.map(parse, names, chunksize=20)) == alone

    @given(st.from_regex(r"[\[\](){}\- ._0-9ESx第話/]{0,300}", fullmatch=True))
    @settings(max_examples=200, deadline=None)
    def test_never_raises_on_brackets_and_numbers(self, name: str) -> None:
        assert json.dumps(parse(name).as_json())

    @pytest.mark.parametrize("piece", HOSTILE)
    def test_reads_a_name_of_a_megabyte_at_once(self, piece: str) -> None:
        name = piece * (1_000_000 // len(piece))

        begun = time.process_time()
        parse(name)
        parse(f"Show.S01E01.{name}.mkv")

        assert time.process_time() - begun < 3

    @pytest.mark.parametrize("piece", HOSTILE)
    def test_takes_no_longer_for_the_longest_names_a_disk_holds(
        self, piece: str
    ) -> None:
        name = (piece * 255)[:500]

        begun = time.process_time()
        parse(name)
        for start in ("S01E01", "1x01", "Show - 01", "[A][B]", "E01"):
            parse(f"{start}{name[:480]}!a")

        assert time.process_time() - begun < 2

    @pytest.mark.parametrize("name", ["", "/", "a" * 100_000, "S" + "1" * 5000 + "E1"])
    def test_never_raises_on_extremes(self, name: str) -> None:
        assert parse(name).input == name

    def test_needs_no_other_parser(self) -> None:
        code = (
            "import sys; from library.naming import parse; parse('A (2000).mkv');"
            "parse('what is this.mkv'); sys.exit('guessit' in sys.modules)"
        )

        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
