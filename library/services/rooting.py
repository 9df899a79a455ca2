"""Naming library folders, and letting go of them; no file is ever touched."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from drivearr.jobs.models import Job
from drivearr.lib.errors import Refused
from drivearr.lib.hanging import DiskHangs, call_in_time
from library.ignoring import MANIFEST_NAME
from library.jobs import IDENTIFY, SCAN
from library.models import Root
from library.services.guarding import ANSWER_SECONDS, looks_familiar

PATH_MOST_CHARACTERS = 1000
POLL_LEAST_MINUTES, POLL_MOST_MINUTES = 5, 60 * 24 * 31
_SYSTEM_PLACES = ("/proc", "/sys", "/dev")

_forbidden: list[Callable[[], Iterable[Path]]] = []


class RootRefused(Refused):
    """A folder cannot be a library folder."""

    code = "ROOT_REFUSED"
    advice = gettext_noop("Choose another folder.")


def register_forbidden(source: Callable[[], Iterable[Path]]) -> None:
    """Name a source of folders that are no library, such as the drives plugged in.

    Called from AppConfig.ready of the app that knows them. A root on or around such a
    folder is refused, and scans pass over it.
    """
    if source not in _forbidden:
        _forbidden.append(source)


def list_forbidden() -> tuple[Path, ...]:
    """Return all folders that are no library, as the other apps know them now."""
    return tuple(path for source in _forbidden for path in source())


def add_root(*, path: Path, kind: str) -> Root:
    """Name a library folder of a kind (`MOVIES`, `SHOWS`, `OTHER`).

    Raises:
        RootRefused: no absolute path, missing, no folder, unreadable, without an
            answer, the root of the file system, inside or around another root, on or
            around a drive.

    """
    if kind not in Root.Kind.values:
        kinds = ", ".join(str(value).lower() for value in Root.Kind.values)
        raise RootRefused(
            gettext("{kind!r} is no kind of library folder.").format(kind=kind),
            advice=gettext("Kinds are {kinds}.").format(kinds=kinds),
        )
    folder = _find_folder(path)
    with transaction.atomic():
        _check_roots(folder)
        try:
            return Root.objects.create(path=os.fspath(folder), kind=kind)
        except IntegrityError as error:
            raise RootRefused(
                gettext("{folder} is a library folder already.").format(folder=folder)
            ) from error


def set_poll(*, root: Root, minutes: int) -> None:
    """Say how often to look for changes in a folder that nobody tells of; 0: never.

    Raises:
        RootRefused: less than the five minutes in which anybody asks, or over a month.

    """
    if minutes and not POLL_LEAST_MINUTES <= minutes <= POLL_MOST_MINUTES:
        raise RootRefused(
            gettext("{minutes} minutes cannot be kept.").format(minutes=minutes),
            advice=gettext("Choose 0 for never, or from {least} to {most}.").format(
                least=POLL_LEAST_MINUTES, most=POLL_MOST_MINUTES
            ),
        )
    Root.objects.filter(pk=root.pk).update(poll_minutes=minutes)


def move_root(*, root: Root, path: Path) -> None:
    """Say where a library folder lies now, with all that was in it.

    Its files keep their rows, matches and what a person chose. The next scan finds what
    else changed.

    Raises:
        RootRefused: as `add_root`; also when the new folder does not hold what the old
            one did, or while it is scanned.

    """
    if Job.objects.active().filter(kind=SCAN.name, subject=root.subject).exists():
        raise RootRefused(
            gettext("{path} is being scanned.").format(path=root.path),
            advice=gettext("Wait until that ends, or cancel it."),
        )
    folder = _find_folder(path)
    there = Root(pk=root.pk, path=os.fspath(folder), kind=root.kind)
    if not looks_familiar(there):
        raise RootRefused(
            gettext("{folder} does not hold what {path} held.").format(
                folder=folder, path=root.path
            ),
            advice=gettext("Bring the files there first, with the same folders."),
        )
    with transaction.atomic():
        _check_roots(folder, beside=root)
        Root.objects.filter(pk=root.pk).update(path=there.path)
    root.refresh_from_db()


def remove_root(*, root: Root) -> None:
    """Forget a library folder, its files' rows and their matches; touch no file.

    Work on it that is under way stops by itself.
    """
    kinds = [SCAN.name, IDENTIFY.name]
    active = Job.objects.active().filter(kind__in=kinds, subject=root.subject)
    for job in active.order_by("pk"):
        if not job.cancel(now=timezone.now()):
            job.request_cancel(now=timezone.now())
    root.delete()


def _find_folder(path: Path) -> Path:
    """Return the folder behind all links, if it may be a library folder."""

    def look() -> Path:
        folder = _check_folder(path)
        _check_drives(folder)
        return folder

    try:
        return call_in_time(look, place=os.fspath(path), seconds=ANSWER_SECONDS)
    except DiskHangs as error:
        raise RootRefused(error.message, advice=error.advice) from error


def _check_folder(path: Path) -> Path:
    text = os.fspath(path)
    if not path.is_absolute() or "\0" in text:
        raise RootRefused(
            gettext("{text!r} is no absolute path.").format(text=text),
            advice=gettext("Begin the path with a slash."),
        )
    if len(text) > PATH_MOST_CHARACTERS or not _is_text(text):
        raise RootRefused(gettext("The path is too long, or not written in UTF-8."))
    try:
        folder = path.resolve(strict=True)
        is_folder = folder.is_dir()
    except FileNotFoundError as error:
        raise RootRefused(
            gettext("There is no folder {path}.").format(path=path),
            advice=gettext("Check the spelling, and whether its disk is mounted."),
        ) from error
    except (OSError, RuntimeError) as error:
        raise RootRefused(
            gettext("{path} cannot be opened.").format(path=path)
        ) from error
    if not is_folder:
        raise RootRefused(gettext("{path} is no folder.").format(path=path))
    _check_place(folder)
    _check_readable(folder)
    return folder


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _check_place(folder: Path) -> None:
    if folder.parent == folder:
        raise RootRefused(
            gettext("The root of the file system cannot be a library folder."),
            advice=gettext("Choose the folder that holds the videos."),
        )
    if any(folder.is_relative_to(place) for place in _SYSTEM_PLACES):
        raise RootRefused(
            gettext("{folder} belongs to the system and holds no videos.").format(
                folder=folder
            )
        )


def _check_readable(folder: Path) -> None:
    try:
        with os.scandir(folder) as entries:
            next(entries, None)
    except OSError as error:
        raise RootRefused(
            gettext("{folder} cannot be read: {strerror}.").format(
                folder=folder, strerror=error.strerror
            ),
            advice=gettext("Give the user that runs Drivearr the right to read it."),
        ) from error
    if not os.access(folder, os.R_OK | os.X_OK):
        raise RootRefused(
            gettext("The files in {folder} may not be opened.").format(folder=folder)
        )


def _check_drives(folder: Path) -> None:
    for above in (folder, *folder.parents):
        if os.path.lexists(above / MANIFEST_NAME):
            raise RootRefused(
                gettext(
                    "{folder} is on a drive that Drivearr copies to ({above})."
                ).format(folder=folder, above=above),
                advice=gettext(
                    "A library folder is where copies come from, not where they go."
                ),
            )
    for drive in list_forbidden():
        if folder.is_relative_to(drive) or drive.is_relative_to(folder):
            raise RootRefused(
                gettext(
                    "{folder} is on, or holds, a drive that Drivearr copies to "
                    "({drive})."
                ).format(folder=folder, drive=drive),
                advice=gettext(
                    "A library folder is where copies come from, not where they go."
                ),
            )


def _check_roots(folder: Path, *, beside: Root | None = None) -> None:
    others = Root.objects.exclude(pk=beside.pk) if beside else Root.objects.all()
    for root in others.order_by("path", "pk"):
        if root.folder == folder:
            raise RootRefused(
                gettext("{folder} is a library folder already.").format(folder=folder)
            )
        if folder.is_relative_to(root.folder):
            raise RootRefused(
                gettext("{folder} is inside the library folder {path}.").format(
                    folder=folder, path=root.path
                ),
                advice=gettext("It is scanned with that one."),
            )
        if root.folder.is_relative_to(folder):
            raise RootRefused(
                gettext("{folder} holds the library folder {path}.").format(
                    folder=folder, path=root.path
                ),
                advice=gettext("Remove that one first, or choose a folder beside it."),
            )
