"""What the pages on people show."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.forms import Form
from django.utils.translation import gettext

from drivearr.web.models import Member, Right
from drivearr.web.rights import ROLE_WORDS, Role
from drives.models import Drive


@dataclass(frozen=True, slots=True)
class Row:
    """One person."""

    pk: int
    name: str
    role: Role
    role_words: str
    drives: str
    """Names of the drives one is narrowed to; empty: all."""
    is_active: bool
    last_seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class RoleWords:
    """A role in words."""

    label: str
    says: str


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """Everybody with an account."""

    rows: tuple[Row, ...]
    roles: tuple[RoleWords, ...]

    @classmethod
    def build(cls) -> "PeoplePage":
        """Make it; four queries."""
        users = list(User.objects.order_by("-is_staff", "username", "pk"))
        members = {row.user_id: row for row in Member.objects.all()}
        names = {
            drive.subject: drive.name for drive in Drive.objects.by_name().only("name")
        }
        rights: dict[int, list[str]] = {}
        for member, subject in Right.objects.values_list("member", "subject"):
            rights.setdefault(member, []).append(
                names.get(subject, gettext("a forgotten drive"))
            )
        return cls(
            rows=tuple(_row(user, members.get(user.pk), rights) for user in users),
            roles=tuple(
                RoleWords(*map(gettext, words)) for words in ROLE_WORDS.values()
            ),
        )


def _row(user: User, member: Member | None, rights: dict[int, list[str]]) -> Row:
    role = Role.OWNER if user.is_staff else Role(member.role if member else "MEMBER")
    drives = ""
    if member and member.is_narrowed and role is Role.MEMBER:
        drives = ", ".join(sorted(rights.get(member.pk, []))) or gettext("no drive")
    return Row(
        pk=user.pk,
        name=user.get_username(),
        role=role,
        role_words=gettext(ROLE_WORDS[role][0]),
        drives=drives,
        is_active=user.is_active,
        last_seen_at=user.last_login,
    )


@dataclass(frozen=True, slots=True)
class PersonPage:
    """A form for one person, new or known."""

    form: Form
    person: User | None
    roles: tuple[RoleWords, ...]
    is_self: bool = False

    @classmethod
    def build(
        cls, form: Form, person: User | None = None, *, is_self: bool = False
    ) -> "PersonPage":
        """Make it."""
        roles = tuple(RoleWords(*map(gettext, words)) for words in ROLE_WORDS.values())
        return cls(form, person, roles, is_self)
