"""How a drive wants to be filled: its profile, checked and kept here and on the drive."""

from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext, gettext_noop

from drivearr.lib.errors import DrivearrError, Refused
from drivearr.lib.programs import find_rsync
from drives.manifest import Profile
from drives.models import Drive
from drives.rsyncflags import FlagRefused, read_flags
from drives.services.manifesting import flush_manifest
from drives.services.opening import open_drive
from library.models import Root

TEXT_MOST_CHARACTERS = 100
RESERVE_MOST_BYTES = 2**60
DAYS_MOST = 3650
PROFILE_FIELDS = (
    "owner",
    "side_files",
    "verification",
    "engine",
    "rsync_flags",
    "outdated",
    "makes_room",
    "reserve_bytes",
    "verify_days",
)


class ProfileRefused(Refused):
    """A profile cannot be as asked."""

    code = "PROFILE_REFUSED"
    advice = gettext_noop("Nothing was changed.")


def edit_profile(*, drive: Drive, **changes: Any) -> Drive:
    """Change a drive's profile: its name, its sources, and what PROFILE_FIELDS lists.

    `sources`: the library folders that fill it, or their ids; none: all.
    An attached drive's manifest is brought in line at once, any other with its next
    copy.

    Raises: ProfileRefused.
    """
    values = {name: _check(name, value) for name, value in changes.items()}
    sources = values.pop("sources", None)
    taken = Drive.objects.exclude(pk=drive.pk).filter(name=values.get("name", ""))
    if taken.exists():
        raise ProfileRefused(
            gettext("There is a drive called “{name}” already.").format(
                name=values["name"]
            )
        )
    due = {"manifest_is_due": True, "manifest_whole_is_due": True}
    for name, value in (values | due).items():
        setattr(drive, name, value)
    try:
        with transaction.atomic():
            drive.save(update_fields=[*values, *due])
            if sources is not None:
                drive.sources.set(sources)
    except IntegrityError as error:
        raise ProfileRefused(gettext("Somebody took that name just now.")) from error
    _tell(drive)
    return drive


def _tell(drive: Drive) -> None:
    try:
        with open_drive(drive=drive) as opened:
            flush_manifest(drive=drive, open_drive=opened)
    except (DrivearrError, OSError):
        # Not here, or not writable now: the manifest follows with the next copy.
        return


def clean_name(name: str) -> str:
    """Return a drive's name without blanks around it; empty stays empty.

    Raises: ProfileRefused.
    """
    return _text(name, gettext("A drive's name"))


def profile_of(profile: Profile) -> dict[str, Any]:
    """Return what of a manifest's profile is usable here, as Drive's fields."""
    told = {
        "owner": profile.owner,
        "side_files": profile.side_files,
        "verification": profile.verification,
        "outdated": profile.outdated,
        "makes_room": profile.makes_room,
        "reserve_bytes": profile.reserve_bytes,
    }
    usable: dict[str, Any] = {}
    for name, value in told.items():
        try:
            usable[name] = _check(name, value)
        except ProfileRefused:
            continue
    return usable


def _check(name: str, value: Any) -> Any:
    check = _CHECKS.get(name)
    if check is None:
        raise ProfileRefused(gettext("A profile has no {name!r}.").format(name=name))
    return check(value)


def _name(value: Any) -> str:
    cleaned = clean_name(value)
    if not cleaned:
        raise ProfileRefused(gettext("A drive needs a name."))
    return cleaned


def _engine(value: Any) -> str:
    if _choice(value, Drive.Engine.values) == Drive.Engine.RSYNC and not find_rsync():
        raise ProfileRefused(
            gettext("rsync is not installed here."),
            advice=gettext("Install it, then choose it again."),
        )
    return str(value)


def _rsync_flags(value: Any) -> str:
    if not isinstance(value, str):
        raise ProfileRefused(gettext("Options for rsync are a text."))
    try:
        return " ".join(read_flags(value))
    except FlagRefused as error:
        raise ProfileRefused(str(error)) from error


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise ProfileRefused(gettext("{what} is a text.").format(what=what))
    cleaned = value.strip()
    if len(cleaned) > TEXT_MOST_CHARACTERS or not _is_plain(cleaned):
        raise ProfileRefused(
            gettext("{what} has at most {most} plain characters.").format(
                what=what, most=TEXT_MOST_CHARACTERS
            )
        )
    return cleaned


def _is_plain(text: str) -> bool:
    # Joiners of emoji and scripts are not "printable", but are no control characters.
    return not any(
        ord(c) < 32 or 127 <= ord(c) < 160 or 0xD800 <= ord(c) <= 0xDFFF  # noqa: PLR2004
        for c in text
    )


def _choice(value: Any, choices: list[str]) -> str:
    if value not in choices:
        raise ProfileRefused(
            gettext("{value!r} is none of {names}.").format(
                value=value, names=", ".join(choices)
            )
        )
    return str(value)


def _reserve(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= RESERVE_MOST_BYTES:
        raise ProfileRefused(gettext("A reserve is a number of bytes, 0 or more."))
    return value


def _sources(value: Any) -> list[int]:
    asked = {each.pk if isinstance(each, Root) else each for each in value}
    known = set(Root.objects.filter(pk__in=asked).values_list("pk", flat=True))
    if asked - known:
        raise ProfileRefused(
            gettext("There is no library folder {names}.").format(
                names=", ".join(str(pk) for pk in sorted(asked - known))
            )
        )
    return sorted(known)


def _days(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= DAYS_MOST:
        raise ProfileRefused(
            gettext("A drive is verified every 0 to {days_most} days.").format(
                days_most=DAYS_MOST
            )
        )
    return value


_CHECKS: dict[str, Callable[[Any], Any]] = {
    "name": _name,
    "owner": lambda value: _text(value, gettext("An owner")),
    "side_files": lambda value: _choice(value, Drive.SideFiles.values),
    "verification": lambda value: _choice(value, Drive.Verification.values),
    "engine": _engine,
    "rsync_flags": _rsync_flags,
    "outdated": lambda value: _choice(value, Drive.Outdated.values),
    "makes_room": lambda value: _choice(value, Drive.MakesRoom.values),
    "sources": _sources,
    "reserve_bytes": _reserve,
    "verify_days": _days,
}
