"""A drive that is filled from some of the library folders only."""

from pathlib import Path

import pytest
from django.test import Client

from drives.models import Drive
from drives.services.profiling import ProfileRefused, edit_profile
from library.models import Root
from syncqueue.services import wishing
from syncqueue.services.planning import plan_drive
from tests.factories.library import make_file, make_movie, make_root

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(tmp_path: Path) -> Root:
    return make_root(tmp_path / "office")


@pytest.fixture
def narrow(drive: Drive, office: Root) -> Drive:
    """The drive, filled from the office's folder."""
    return edit_profile(drive=drive, sources=[office.pk])


class TestSources:
    def test_narrow_what_is_sent_as_missing(
        self, narrow: Drive, root: Root, office: Root
    ) -> None:
        make_movie(root, "At Home")
        wanted = make_movie(office, "At Work")

        wishes = wishing.add_missing(drive=narrow)

        assert [wish.title for wish in wishes] == [wanted]

    def test_say_why_a_wish_is_left_out(self, narrow: Drive, root: Root) -> None:
        wishing.add_wish(drive=narrow, title=make_movie(root, "At Home"))

        plan = plan_drive(drive=narrow)

        assert not plan.copies
        assert [each.reason for each in plan.left_out] == ["OTHER_SOURCES"]

    def test_choose_the_version_of_their_own(
        self, narrow: Drive, root: Root, office: Root
    ) -> None:
        title = make_movie(root, "Twice")
        item = title.items.get()
        sharp = title.media_files.get()
        sharp.resolution = "2160p"
        sharp.save()
        make_file(office, "Twice (1999)/Twice.mkv", title=title, items=[item])
        wishing.add_wish(drive=narrow, title=title)

        (copy,) = plan_drive(drive=narrow).copies

        assert copy.wanted.source_path.startswith(office.path)

    def test_of_none_are_all(self, narrow: Drive, root: Root, office: Root) -> None:
        edit_profile(drive=narrow, sources=[])
        titles = {make_movie(root, "At Home"), make_movie(office, "At Work")}

        wishes = wishing.add_missing(drive=narrow)

        assert {wish.title for wish in wishes} == titles

    def test_must_be_folders_that_are_known(self, drive: Drive) -> None:
        with pytest.raises(ProfileRefused, match="no library folder 99"):
            edit_profile(drive=drive, sources=[99])

    def test_are_chosen_on_the_page_and_shown(
        self, drive: Drive, root: Root, office: Root, owner_client: Client
    ) -> None:
        make_movie(root, "At Home")
        make_movie(office, "At Work")
        sent = {
            "name": "Car",
            "side_files": "NONE",
            "verification": "ALL",
            "reserve_bytes": "0 B",
            "verify_days": "30",
            "sources": [str(office.pk)],
        }
        assert f'value="{office.pk}"' in (
            owner_client.get(f"/drives/{drive.pk}/edit/").content.decode()
        )

        answer = owner_client.post(f"/drives/{drive.pk}/edit/", sent)

        assert answer.status_code == 302
        page = owner_client.get(f"/drives/{drive.pk}/?state=MISSING").content.decode()
        assert "Filled from" in page
        assert "At Work" in page
        assert "At Home" not in page
