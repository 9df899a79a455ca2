"""Every field of every form on the pages, with what nobody should send.

The forms are read from the pages' own HTML, so that a new one is swept from its first
day. Each answers with a page or a refusal, never with a fault, and loses nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.test import Client

from drives.models import Drive, DriveFile
from library.models import Item, MediaFile, Root, Title
from tests.scenes.household import Household, furnish

HOSTILE = [
    "",
    "-1",
    "0",
    "9" * 40,
    "1e9",
    "½",
    "nan",
    "x" * 70_000,
    "../../../etc/passwd",
    "/proc/self/mem",
    "//evil.example/",
    "javascript:alert(1)",
    "a\0b",
    "\u202e\u200b日本語",
    "'; DROP TABLE library_title; --",
    "<script>alert(1)</script>",
    "{{ 7|add:7 }}{% load x %}",
    "a\r\nSet-Cookie: x=1",
]
TOKEN = "csrfmiddlewaretoken"
LEAVES = {"/sign-out/", "/theme/"}
"""Not swept: one ends the visit, the other is swept with all its values elsewhere."""


@dataclass
class Form:
    """A form as a browser sees it."""

    action: str
    method: str
    page: str
    fields: list[tuple[str, str]] = field(default_factory=list)

    @property
    def key(self) -> tuple[str, str, tuple[str, ...]]:
        """Equal for forms that differ in their values only."""
        path = "/".join(
            "N" if part.isdigit() else part
            for part in urlsplit(self.action).path.split("/")
        )
        return path, self.method, tuple(sorted({name for name, _ in self.fields}))

    def with_value(self, name: str, value: str) -> dict[str, str]:
        """Return what is sent when one field holds `value`."""
        sent = dict(self.fields)
        sent[name] = value
        return sent


class Reader(HTMLParser):
    """Collects the links and the forms of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.page = page
        self.links: list[str] = []
        self.forms: list[Form] = []
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a":
            self.links.append(given.get("href", ""))
        if tag == "form":
            action = given.get("action") or self.page
            method = given.get("method", "get").lower()
            self.forms.append(Form(action, method, self.page))
        if not self.forms:
            return
        fields = self.forms[-1].fields
        name = given.get("name", "")
        if tag in {"input", "button", "textarea"} and name:
            fields.append((name, given.get("value", "")))
        if tag == "select":
            self._select = name
        if (tag == "option" and self._select and "selected" in given) or (
            tag == "option" and self._select not in dict(fields)
        ):
            fields.append((self._select, given.get("value", "")))


def read_pages(client: Client) -> Iterator[Reader]:
    """Walk all pages by their links."""
    waiting, seen = ["/"], {"/"}
    shapes: set[str] = set()
    while waiting:
        path = waiting.pop(0)
        answer = client.get(path)
        kind = answer.headers.get("Content-Type", "")
        if answer.status_code != 200 or not kind.startswith("text/html"):
            continue
        reader = Reader(path)
        reader.feed(answer.content.decode())
        yield reader
        for link in reader.links:
            parts = urlsplit(link)
            shape = "/".join(
                "N" if part.isdigit() else part for part in parts.path.split("/")
            )
            foreign = bool(parts.netloc) or not link.startswith("/")
            if foreign or link in seen or parts.path.startswith("/admin/"):
                continue
            seen.add(link)
            if not parts.query or shape not in shapes:
                shapes.add(shape)
                waiting.append(link)


def find_forms(client: Client) -> list[Form]:
    found: dict[object, Form] = {}
    for reader in read_pages(client):
        for form in reader.forms:
            foreign = urlsplit(form.action).netloc
            if not foreign and urlsplit(form.action).path not in LEAVES:
                found.setdefault(form.key, form)
    return list(found.values())


def counts() -> list[int]:
    kept = (Root, Title, Item, MediaFile, Drive, DriveFile)
    return [model._default_manager.count() for model in kept] + [
        User.objects.filter(is_active=True, is_superuser=True).count()
    ]


@pytest.fixture
def home(db: None, tmp_path: Path) -> Household:
    return furnish(folder=tmp_path)


SHARES = 3
"""Parts of the values, each its own test: both cores help, none takes minutes."""


class TestEveryForm:
    @pytest.mark.parametrize("share", range(SHARES))
    def test_answers_hostile_values_with_a_page_or_a_refusal(
        self, home: Household, share: int
    ) -> None:
        client = Client()
        client.force_login(home.owner)
        forms = find_forms(client)
        assert len(forms) > 15, [form.key for form in forms]
        before = counts()
        tried = 0

        for form in forms:
            for name in {name for name, _ in form.fields} - {TOKEN}:
                for value in HOSTILE[share::SHARES]:
                    answer = getattr(client, form.method)(
                        form.action, form.with_value(name, value)
                    )
                    tried += 1
                    where = (form.page, form.action, name, value[:40])
                    assert answer.status_code < 500, where
                    assert "Set-Cookie: x" not in str(answer.headers), where
                    location = answer.headers.get("Location", "/")
                    assert location.startswith("/"), where
                    assert not location.startswith("//"), where
                    if form.method == "post" and answer.status_code >= 400:
                        assert counts() == before, where
                    before = counts()
        assert tried > 500 / SHARES

    def test_answers_a_form_without_any_field(self, home: Household) -> None:
        client = Client()
        client.force_login(home.owner)

        for form in find_forms(client):
            if form.method == "post":
                answer = client.post(form.action, {})
                assert answer.status_code < 500, form.key
