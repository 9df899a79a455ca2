"""Reading .nfo files."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from library.nfo import MOST_BYTES, NfoUnreadable, read_nfo

MOVIE = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<movie>
  <title>The Matrix</title><originaltitle>Matrix</originaltitle>
  <year>1999</year><plot>A hacker
  learns the truth.</plot><runtime>136 min</runtime><mpaa>R</mpaa>
  <premiered>1999-03-31</premiered><tagline>Free your mind</tagline>
  <uniqueid type="tmdb" default="true">603</uniqueid>
  <uniqueid type="imdb">tt0133093</uniqueid>
  <ratings><rating name="imdb"><value>8.7</value></rating></ratings>
  <genre>Action</genre><genre>Science Fiction / Thriller</genre>
  <studio>Warner</studio><set><name>The Matrix Collection</name></set>
  <director>Lana Wachowski</director><credits>Lilly Wachowski</credits>
  <actor><name>Keanu Reeves</name><role>Neo</role></actor>
</movie>
"""


class TestReadNfo:
    def test_reads_a_movie(self) -> None:
        nfo = read_nfo(MOVIE.encode())

        title = nfo.title
        assert (nfo.root, title is not None) == ("movie", True)
        assert title is not None
        assert (title.name, title.year, title.original_name) == (
            "The Matrix",
            1999,
            "Matrix",
        )
        assert title.ids == {"tmdb": "603", "imdb": "tt0133093"}
        assert title.overview == "A hacker learns the truth."
        assert (title.runtime_minutes, title.rating) == (136, 8.7)
        assert title.genres == ("Action", "Science Fiction", "Thriller")
        assert title.collections == ("The Matrix Collection",)
        assert [(p.name, p.role, p.character) for p in title.people] == [
            ("Keanu Reeves", "ACTOR", "Neo"),
            ("Lana Wachowski", "DIRECTOR", ""),
            ("Lilly Wachowski", "WRITER", ""),
        ]

    def test_reads_a_show_whose_plain_id_is_thetvdbs(self) -> None:
        nfo = read_nfo(
            b"<tvshow><title>Show</title><id>123</id><studio>BBC</studio></tvshow>"
        )

        assert nfo.title is not None
        assert (nfo.root, nfo.title.kind, nfo.title.networks) == (
            "tvshow",
            "SHOW",
            ("BBC",),
        )
        assert nfo.ids == (("tvdb", "123"),)

    def test_reads_the_older_ids(self) -> None:
        nfo = read_nfo(
            b"<movie><title>M</title><id>tt0133093</id><tmdbid>603</tmdbid></movie>"
        )

        assert dict(nfo.ids) == {"imdb": "tt0133093", "tmdb": "603"}

    def test_reads_every_episode_of_a_file_with_several_roots(self) -> None:
        nfo = read_nfo(
            b"<episodedetails><title>A</title><season>1</season><episode>1</episode>"
            b"<aired>2001-02-03</aired></episodedetails>\n<episodedetails>"
            b"<title>B</title><season>1</season><episode>2</episode></episodedetails>"
        )

        assert [(e.season, e.number, e.name) for e in nfo.episodes] == [
            (1, 1, "A"),
            (1, 2, "B"),
        ]
        assert str(nfo.episodes[0].air_date) == "2001-02-03"

    def test_reads_a_seasons_number(self) -> None:
        nfo = read_nfo(b"<season><seasonnumber>3</seasonnumber></season>")

        assert (nfo.root, nfo.season) == ("season", 3)

    @pytest.mark.parametrize(
        ("text", "ids"),
        [
            ("https://www.themoviedb.org/movie/603-the-matrix", {"tmdb": "603"}),
            ("http://www.imdb.com/title/tt0133093/", {"imdb": "tt0133093"}),
            ("https://thetvdb.com/?tab=series&id=78874", {"tvdb": "78874"}),
            ("░▒▓ iMDB: tt0133093 ▓▒░", {"imdb": "tt0133093"}),
        ],
    )
    def test_takes_ids_out_of_plain_text(self, text: str, ids: dict[str, str]) -> None:
        nfo = read_nfo(text.encode("utf-8"))

        assert (nfo.root, dict(nfo.ids)) == (None, ids)

    def test_takes_an_address_after_the_xml(self) -> None:
        data = b"<movie><title>M</title></movie>\nhttps://www.themoviedb.org/movie/603"

        assert dict(read_nfo(data).ids) == {"tmdb": "603"}

    @pytest.mark.parametrize(
        "data",
        [
            b"\xef\xbb\xbf" + MOVIE.encode(),
            b"\n\n  " + MOVIE.encode(),
            MOVIE.encode("utf-16"),
            MOVIE.replace("Warner", "Warner & Bros").encode(),
            MOVIE.replace("Warner", "Caf&eacute;").encode(),
            MOVIE.replace("Warner", "Café").encode("cp1252"),
            MOVIE.replace("Warner", "War\x0bner\x01").encode(),
            MOVIE.encode() + b"trailing rubbish",
            MOVIE.replace("movie>", "MOVIE>").encode(),
        ],
    )
    def test_reads_what_is_slightly_broken(self, data: bytes) -> None:
        title = read_nfo(data).title

        assert title is not None
        assert title.name == "The Matrix"

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"   ",
            b"\x00" * 100,
            b"<movie><title>unclosed",
            b"<html><body>nothing</body></html>",
            b"x" * (MOST_BYTES + 1),
            (
                b"<!DOCTYPE movie [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]>"
                b"<movie><title>&b;</title></movie>"
            ),
            (
                b"<!DOCTYPE movie [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
                b"<movie><title>&x;</title></movie>"
            ),
            b"<movie>" + b"<a>" * 100_000 + b"</a>" * 100_000 + b"</movie>",
            b"<movie>" + b"<a/>" * 100_000 + b"</movie>",
            b"<movie>" * 149_000,
            b"<movie>" * 70_000 + b"</movie>" * 60_000,
            b"<movie " * 149_000,
            b"<movie>" + b"&" * 1_000_000 + b"</movi>",
            b"<movie>" + b"&a" * 500_000 + b"</movi>",
        ],
    )
    def test_names_what_it_cannot_read_and_is_quick_about_it(self, data: bytes) -> None:
        started = time.monotonic()

        with pytest.raises(NfoUnreadable):
            read_nfo(data)

        assert time.monotonic() - started < 2

    def test_takes_no_id_that_is_none(self) -> None:
        nfo = read_nfo(
            b"<movie><title>M</title><uniqueid type='tmdb'>1; DROP</uniqueid>"
            b"<uniqueid type='tmdb'>../..</uniqueid><imdbid>tt1</imdbid>"
            b"<year>99999999</year><rating>1e309</rating></movie>"
        )

        assert nfo.ids == ()
        assert nfo.title is not None
        assert (nfo.title.year, nfo.title.rating) == (None, None)

    @given(st.binary(max_size=500) | st.text(max_size=300).map(str.encode))
    def test_raises_nothing_else(self, data: bytes) -> None:
        for piece in (data, b"<movie>" + data + b"</movie>"):
            try:
                read_nfo(piece)
            except NfoUnreadable:
                continue
