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
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import CharField, JSONField, Model, TextField
from django.test import Client
from django.utils import translation
from django.utils.translation import trans_real

import drivearr.urls  # noqa: F401 - names the models, finds the admin
from drivearr.web.naming import our_models
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

    def to_language(self) -> str:
        return PSEUDO


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


@pytest.mark.django_db
class TestAnswers:
    def hear(self, client: Client, path: str, sent: dict[str, str] | None) -> set[str]:
        """Ask for a page, or send a form, and return what it says untranslated."""
        if sent is None:
            answer = client.get(path, headers={"Accept-Language": PSEUDO})
        else:
            answer = client.post(
                path, sent, headers={"Accept-Language": PSEUDO}, follow=True
            )
        body = answer.content.decode()
        assert "⟦" in body, path
        return forgotten(body, stored_words() | SIGNS)

    @pytest.mark.parametrize(
        ("path", "sent"),
        [
            ("/nowhere/", None),
            ("/titles/999999/", None),
            ("/plex/", None),
            ("/plex/token/", None),
            ("/plex/token/", {"token": "x y"}),
            ("/folders/add/", {"path": "films", "kind": "MOVIES"}),
            ("/folders/add/", {"path": "/proc", "kind": "MOVIES"}),
            ("/drives/add/", {"path": "relative"}),
            ("/drives/add/", {"path": "/nowhere/at/all", "folder": "1"}),
            ("/system/people/add/", {"username": "", "role": "MEMBER"}),
            ("/password/", {"old_password": "wrong"}),
            ("/undo/", {"token": "nonsense"}),
            ("/language/", {"language": PSEUDO, "next": "/more/"}),
            ("/system/settings/", {"POLL_SECONDS": "never"}),
        ],
    )
    def test_are_wrapped_for_an_owner(
        self, owner_client: Client, path: str, sent: dict[str, str] | None
    ) -> None:
        assert self.hear(owner_client, path, sent) == set()

    @pytest.mark.parametrize("sent", [None, {"username": "olga", "password": "no"}])
    def test_are_wrapped_before_the_sign_in(
        self, owner: User, client: Client, sent: dict[str, str] | None
    ) -> None:
        assert self.hear(client, "/sign-in/", sent) == set()

    def test_are_wrapped_at_the_first_start(self, client: Client) -> None:
        assert self.hear(client, "/setup/", None) == set()


class TestAdmin:
    def test_names_models_fields_and_columns_in_the_readers_language(self) -> None:
        english = []
        with translation.override(PSEUDO):
            for model in our_models():
                meta = model._meta
                said: list[object] = [meta.verbose_name, meta.verbose_name_plural]
                said += [field.verbose_name for field in meta.local_fields]
                said += columns_of(model)
                english += [
                    f"{meta.label}: {name}"
                    for name in map(str, said)
                    if "⟦" not in name
                ]

        assert english == []

    def test_counts_in_good_english(self) -> None:
        names = {str(model._meta.verbose_name_plural) for model in our_models()}

        assert {"copies", "people", "plex libraries", "drives"} <= names
        assert not {name for name in names if name.endswith(("ys", "ss"))}


def columns_of(model: type[Model]) -> list[object]:
    """Return the headings of computed columns in the admin's list of a model."""
    shown = admin.site._registry.get(model)
    if shown is None:
        return []
    computed = (getattr(shown, str(name), None) for name in shown.list_display)
    return [
        getattr(each, "short_description", each.__name__) for each in computed if each
    ]
