"""Every word that a person reads on a page goes through gettext.

A language of our own making wraps whatever is translated in ⟦…⟧; what stands on a page
without is a name, a path or a number, or was forgotten.
"""

import gettext
import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from django.apps import apps
from django.conf import LazySettings
from django.db.models import CharField, JSONField, TextField
from django.test import Client
from django.utils.translation import trans_real

from tests.scenes.household import Household
from tests.test_pages import PAGES, fill_in

PSEUDO = "eo"
"""A language that Django knows and nobody here speaks by accident."""
IN_ENGLISH = ("/styleguide/", "/system/support/", "/system/log/", "/about/")
"""Pages for those who build or mend Drivearr: samples, reports, licences."""
SPOKEN = {"title", "aria-label", "placeholder", "alt", "data-said"}
MUTE = {"script", "style", "code", "kbd", "time", "option", "textarea"}
_WRAPPED = re.compile(r"⟦[^⟦⟧]*⟧")
_WORD = re.compile(r"[^\W\d_]{2,}")
"""Single letters and digits are no words."""
_NO_WORDS = re.compile(
    r"https?://\S+|(?<!\S)/[\w./:-]+|[0-9a-f]{8}-[0-9a-f-]{27}|[a-z]{2}-[A-Z]{2}"
)
"""Addresses, paths, identities, codes of languages."""
SIGNS = {
    *("Drivearr", "Plex", "TMDb", "TheTVDB", "SQLite", "Blkid", "Umount"),
    *("Bytes", "kB", "IMDb", "English", "Esperanto"),
}
"""Names, units and signs that are the same in every language."""


class Wrapping(gettext.NullTranslations):
    """Wraps what it is asked for."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"⟦{msgid1 if n == 1 else msgid2}⟧"


class Reader(HTMLParser):
    """Collects what is seen or read aloud."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in MUTE:
            self.open.append(tag)
        said = dict(attrs)
        if tag != "time" and not said.get("lang"):
            self.heard += [said[name] or "" for name in SPOKEN & set(said)]

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if not self.open:
            self.heard.append(data)


def unwrapped(body: str) -> str:
    """Return what is left of a page without what was translated, signs of tags too."""
    rest, before = body, ""
    while rest != before:
        rest, before = _WRAPPED.sub(" ", rest), rest
    return rest


def stored_words() -> set[str]:
    """Return every word that stands in a row: names, paths, what was noted."""
    words: set[str] = set()
    for model in apps.get_models():
        names = [
            field.name
            for field in model._meta.get_fields()
            if isinstance(field, CharField | TextField | JSONField)
            and not field.choices
        ]
        if names:
            for row in model._default_manager.values_list(*names):
                words |= {*_WORD.findall(" ".join(map(str, row)))}
    return words


def forgotten(body: str, known: set[str]) -> set[str]:
    """Return what a page says that nobody could translate."""
    reader = Reader()
    reader.feed(unwrapped(body))
    return {" ".join(text.split()) for text in reader.heard if words_of(text) - known}


def words_of(text: str) -> set[str]:
    """Return its words; what is all capitals is a sign, such as GB."""
    found = _WORD.findall(_NO_WORDS.sub(" ", text))
    return {word for word in found if not word.isupper()}


@pytest.fixture(autouse=True)
def _pseudo(settings: LazySettings) -> Iterator[None]:
    settings.LANGUAGES = [("en", "English"), (PSEUDO, "Esperanto")]
    trans_real._translations[PSEUDO] = Wrapping()  # type: ignore[attr-defined]
    yield
    del trans_real._translations[PSEUDO]  # type: ignore[attr-defined]


@pytest.mark.django_db
class TestEveryPage:
    def test_says_nothing_that_cannot_be_translated(
        self, household: Household, home_client: Client
    ) -> None:
        known, left = stored_words() | SIGNS, {}
        for path in PAGES:
            if path.startswith(IN_ENGLISH):
                continue
            address = fill_in(path, household)
            page = home_client.get(address, headers={"Accept-Language": PSEUDO})
            assert "⟦" in page.content.decode(), path
            left[path] = forgotten(page.content.decode(), known)

        assert {path: words for path, words in left.items() if words} == {}


class TestForgotten:
    @pytest.mark.parametrize(
        "body",
        [
            "<p>Not said</p>",
            "<p>⟦Said⟧ and not</p>",
            '<a title="Not said">⟦Said⟧</a>',
            '<input placeholder="Not said">',
            "<p>⟦Said⟧</p><p>⟦And⟧ this <b>not</b></p>",
        ],
    )
    def test_is_what_stands_outside(self, body: str) -> None:
        assert forgotten(body, {"and"})

    @pytest.mark.parametrize(
        "body",
        [
            "<p>⟦All <b>of</b> it⟧ 12 GB</p>",
            "<p>⟦A ⟦form⟧ within⟧ · /srv/films</p>",
            "<time>never</time><code>drivearr up</code>",
            '<p title="⟦Said⟧">Metropolis</p>',
        ],
    )
    def test_is_nothing_where_all_is_said(self, body: str) -> None:
        assert forgotten(body, {"Metropolis"}) == set()
