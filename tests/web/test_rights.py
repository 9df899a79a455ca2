"""What each person may do, by the table of rights and by what the pages answer."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from drivearr.web import rights
from drivearr.web.models import AuditEntry, Member
from drivearr.web.rights import Role
from syncqueue.models import QueueItem
from tests.scenes.household import Household


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(User.objects.get(pk=user.pk))
    return client


@pytest.fixture
def viewer(owner: User) -> User:
    user = User.objects.create_user("vera", password="battery staple")
    rights.assign(user=user, role=Role.VIEWER, subjects=None)
    return user


@pytest.mark.django_db
class TestRoleOf:
    def test_is_member_for_an_account_without_a_row(self, member: User) -> None:
        assert rights.role_of(member) is Role.MEMBER

    def test_is_owner_for_staff(self, owner: User) -> None:
        assert rights.role_of(owner) is Role.OWNER

    def test_follows_the_row(self, viewer: User) -> None:
        assert rights.role_of(User.objects.get(pk=viewer.pk)) is Role.VIEWER

    def test_forgets_a_former_owner(self, owner: User) -> None:
        rights.assign(user=owner, role=Role.MEMBER, subjects=None)

        owner.refresh_from_db()
        assert (owner.is_staff, owner.is_superuser) == (False, False)


@pytest.mark.django_db
class TestNarrowedMember:
    @pytest.fixture
    def narrowed(self, household: Household) -> User:
        user = User.objects.create_user("nora", password="battery staple")
        subject = household.drives[0].subject
        rights.assign(user=user, role=Role.MEMBER, subjects=[subject])
        return user

    def test_puts_titles_on_the_own_drive_alone(
        self, narrowed: User, household: Household
    ) -> None:
        client = client_of(narrowed)
        title = household.titles[-1].pk

        own, other = (
            client.post("/queue/add/", {"title": title, "drive": drive.pk}).status_code
            for drive in household.drives[:2]
        )

        assert (own, other) == (302, 403)

    def test_leaves_wishes_of_other_drives_alone(
        self, narrowed: User, household: Household
    ) -> None:
        client = client_of(narrowed)
        wishes = {wish.drive_id: wish.pk for wish in QueueItem.objects.all()}
        own, other = (wishes[drive.pk] for drive in household.drives[:2])

        assert client.post(f"/queue/{own}/cancel/").status_code == 302
        assert client.post(f"/queue/{other}/cancel/").status_code == 403
        assert (
            client.post(f"/drives/{household.drives[1].pk}/pause/").status_code == 403
        )

    def test_may_use_nothing_when_no_drive_is_chosen(self, member: User) -> None:
        rights.assign(user=member, role=Role.MEMBER, subjects=[])

        assert not rights.may_use(User.objects.get(pk=member.pk), "drive:1")
        assert rights.narrowed_to(User.objects.get(pk=member.pk)) == frozenset()

    def test_is_narrow_no_more_as_owner(self, narrowed: User) -> None:
        rights.assign(user=narrowed, role=Role.OWNER, subjects=["drive:1"])

        assert not Member.objects.get(user=narrowed).is_narrowed


@pytest.mark.django_db
class TestAudit:
    def test_keeps_who_did_what_to_which_drive(self, household: Household) -> None:
        client = client_of(household.owner)
        drive, title = household.drives[1].pk, household.titles[-1].pk

        client.post("/queue/add/", {"title": title, "drive": drive})

        entry = AuditEntry.objects.get()
        assert (entry.who, entry.deed) == (household.owner.username, "put_on_drive")
        assert entry.about == {"title": str(title), "drive": str(drive)}

    def test_keeps_refusals(self, viewer: User) -> None:
        client_of(viewer).post("/queue/clear/")

        assert AuditEntry.objects.get().outcome == "REFUSED"

    def test_keeps_wrong_passwords_without_the_password(
        self, owner: User, client: Client
    ) -> None:
        client.post("/sign-in/", {"username": "olga", "password": "s3cret-guess"})

        entry = AuditEntry.objects.get()
        assert (entry.deed, entry.outcome, entry.who) == ("sign_in", "REFUSED", "olga")
        assert "s3cret-guess" not in str(entry.about)

    def test_says_nothing_of_looking(self, owner_client: Client) -> None:
        owner_client.get("/titles/")

        assert not AuditEntry.objects.exists()
