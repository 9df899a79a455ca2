"""What was written of a title before is kept for a while, and can be taken back."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from library.facts import TitleFacts
from library.models import Title, TitleVersion
from library.services import filing, versioning
from library.services.editing import edit_title, take_back_version

pytestmark = pytest.mark.django_db


def tell(overview: str, **more: Any) -> Title:
    """Let TMDb say this of one film."""
    facts = TitleFacts(
        kind="MOVIE",
        name="The Matrix",
        year=1999,
        ids={"tmdb": "603"},
        overview=overview,
        is_whole=True,
        **more,
    )
    return filing.file_title(facts=facts, origin="tmdb")


def former(title: Title) -> list[tuple[str, dict[str, Any]]]:
    rows = title.versions.order_by("pk")
    return [(row.by, row.was) for row in rows]


class TestKeepVersion:
    def test_keeps_what_a_source_writes_over(self) -> None:
        title = tell("A hacker.", tagline="Free your mind.")
        assert former(title) == []

        title = tell("A hacker learns.", tagline="Free your mind.")

        assert title.overview == "A hacker learns."
        assert former(title) == [("tmdb", {"overview": "A hacker."})]

    def test_keeps_nothing_when_nothing_is_new(self) -> None:
        tell("A hacker.")

        assert former(tell("A hacker.")) == []

    def test_keeps_what_a_person_writes_over(self) -> None:
        title = tell("A hacker.")

        edit_title(title=title, values={"overview": "Mine."}, locked=[])

        assert former(title) == [("person", {"overview": "A hacker."})]

    def test_keeps_so_many_of_one_title(self) -> None:
        for number in range(versioning.KEPT_MOST + 5):
            tell(f"Plot {number}.")

        kept = former(Title.objects.get())
        assert len(kept) == versioning.KEPT_MOST
        assert kept[-1][1] == {"overview": f"Plot {versioning.KEPT_MOST + 3}."}

    def test_forgets_what_is_old(self) -> None:
        tell("A hacker.")
        title = tell("A hacker learns.")
        now = timezone.now()

        assert versioning.drop_old_versions(now=now + timedelta(days=179)) == 0
        assert versioning.drop_old_versions(now=now + timedelta(days=181)) == 1
        assert former(title) == []


class TestTakeBackVersion:
    def test_writes_it_again_and_locks_it(self) -> None:
        tell("A hacker.")
        title = tell("Spam.")

        assert take_back_version(version=title.versions.get()) == ("overview",)

        assert tell("More spam.").overview == "A hacker."
        assert Title.objects.get().locked_fields == ["overview"]

    def test_is_offered_where_a_title_is_edited(self, owner_client: Client) -> None:
        tell("A hacker.")
        title = tell("Spam.")
        version = title.versions.get()

        page = owner_client.get(f"/titles/{title.pk}/edit/").content.decode()
        assert "A hacker." in page
        assert "Written over by TMDb" in page

        path = f"/titles/{title.pk}/versions/{version.pk}/"
        answer = owner_client.post(path, follow=True)
        assert "It stands there again" in answer.content.decode()
        title.refresh_from_db()
        assert title.overview == "A hacker."

    def test_of_another_title_is_not_found(self, owner_client: Client) -> None:
        tell("A hacker.")
        title = tell("Spam.")
        path = f"/titles/{title.pk + 1}/versions/{title.versions.get().pk}/"

        assert owner_client.post(path).status_code == 404
        assert TitleVersion.objects.count() == 1
