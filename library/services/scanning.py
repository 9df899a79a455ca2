"""Bringing the index in line with the disk, root by root."""

import logging
import time
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TypedDict

from django.conf import settings
from django.db import transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from drivearr.jobs.models import Job
from drivearr.jobs.services import enqueue
from drivearr.lib.errors import SkipFile, StopRun
from drivearr.lib.hanging import DiskHangs, call_in_time, in_time
from drivearr.lib.progress import Progress
from library import watching
from library.jobs import SCAN
from library.looks import KnownLooks
from library.models import LibraryScan, MediaFile, Root, SideFile
from library.naming.readers import NameReaders
from library.services.guarding import (
    RootUnavailable,
    ScanHeld,
    check_share,
    look_at_root,
    read_identity,
)
from library.services.indexing import BATCH_FILES, Index
from library.services.rooting import list_forbidden
from library.walking import RootVanished, read_folder, walk

SETTLED_NS = 10 * 10**9
"""A folder that changed so lately is read again: clocks of file systems are coarse."""

logger = logging.getLogger(__name__)


class RootUnknown(StopRun):
    """There is no such root."""

    code = "ROOT_UNKNOWN"
    advice = gettext_noop("List the library folders to see which there are.")


class MountAbsent(SkipFile):
    """A disk mounted below a root is not mounted now."""

    code = "MOUNT_ABSENT"
    advice = gettext_noop("Its files stay as they are. Mount it, then scan again.")


@dataclass(frozen=True, slots=True)
class ScanSummary:
    """What one scan of a root found."""

    id: int
    path: str
    state: str
    """The root's state afterwards: AVAILABLE, UNAVAILABLE or HELD."""
    seen: int
    added: int
    changed: int
    moved: int
    missing: int
    returned: int
    unchanged: int
    ignored: int
    errors: int
    seconds: float


def start_scan(
    *,
    root_id: int,
    deep: bool = False,
    confirmed: bool = False,
    trigger: str = Job.Trigger.SYSTEM,
) -> Job:
    """Queue a scan of a root; the one under way if there is one.

    `deep` reads every file's fingerprint again. `confirmed`: a person says that what is
    gone was deleted.
    """
    return enqueue(
        SCAN,
        subject=f"root:{root_id}",
        trigger=trigger,
        root_id=root_id,
        deep=deep,
        confirmed=confirmed,
    )


def scan_root(
    *,
    root_id: int,
    deep: bool = False,
    confirmed: bool = False,
    progress: Progress,
    job: Job | None = None,
) -> ScanSummary:
    """Bring the rows of a root in line with the disk; never raises for a root away.

    A root that is absent, or from which too much is gone, changes no file's state: the
    summary's state says so, and `check_summary` makes an error of it.

    Raises:
        RootUnknown: there is no such root.

    """
    root = Root.objects.filter(pk=root_id).first()
    if root is None:
        raise RootUnknown(
            gettext("There is no library folder {root_id}.").format(root_id=root_id)
        )
    started = time.monotonic()
    scan = _open_scan(root, job, deep=deep)
    readers = NameReaders()
    index = Index(root, deep=deep, progress=progress, readers=readers)
    try:
        with readers:
            _scan(root, index, confirmed=confirmed)
    except DiskHangs as error:
        root.mark_unavailable(reason=f"{error.message} {error.advice}")
    except (RootUnavailable, RootVanished) as error:
        root.mark_unavailable(reason=error.message)
    except ScanHeld as error:
        root.hold(reason=error.message)
    finally:
        counts = asdict(index.counts)
        LibraryScan.objects.filter(pk=scan.pk).update(
            finished_at=timezone.now(), **counts
        )
    return ScanSummary(
        id=root.pk,
        path=root.path,
        state=root.state,
        seconds=round(time.monotonic() - started, 3),
        **counts,
    )


def check_summary(summary: ScanSummary) -> None:
    """Raise what a scan's outcome means for its job.

    Raises:
        RootUnavailable: the root was not there.
        ScanHeld: a person has to confirm.

    """
    if summary.state == Root.State.AVAILABLE:
        return
    reason = (
        Root.objects.filter(pk=summary.id).values_list("state_reason", flat=True).get()
    )
    if summary.state == Root.State.HELD:
        raise ScanHeld(reason)
    raise RootUnavailable(reason)


def _open_scan(root: Root, job: Job | None, *, deep: bool) -> LibraryScan:
    # A job that was put back runs again: it keeps its one row.
    LibraryScan.objects.filter(job=job).exclude(job=None).delete()
    return LibraryScan.objects.create(root=root, job=job, is_deep=deep)


