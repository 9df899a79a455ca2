"""Which language a page speaks."""

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

GERMAN = {"Accept-Language": "de-CH,de;q=0.9"}


@pytest.fixture(autouse=True)
def _two_languages(settings: LazySettings) -> None:
    settings.LANGUAGES = [("de", "Deutsch"), ("en", "English")]


def language_of(body: bytes) -> str:
    return body.decode().split('<html lang="')[1].split('"')[0]


@pytest.mark.django_db
class TestLanguage:
    def test_is_what_the_browser_asks_for(self, member_client: Client) -> None:
        page = member_client.get("/more/", headers=GERMAN)

        assert language_of(page.content) == "de"
        assert "Accept-Language" in page.headers["Vary"]

    def test_is_english_for_a_browser_that_asks_for_none_we_have(
        self, member_client: Client
    ) -> None:
        page = member_client.get("/more/", headers={"Accept-Language": "fi"})

        assert language_of(page.content) == "en"

    def test_is_chosen_on_a_page_and_kept(self, member_client: Client) -> None:
        page = member_client.get("/more/", headers=GERMAN).content.decode()
        assert 'value="en" lang="en" aria-pressed="false">English</button>' in page

        sent = {"language": "en", "next": "/more/"}
        answer = member_client.post(reverse("set_language"), sent)

        assert answer.headers["Location"] == "/more/"
        assert language_of(member_client.get("/more/", headers=GERMAN).content) == "en"

    @pytest.mark.parametrize("nonsense", ["", "xx", "../de"])
    def test_is_the_browsers_again_without_a_choice(
        self, member_client: Client, nonsense: str
    ) -> None:
        member_client.post(reverse("set_language"), {"language": "en"})
        member_client.post(reverse("set_language"), {"language": nonsense})

        assert language_of(member_client.get("/more/", headers=GERMAN).content) == "de"

    def test_is_offered_before_the_sign_in(self, owner: object, client: Client) -> None:
        page = client.get("/sign-in/", headers=GERMAN).content.decode()

        assert 'value="en" lang="en"' in page

    def test_is_no_question_where_there_is_one(
        self, member_client: Client, settings: LazySettings
    ) -> None:
        settings.LANGUAGES = [("en", "English")]

        assert 'name="language"' not in member_client.get("/more/").content.decode()
