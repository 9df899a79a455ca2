"""What each person of the household may do."""

from collections.abc import Callable, Iterable
from enum import StrEnum

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.db import transaction
from django.utils.translation import gettext_noop

from drivearr.web.models import Member, Right

AnyUser = AbstractBaseUser | AnonymousUser
_REMEMBERED = "_drivearr_member"


class Role(StrEnum):
    """From all to little."""

    OWNER = "OWNER"
    MEMBER = "MEMBER"
    VIEWER = "VIEWER"


ROLE_WORDS = {
    Role.OWNER: (
        gettext_noop("Owner"),
        gettext_noop("does everything, names folders and people"),
    ),
    Role.MEMBER: (
        gettext_noop("Member"),
        gettext_noop("puts titles on drives and mends matches"),
    ),
    Role.VIEWER: (gettext_noop("Viewer"), gettext_noop("looks, and changes nothing")),
}


def find_member(user: AnyUser) -> Member | None:
    """Return the member's row of a person; None for owners and whoever has none.

    One query at the first call for a user object, none later.
    """
    if not isinstance(user, User) or user.is_staff:
        return None
    remembered = vars(user)
    if _REMEMBERED not in remembered:
        remembered[_REMEMBERED] = Member.objects.filter(user=user).first()
    found = remembered[_REMEMBERED]
    return found if isinstance(found, Member) else None


def role_of(user: AnyUser) -> Role:
    """Return what a signed-in person is; a stranger counts as a viewer."""
    if not isinstance(user, User):
        return Role.VIEWER
    if user.is_staff:
        return Role.OWNER
    member = find_member(user)
    return Role(member.role) if member else Role.MEMBER


def may_use(user: AnyUser, subject: str) -> bool:
    """Whether a person may change something at `subject`, as `drive:3`."""
    role = role_of(user)
    if role is not Role.MEMBER:
        return role is Role.OWNER
    member = find_member(user)
    if member is None or not member.is_narrowed:
        return True
    return member.rights.filter(subject=subject).exists()


def narrowed_to(user: AnyUser) -> frozenset[str] | None:
    """Return the places a person is narrowed to; None: all."""
    member = find_member(user)
    if member is None or not member.is_narrowed:
        return None
    return frozenset(member.rights.values_list("subject", flat=True))


def assign(*, user: User, role: Role, subjects: Iterable[str] | None) -> None:
    """Give a person a role; `subjects` None: may use all places."""
    with transaction.atomic():
        is_owner = role is Role.OWNER
        user.is_staff = user.is_superuser = is_owner
        user.save(update_fields=["is_staff", "is_superuser"])
        member, _ = Member.objects.update_or_create(
            user=user,
            defaults={
                "role": Member.Role.MEMBER if is_owner else role.value,
                "is_narrowed": subjects is not None and not is_owner,
            },
        )
        member.rights.all().delete()
        if member.is_narrowed:
            Right.objects.bulk_create(
                Right(member=member, subject=each) for each in set(subjects or ())
            )


Reach = Callable[[int], Iterable[str]]
"""Gives the subjects that a deed on a row of some id would change."""

_reaches: dict[str, Reach] = {}


def register_reach(argument: str, reach: Reach) -> None:
    """Say what a url's argument (`wish_id`) leads to; called where pages are joined."""
    _reaches[argument] = reach


def reached_by(argument: str, number: int) -> Iterable[str]:
    """Return the subjects behind an argument; nothing when no app knows it."""
    if argument in {"drive_id", "drive"}:
        return (f"drive:{number}",)
    reach = _reaches.get(argument)
    return reach(number) if reach else ()