def _scan(root: Root, index: Index, *, confirmed: bool) -> None:
    progress = index.progress
    identity = look_at_root(root=root, confirmed=confirmed)
    known = MediaFile.objects.present().filter(root=root).count()
    progress.expect(known or None, "FILES")
    gone_looks = _index_all(root, index)
    if read_identity(root=root) != identity:
        raise RootUnavailable(
            gettext("{path} was unmounted while it was scanned.").format(path=root.path)
        )
    gone = _find_gone(root, index)
    check_share(
        root=root,
        gone=len(gone),
        known=known,
        seen=index.counts.seen,
        percent=settings.MISSING_SHARE_PERCENT,
        confirmed=confirmed,
    )
    _mark_missing(gone, index)
    _forget_sides(root, index)
    index.looks.confirm(gone=gone_looks)
    root.mark_scanned(now=timezone.now(), device=identity)


def _index_all(root: Root, index: Index) -> Collection[str]:
    """Bring all there is into the index; return the folders that are there no more."""
    started_ns = time.time_ns()
    options = _Options(
        forbidden=list_forbidden(),
        is_show=root.kind == Root.Kind.SHOWS,
        settled_ns=started_ns - SETTLED_NS,
    )
    is_trusted = watching.is_trusted(root.folder)
    looks = index.looks.recall() if is_trusted else KnownLooks()
    may_trust = is_trusted and not index.deep
    folders = in_time(
        lambda: walk(root.folder, known=looks, is_trusted=may_trust, **options),
        place=root.path,
        check=index.progress.check,
    )
    for folder in folders:
        index.progress.check()
        if folder.relpath:
            index.progress.note(folder.relpath)
        index.add(folder)
    index.flush()
    for relpath in index.list_stale():
        index.progress.check()
        folder = call_in_time(
            partial(read_folder, root.folder, relpath, **options), place=root.path
        )
        index.add(folder)
    index.flush()
    index.count_same()
    return looks.keys()


class _Options(TypedDict):
    forbidden: Collection[Path]
    is_show: bool
    settled_ns: int


def _find_gone(root: Root, index: Index) -> list[int]:
    """Return the rows of files that were there and are not, wherever one could look."""
    if index.is_all_seen:
        return []
    rows = MediaFile.objects.present().filter(root=root)
    gone: dict[int, list[int]] = {}
    keys = rows.order_by().values_list("pk", flat=True)
    # Their names are read only of those that were not seen: mostly none.
    unseen = [
        pk for pk in keys.iterator(chunk_size=4 * BATCH_FILES) if pk not in index.seen
    ]
    for start in range(0, len(unseen), BATCH_FILES):
        some = rows.filter(pk__in=unseen[start : start + BATCH_FILES])
        found = some.values_list("pk", "relpath", "device")
        for pk, relpath, device in found:
            if not index.is_hidden(relpath):
                gone.setdefault(device, []).append(pk)
    own = root.device.partition(":")[0]
    absent = {
        device for device in gone if device not in index.devices and str(device) != own
    }
    for device in _all_gone(root, gone, absent):
        lost = gone.pop(device)
        index.counts.errors += 1
        index.progress.report(
            MountAbsent(
                gettext("A disk below {path} with {number} videos is away.").format(
                    path=root.path, number=len(lost)
                )
            ),
            path=root.path,
        )
    return [pk for pks in gone.values() for pk in pks]


def _all_gone(
    root: Root, gone: dict[int, list[int]], absent: set[int]
) -> Iterator[int]:
    """Yield the devices of which not one file was seen: they are not mounted."""
    rows = MediaFile.objects.present().filter(root=root, device__in=absent)
    counts = rows.order_by().values_list("device").annotate(files=Count("pk"))
    for device, files in counts:
        if files == len(gone[device]):
            yield device


def _mark_missing(gone: list[int], index: Index) -> None:
    now = timezone.now()
    for start in range(0, len(gone), BATCH_FILES):
        index.progress.check()
        some = gone[start : start + BATCH_FILES]
        with transaction.atomic():
            index.counts.missing += (
                MediaFile.objects.present()
                .filter(pk__in=some)
                .update(state=MediaFile.State.MISSING, missing_since=now)
            )


def _forget_sides(root: Root, index: Index) -> None:
    """Drop the rows of side files that are gone; the video's own row is what lasts."""
    if index.are_sides_seen:
        return
    rows = SideFile.objects.filter(root=root).values_list("pk", "relpath")
    gone = [
        pk
        for pk, relpath in rows.iterator(chunk_size=4 * BATCH_FILES)
        if pk not in index.sides.seen and not index.is_hidden(relpath)
    ]
    for start in range(0, len(gone), BATCH_FILES):
        index.progress.check()
        SideFile.objects.filter(pk__in=gone[start : start + BATCH_FILES]).delete()
