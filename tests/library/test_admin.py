"""The library in the admin."""

from pathlib import Path

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from drivearr.jobs.models import Job
from library.models import ExternalId, MediaFile, Title
from tests.factories.library import (
    EpisodeFactory,
    MediaFileFactory,
    RootFactory,
    TitleFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(client: Client, settings: Settings) -> Client:
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    client.force_login(User.objects.create_superuser("owner"))
    return client


def page(model: str, what: str = "changelist", *args: object) -> str:
    return reverse(f"admin:library_{model}_{what}", args=args)


SHOWN = [
    str(model._meta.model_name)
    for model in apps.get_app_config("library").get_models()
    if admin.site.is_registered(model)
]


class TestLists:
    @pytest.mark.parametrize("model", SHOWN)
    def test_open_and_search(self, model: str, owner: Client) -> None:
        EpisodeFactory.create()
        MediaFileFactory.create(title=TitleFactory.create())

        assert owner.get(page(model)).status_code == 200
        assert owner.get(page(model), {"q": "film"}).status_code == 200

    @pytest.mark.parametrize("model", ["root", "mediafile", "title", "item"])
    def test_ask_as_often_for_twenty_rows_as_for_ten(
        self, model: str, owner: Client
    ) -> None:
        asked = []
        for _ in range(2):
            for _ in range(10):
                EpisodeFactory.create()
                MediaFileFactory.create(title=TitleFactory.create())
            with CaptureQueriesContext(connection) as queries:
                owner.get(page(model))
            asked.append(len(queries))

        assert asked[0] == asked[1]


class TestMediaFiles:
    def test_are_shown_but_not_edited(self, owner: Client) -> None:
        file = MediaFileFactory.create()
        address = page("mediafile", "change", file.pk)

        assert owner.get(address).status_code == 200
        assert owner.post(address, {"relpath": "x"}).status_code == 403
        assert owner.get(page("mediafile", "add")).status_code == 403

    def test_are_ignored_and_released_by_action(self, owner: Client) -> None:
        file = MediaFileFactory.create()

        def act(action: str) -> str:
            data = {"action": action, "_selected_action": [file.pk]}
            owner.post(page("mediafile"), data)
            file.refresh_from_db()
            return str(file.match_state)

        assert act("ignore") == MediaFile.Match.IGNORED
        assert file.match_reason == "ignored by owner"
        assert act("release") == MediaFile.Match.PENDING

    def test_are_deleted_only_when_they_are_gone(self, owner: Client) -> None:
        file = MediaFileFactory.create()

        assert owner.post(page("mediafile", "delete", file.pk)).status_code == 403


class TestRoots:
    def test_are_scanned_by_action(self, owner: Client) -> None:
        root = RootFactory.create()
        data = {"action": "confirm_missing", "_selected_action": [root.pk]}

        owner.post(page("root"), data)

        job = Job.objects.get()
        assert (job.subject, job.trigger) == (root.subject, "PERSON")
        assert job.arguments["confirmed"] is True

    def test_keep_their_path(self, owner: Client) -> None:
        root = RootFactory.create()
        sent = {"path": "/x", "kind": "SHOWS", "poll_minutes": "30"}
        owner.post(page("root", "change", root.pk), sent)

        root.refresh_from_db()
        assert root.path != "/x"
        assert root.kind == "SHOWS"


class TestTitles:
    def test_keep_what_makes_them(self, owner: Client) -> None:
        title = TitleFactory.create()
        ExternalId.objects.create(title=title, source="tmdb", value="1")
        answer = owner.get(page("title", "change", title.pk))

        assert answer.status_code == 200
        assert 'name="identity_key"' not in answer.content.decode()
        assert Title.objects.get().identity_key == title.identity_key
