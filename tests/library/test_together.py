"""The pages of people and collections."""

import os
import re
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from drivearr.web.rights import Role, assign
from library.contexts.shelves import PER_PAGE
from library.models import Collection, Credit, MediaFile, Person, Root, Title

pytestmark = pytest.mark.django_db


@pytest.fixture
def root(tmp_path: Path) -> Root:
    return Root.objects.create(path=os.fspath(tmp_path), kind="MOVIES")


@pytest.fixture
def person() -> Person:
    return Person.objects.create(name="Ida <Lupino>")


@pytest.fixture
def collection() -> Collection:
    return Collection.objects.create(name="Harbour Trilogy")


def add_title(root: Root, name: str, year: int, *, state: str = "PRESENT") -> Title:
    title = Title.objects.create(
        kind="MOVIE", identity_key=name, name=name, sort_name=name.lower(), year=year
    )
    is_missing = state == "MISSING"
    MediaFile.objects.create(
        root=root,
        relpath=f"{name}.mkv",
        size_bytes=1,
        mtime_ns=1,
        title=title,
        match_state="MATCHED",
        state=state,
        missing_since=title.added_at if is_missing else None,
    )
    return title


def read(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


class TestPersonPage:
    def test_is_part_of_the_library(self, owner_client: Client, person: Person) -> None:
        page = read(owner_client, f"/people/{person.pk}/")

        assert re.search(r'href="/titles/"[^>]*aria-current="page"', page)

    def test_shows_what_is_here_with_the_part_played(
        self, root: Root, person: Person, owner_client: Client
    ) -> None:
        first, second = add_title(root, "Low Tide", 1949), add_title(root, "Fog", 1953)
        gone = add_title(root, "Lost Reel", 1950, state="MISSING")
        add_title(root, "Somebody Else", 1951)
        for title in (first, gone):
            Credit.objects.create(
                title=title, person=person, role="ACTOR", character="Ada"
            )
        Credit.objects.create(title=second, person=person, role="ACTOR")
        Credit.objects.create(title=second, person=person, role="DIRECTOR")

        page = read(owner_client, f"/people/{person.pk}/")

        assert "<h1>Ida &lt;Lupino&gt;</h1>" in page
        assert "Actor, Director" in page
        assert page.index("Fog") < page.index("Low Tide")
        assert page.count("poster-card__name") == 2
        assert "· Ada" in page
        assert "Lost Reel" not in page
        assert "Somebody Else" not in page

    def test_has_pages_and_asks_no_more_for_more_titles(
        self, root: Root, person: Person, owner_client: Client
    ) -> None:
        asked = []
        page = ""
        for count in (2, PER_PAGE + 1):
            for number in range(Credit.objects.count(), count):
                title = add_title(root, f"Film {number:03}", 2000)
                Credit.objects.create(title=title, person=person, role="ACTOR")
            with CaptureQueriesContext(connection) as queries:
                page = read(owner_client, f"/people/{person.pk}/")
            asked.append(len(queries))

        assert asked[0] == asked[1]
        assert page.count("poster-card__name") == PER_PAGE
        last = read(owner_client, f"/people/{person.pk}/?page=2")
        assert last.count("poster-card__name") == 1
        odd = read(owner_client, f"/people/{person.pk}/?page=x%00")
        assert odd.count("poster-card__name") == PER_PAGE

    def test_is_linked_from_the_title(
        self,
        root: Root,
        person: Person,
        collection: Collection,
        owner_client: Client,
    ) -> None:
        title = add_title(root, "Low Tide", 1949)
        title.collections.add(collection)
        Credit.objects.create(title=title, person=person, role="ACTOR", character="Ada")
        Credit.objects.create(title=title, person=person, role="DIRECTOR")

        page = read(owner_client, f"/titles/{title.pk}/")

        link = f'<a href="/people/{person.pk}/">Ida &lt;Lupino&gt;</a>'
        assert page.count(link) == 2
        assert f"{link} (Ada)" in page
        assert f'<a href="/collections/{collection.pk}/">Harbour Trilogy</a>' in page


class TestCollectionPage:
    def test_shows_its_titles_in_the_order_of_years(
        self, root: Root, collection: Collection, owner_client: Client
    ) -> None:
        for name, year in (("Third", 1999), ("First", 1990), ("Second", 1995)):
            add_title(root, name, year).collections.add(collection)

        page = read(owner_client, f"/collections/{collection.pk}/")

        assert page.index("First") < page.index("Second") < page.index("Third")

    def test_without_a_file_says_so(
        self, collection: Collection, owner_client: Client
    ) -> None:
        assert "Nothing here now" in read(
            owner_client, f"/collections/{collection.pk}/"
        )


class TestRights:
    @pytest.mark.parametrize("path", ["/people/999/", "/collections/999/"])
    def test_nobody_is_nobody(self, path: str, owner_client: Client) -> None:
        assert owner_client.get(path).status_code == 404
        assert owner_client.post(path).status_code == 405

    def test_a_viewer_may_look_and_a_stranger_may_not(self, person: Person) -> None:
        path = f"/people/{person.pk}/"
        assert Client().get(path).status_code == 302

        viewer = User.objects.create_user("vic", password="long enough 12")
        assign(user=viewer, role=Role.VIEWER, subjects=None)
        client = Client()
        client.force_login(viewer)
        assert client.get(path).status_code == 200
