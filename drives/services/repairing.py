"""Replacing what a drive damaged: the library's file is wished onto it again."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser
from django.utils.translation import gettext, gettext_noop

from drivearr.lib.errors import Refused
from drives.models import Drive, DriveFile, DriveFileQuerySet
from library.models import Item, Title

Wisher = Callable[[Drive, Title, Item | None, AbstractBaseUser | None], object]
"""Puts a title, or one item of a show, on a drive; raises Refused."""
_wishers: list[Wisher] = []


class NothingToRepair(Refused):
    """No file of the drive is known to be damaged."""

    code = "NOTHING_TO_REPAIR"
    advice = gettext_noop("Verify the drive to find out: `drivearr drives verify`.")


@dataclass(frozen=True, slots=True)
class Repair:
    """What will be replaced, and what cannot be."""

    asked: tuple[DriveFile, ...]
    refused: tuple[tuple[DriveFile, str], ...]
    """With a sentence each."""


def register_wisher(wisher: Wisher) -> None:
    """Name who puts titles on drives; called from AppConfig.ready."""
    if wisher not in _wishers:
        _wishers.append(wisher)


def list_damaged(drive: Drive) -> DriveFileQuerySet:
    """Return files of ours that the drive gave back wrong, or not at all."""
    rows = DriveFile.objects.ours().filter(drive=drive, damaged_at__isnull=False)
    return rows.select_related("title").in_order()


def repair_drive(*, drive: Drive, by: AbstractBaseUser | None = None) -> Repair:
    """Have every damaged file of a drive replaced from the library.

    The damaged file stays until the new one is whole and verified.

    Raises: NothingToRepair.
    """
    asked: list[DriveFile] = []
    refused: list[tuple[DriveFile, str]] = []
    for row in list_damaged(drive):
        try:
            _wish(row, by)
        except Refused as error:
            refused.append((row, error.message))
        else:
            asked.append(row)
    if not asked and not refused:
        raise NothingToRepair(
            gettext("No file on “{drive}” is known to be damaged.").format(
                drive=drive.name
            )
        )
    return Repair(tuple(asked), tuple(refused))


def _wish(row: DriveFile, by: AbstractBaseUser | None) -> None:
    if row.title is None or not _wishers:
        raise NothingToRepair(gettext("The library does not know what it is any more."))
    items: list[Item | None] = list(row.items.filter(season__isnull=False))
    for item in items or [None]:
        _wishers[0](row.drive, row.title, item, by)
