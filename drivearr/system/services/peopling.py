"""Makes, changes and removes people's accounts; a household never loses its owner."""

from collections.abc import Iterable

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext, gettext_noop

from drivearr.lib.errors import Refused
from drivearr.web import rights
from drivearr.web.rights import Role


class OwnerNeeded(Refused):
    """The household would be left without an owner."""

    code = "OWNER_NEEDED"
    advice = gettext_noop("Make somebody else an owner first.")


def add_person(
    *, name: str, password: str, role: Role, subjects: Iterable[str] | None
) -> User:
    """Make an account."""
    with transaction.atomic():
        user = User.objects.create_user(username=name, password=password)
        rights.assign(user=user, role=role, subjects=subjects)
    return user


def change_person(
    *,
    user: User,
    name: str,
    password: str,
    role: Role,
    subjects: Iterable[str] | None,
    is_active: bool,
) -> None:
    """Change an account; an empty password keeps the one there is.

    Raises: OwnerNeeded.
    """
    with transaction.atomic():
        if not (role is Role.OWNER and is_active):
            _keep_an_owner(user)
        user.username, user.is_active = name, is_active
        if password:
            user.set_password(password)
        user.save()
        rights.assign(user=user, role=role, subjects=subjects)


def remove_person(*, user: User) -> None:
    """Delete an account; what it did stays in the audit trail by name.

    Raises: OwnerNeeded.
    """
    with transaction.atomic():
        _keep_an_owner(user)
        user.delete()


def _keep_an_owner(user: User) -> None:
    owners = User.objects.select_for_update().filter(is_staff=True, is_active=True)
    if not [each for each in owners if each.pk != user.pk]:
        raise OwnerNeeded(gettext("A household needs at least one owner."))
