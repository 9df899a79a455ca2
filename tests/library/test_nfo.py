"""What .nfo files say, also the odd and the hostile ones."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from library.nfo import MOST_BYTES, Nfo, NfoUnreadable, read_nfo

MOVIE = """<?xml version="1.0" encoding="UTF-8"?>
<movie>
  <title>Quiet Harbour</title><originaltitle>Port tranquille</originaltitle>
  <year>1999</year><plot>Ships.</plot><runtime>101 min</runtime>
  <uniqueid type="tmdb" default="true">603</uniqueid>
  <uniqueid type="imdb">tt0133093</uniqueid>
  <genre>Drama / Sea</genre><genre>Drama</genre><studio>Pier</studio>
  <ratings><rating name="x" default="true"><value>7.5</value></rating></ratings>
  <set><name>Harbours</name></set>
  <actor><name>Ada</name><role>Eve</role></actor><director>Bo</director>
</movie>"""


def read_one(text: str | bytes) -> Nfo:
    [nfo] = read_nfo(text if isinstance(text, bytes) else text.encode())
    return nfo


class TestReadNfo:
    def test_reads_a_movie(self) -> None:
        nfo = read_one(MOVIE)

        assert (nfo.kind, nfo.title, nfo.year) == ("MOVIE", "Quiet Harbour", 1999)
        assert nfo.ids == {"tmdb": "603", "imdb": "tt0133093"}
        assert nfo.genres == ("Drama", "Sea")
        assert (nfo.runtime_minutes, nfo.rating, nfo.collection) == (
            101,
            7.5,
            "Harbours",
        )
        assert [(p.name, p.role) for p in nfo.people] == [
            ("Ada", "ACTOR"),
            ("Bo", "DIRECTOR"),
        ]

    def test_reads_several_episodes_one_after_another(self) -> None:
        one = "<episodedetails><title>{0}</title><season>1</season><episode>{0}</episode></episodedetails>"

        found = read_nfo((one.format(1) + "\n" + one.format(2)).encode())

        assert [(n.kind, n.season, n.episode) for n in found] == [
            ("EPISODE", 1, 1),
            ("EPISODE", 1, 2),
        ]

    def test_reads_an_address_alone(self) -> None:
        nfo = read_one("https://www.themoviedb.org/movie/603-the-matrix")

        assert (nfo.kind, nfo.ids) == ("IDS", {"tmdb": "603"})

    def test_reads_an_address_after_the_xml(self) -> None:
        nfo = read_one(
            "<movie><title>A</title></movie>\nhttps://www.imdb.com/title/tt0133093/"
        )

        assert nfo.ids == {"imdb": "tt0133093"}

    @pytest.mark.parametrize(
        ("kind", "source"), [("movie", "imdb"), ("tvshow", "tvdb")]
    )
    def test_knows_what_the_bare_id_means(self, kind: str, source: str) -> None:
        value = "tt0133093" if source == "imdb" else "121361"

        assert read_one(f"<{kind}><id>{value}</id></{kind}>").ids == {source: value}

    @pytest.mark.parametrize(
        "data",
        [
            b"\xef\xbb\xbf  \n<movie><title>Caf\xc3\xa9</title></movie>",
            "<movie><title>Café</title></movie>".encode("cp1252"),
            "<movie><title>Café</title></movie>".encode("utf-16"),
            b"<movie><title>Caf\xc3\xa9</title></movie><movie/>garbage",
        ],
    )
    def test_reads_every_encoding_seen(self, data: bytes) -> None:
        assert read_nfo(data)[0].title == "Café"

    def test_mends_a_bare_ampersand(self) -> None:
        assert (
            read_one("<movie><title>Tom & Jerry</title></movie>").title == "Tom & Jerry"
        )

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "   ",
            "no xml at all",
            "<movie><title>cut",
            "<html><body>404</body></html>",
            '<!DOCTYPE m [<!ENTITY a "b">]><movies/>',
            "<movie>" + "<a>" * 5000 + "</a>" * 5000 + "</movie>",
        ],
    )
    def test_refuses_what_says_nothing(self, text: str) -> None:
        with pytest.raises(NfoUnreadable):
            read_nfo(text.encode())

    def test_refuses_a_huge_file(self) -> None:
        with pytest.raises(NfoUnreadable):
            read_nfo(b" " * (MOST_BYTES + 1))

    def test_opens_no_entity(self) -> None:
        text = (
            '<!DOCTYPE movie [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
            "<movie><title>&x;</title></movie>"
        )

        assert "root" not in read_one(text).title

    @pytest.mark.parametrize(
        "bad",
        [
            "<id>12; drop</id>",
            "<uniqueid type='tmdb'>-1</uniqueid>",
            "<year>99999</year>",
        ],
    )
    def test_drops_values_that_cannot_be(self, bad: str) -> None:
        nfo = read_one(f"<movie><title>A</title>{bad}</movie>")

        assert (nfo.ids, nfo.year) == ({}, None)

    @given(st.binary(max_size=2000))
    def test_never_raises_but_its_own_error(self, data: bytes) -> None:
        with contextlib.suppress(NfoUnreadable):
            read_nfo(b"<movie>" + data + b"</movie>")
