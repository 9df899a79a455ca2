"""Unmatched files, decided by keyboard alone, with a way back."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from library.models import MediaFile, Root
from tests.browser.conftest import sign_in
from tests.scenes.household import furnish

pytestmark = pytest.mark.browser


def add(root: Root, relpath: str, name: str) -> MediaFile:
    kept = {"source": "tmdb", "id": name, "kind": "MOVIE", "name": name, "year": 1999}
    return MediaFile.objects.create(
        root=root,
        relpath=relpath,
        size_bytes=1,
        mtime_ns=1,
        match_state="SUGGESTED",
        match_candidates=[kept | {"score": 0.8, "overview": "", "poster": ""}],
    )


class TestKeys:
    def test_move_accept_and_take_back(
        self, page: Page, live_server: LiveServer, errors: list[str]
    ) -> None:
        home = furnish()
        one = add(home.roots[0], "0 first/one.mkv", "Alpha")
        two = add(home.roots[0], "0 first/two.mkv", "Beta")
        sign_in(page, live_server.url, "anna", "correct horse")
        page.goto(f"{live_server.url}/unmatched/?q=0+first")
        page.keyboard.press("j")
        page.keyboard.press("j")
        page.keyboard.press("a")

        expect(page.get_by_role("status")).to_contain_text("That is Beta (1999).")
        two.refresh_from_db()
        one.refresh_from_db()
        assert (two.match_state, one.match_state) == ("MATCHED", "SUGGESTED")

        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_role("status")).to_contain_text("1 file as before")
        two.refresh_from_db()
        assert two.match_state == "SUGGESTED"

        page.keyboard.press("j")
        page.keyboard.press("i")
        expect(page.get_by_role("status")).to_contain_text("1 file ignored")
        one.refresh_from_db()
        two.refresh_from_db()
        assert (one.match_state, two.match_state) == ("IGNORED", "SUGGESTED")
