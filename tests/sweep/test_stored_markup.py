"""Whatever is stored comes from somewhere: names of files, .nfo files, servers, drives.

Every text of every row is made to look like markup, then every page that a link leads to
is read.
"""

import re
from collections import deque
from html.parser import HTMLParser

import pytest
from django.apps import apps
from django.conf import LazySettings
from django.conf import settings as configured
from django.db.models import CharField, Model, TextField, Value
from django.db.models.functions import Cast, Concat
from django.test import Client
from django.urls import Resolver404, resolve

from drivearr.web import sealing
from plexlink.models import PlexAccount
from tests.scenes.busy import crowd
from tests.scenes.household import Household

MARKUP = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>"
OURS = {"drivearr", "library", "drives", "syncqueue", "plexlink"}
LEFT_ALONE = {"Schedule", "Kept"}
"""What only our own code writes, and reads back as code."""
CODES = {"kind", "subject"}
DIGITS = 8
MOST_PAGES = 250
_LINK = re.compile(r'(?:href|hx-get)="(/[^"#]*)')
_NO_PAGES = ("/static/", "/artwork/", "/admin/", "/sign-out/")


class Dangers(HTMLParser):
    """Collects what a browser would run."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag == "script" and not said.get("src"):
            self.found.append(self.get_starttag_text() or tag)
        self.found += [name for name in said if name.startswith("on")]
        for name in ("href", "src", "action", "hx-get", "hx-post"):
            if (said.get(name) or "").strip().lower().startswith("javascript:"):
                self.found.append(said[name] or "")


def poison(model: type[Model]) -> None:
    """Let every free text of a model's rows be markup."""
    names = [
        field.name
        for field in model._meta.concrete_fields
        if isinstance(field, CharField | TextField)
        and not field.choices
        and not field.unique
        and not field.primary_key
        and field.name not in CODES
        and (field.max_length or 999) >= len(MARKUP) + DIGITS
    ]
    if names:
        # With its number: some texts may stand once alone.
        text = Concat(Cast("pk", CharField()), Value(MARKUP))
        model._default_manager.update(**dict.fromkeys(names, text))


def read_all(client: Client) -> dict[str, str]:
    """Return every page that a link leads to, one for each name of a url."""
    pages: dict[str, str] = {}
    seen: set[str] = set()
    waiting = deque(["/", "/more/"])
    while waiting and len(pages) < MOST_PAGES:
        path = waiting.popleft()
        if path.startswith(_NO_PAGES):
            continue
        try:
            name = resolve(path.partition("?")[0]).url_name or ""
        except Resolver404:
            continue
        if name in seen:
            continue
        answer = client.get(path)
        if answer.status_code != 200 or "html" not in answer["Content-Type"]:
            continue
        seen.add(name)
        pages[path] = answer.content.decode()
        waiting.extend(
            link.replace("&amp;", "&") for link in _LINK.findall(pages[path])
        )
    return pages


@pytest.fixture
def busy(household: Household) -> Household:
    crowd(household)
    return household


@pytest.mark.django_db
class TestMarkup:
    def test_in_any_row_runs_on_no_page(
        self, busy: Household, home_client: Client
    ) -> None:
        for model in apps.get_models():
            ours = model.__module__.split(".")[0] in OURS
            if ours and model.__name__ not in LEFT_ALONE:
                poison(model)

        pages = read_all(home_client)
        dangers = {}
        for path, page in pages.items():
            reader = Dangers()
            reader.feed(page)
            if reader.found:
                dangers[path] = reader.found

        assert dangers == {}
        assert len(pages) > 40, sorted(pages)
        shown = [path for path, page in pages.items() if "&lt;script&gt;" in page]
        assert len(shown) > 15, shown


@pytest.mark.django_db
class TestSecrets:
    def test_stand_on_no_page(
        self, busy: Household, home_client: Client, settings: LazySettings
    ) -> None:
        token, key = "tok-81xvWq-secret", "key-93hgTz-secret"
        sealed = sealing.seal(token)
        PlexAccount.objects.create(name="anna", sealed_token=sealed)
        settings.TMDB_KEY = settings.TVDB_KEY = key

        pages = read_all(home_client)

        secrets = [token, key, str(sealed), settings.SECRET_KEY]
        leaks = [
            (path, secret)
            for path, page in pages.items()
            for secret in secrets
            if secret in page
        ]
        assert leaks == []
        assert "/plex/" in pages


@pytest.mark.django_db
class TestSession:
    def test_of_a_stranger_is_worth_nothing_after_the_sign_in(
        self, household: Household, client: Client
    ) -> None:
        stranger = client.session
        stranger["waiting"] = True
        stranger.save()
        planted = stranger.session_key
        sent = {"username": household.owner.username, "password": "correct horse"}

        assert client.post("/sign-in/", sent).status_code == 302

        assert client.session.session_key != planted
        thief = Client()
        thief.cookies[configured.SESSION_COOKIE_NAME] = planted or ""
        assert thief.get("/").status_code == 302
