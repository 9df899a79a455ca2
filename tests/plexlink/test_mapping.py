"""Where a server's paths are here: every sort of path, and guesses at rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexlink.mapping import Mapper, Rule, is_windows, split_path, suggest

RULES = [
    Rule("/data", "/mnt/all"),
    Rule("/data/Movies", "/mnt/films/"),
    Rule("D:\\Media", "/mnt/win"),
    Rule("\\\\NAS\\share\\TV", "/mnt/tv"),
    Rule("E:\\", "/mnt/e"),
]


class TestFind:
    @pytest.mark.parametrize(
        ("path", "found"),
        [
            ("/data/Movies/A (1999)/A.mkv", "/mnt/films/A (1999)/A.mkv"),
            ("/data/Movies", "/mnt/films"),
            ("/data/MoviesToo/A.mkv", "/mnt/all/MoviesToo/A.mkv"),
            ("/data/TV/B/B.mkv", "/mnt/all/TV/B/B.mkv"),
            ("/data/Movies/data/Movies/x.mkv", "/mnt/films/data/Movies/x.mkv"),
            ("/DATA/Movies/A.mkv", None),
            ("/other/A.mkv", None),
            ("D:\\Media\\Films\\A.mkv", "/mnt/win/Films/A.mkv"),
            ("d:\\media\\Films\\A.mkv", "/mnt/win/Films/A.mkv"),
            ("D:/Media/Films/A.mkv", "/mnt/win/Films/A.mkv"),
            ("D:\\MediaToo\\A.mkv", None),
            ("E:\\A.mkv", "/mnt/e/A.mkv"),
            ("\\\\nas\\Share\\TV\\Show\\E.mkv", "/mnt/tv/Show/E.mkv"),
            ("\\\\other\\share\\TV\\E.mkv", None),
            (
                "/data/Movies/Amélie – Ünïcode/🎬.mkv",
                "/mnt/films/Amélie – Ünïcode/🎬.mkv",
            ),
            ("/data/Movies/a $1 \\1 (x).mkv", "/mnt/films/a $1 \\1 (x).mkv"),
            ("/data/Movies/back\\slash.mkv", "/mnt/films/back\\slash.mkv"),
            ("/data/Movies/../../etc/passwd", None),
            ("/data/Movies/./A.mkv", None),
            ("D:\\Media\\..\\x.mkv", None),
            ("", None),
        ],
    )
    def test_takes_the_longest_rule_and_stays_in_it(
        self, path: str, found: str | None
    ) -> None:
        assert Mapper(RULES).find(path) == found

    def test_takes_capitals_as_the_servers_system_does(self) -> None:
        path = "/DATA/movies/A.mkv"
        assert Mapper(RULES, folds_case=True).find(path) == "/mnt/films/A.mkv"

    def test_keeps_the_capitals_of_what_is_below(self) -> None:
        found = Mapper(RULES).find("d:\\MEDIA\\Für Elise\\X.MKV")
        assert found == "/mnt/win/Für Elise/X.MKV"

    @given(st.lists(st.text("ab. ", min_size=1, max_size=4), min_size=1, max_size=5))
    def test_never_leads_out_of_the_rules_folder(self, parts: list[str]) -> None:
        found = Mapper(RULES).find("/data/Movies/" + "/".join(parts))
        assert found is None or found.startswith("/mnt/films/")
        assert found is None or not {".", ".."} & set(found.split("/"))


class TestIsWindows:
    @pytest.mark.parametrize("path", ["C:\\x", "c:/x", "\\\\nas\\x"])
    def test_knows_drives_and_shares(self, path: str) -> None:
        assert is_windows(path)

    @pytest.mark.parametrize("path", ["/x", "/c:/x", "x", "", "C:x"])
    def test_knows_what_is_none(self, path: str) -> None:
        assert not is_windows(path)

    def test_a_share_keeps_its_host(self) -> None:
        assert split_path("\\\\nas\\share\\x") == ("nas", "share", "x")


class TestSuggest:
    OURS = (
        ("/mnt/films", "Charade (1963)/Charade (1963).mkv"),
        ("/mnt/films", "Gilda (1946)/Gilda (1946).mkv"),
        ("/mnt/tv", "Ferry/Season 01/Ferry - S01E01.mkv"),
    )

    @pytest.mark.parametrize(
        ("head", "join", "rule"),
        [
            ("/data/Movies/", "/", Rule("/data/Movies", "/mnt/films")),
            ("D:\\Films\\", "\\", Rule("D:\\Films", "/mnt/films")),
            ("\\\\nas\\pub\\Films\\", "\\", Rule("\\\\nas\\pub\\Films", "/mnt/films")),
        ],
    )
    def test_compares_the_ends_of_paths_of_any_system(
        self, head: str, join: str, rule: Rule
    ) -> None:
        theirs = [
            head + relpath.replace("/", join)
            for root, relpath in self.OURS
            if root == "/mnt/films"
        ]
        found = suggest(theirs, self.OURS)
        assert [each.rule for each in found] == [rule]
        assert found[0].files == 2
        assert Mapper([rule]).find(theirs[0]) == f"/mnt/films/{self.OURS[0][1]}"

    def test_makes_a_rule_for_each_folder_of_the_server(self) -> None:
        theirs = [f"/m/{self.OURS[0][1]}", f"/t/{self.OURS[2][1]}"]
        found = {each.rule for each in suggest(theirs, self.OURS)}
        assert found == {Rule("/m", "/mnt/films"), Rule("/t", "/mnt/tv")}

    def test_makes_none_where_both_see_the_same_folders(self) -> None:
        theirs = [f"{root}/{relpath}" for root, relpath in self.OURS]
        assert suggest(theirs, self.OURS) == []

    def test_makes_none_by_a_name_alone(self) -> None:
        theirs = ["/data/Elsewhere/Charade (1963).mkv"]
        assert suggest(theirs, self.OURS) == []
