"""Writing rows of videos as a scan found them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from drivearr.lib.errors import StopRun
from drivearr.web.inserting import insert_rows
from library.models import MediaFile, Root
from library.walking import VideoFound

_WRITTEN = (
    "root",
    "relpath",
    "size_bytes",
    "mtime_ns",
    "device",
    "inode",
    "fingerprint",
    "state",
    "missing_since",
    "seen_at",
    "parsed",
    "match_state",
)


_NEW = (
    "relpath",
    "size_bytes",
    "mtime_ns",
    "device",
    "inode",
    "fingerprint",
    "parsed",
)


class RootRemoved(StopRun):
    """The root was removed while it was worked on."""

    code = "ROOT_REMOVED"
    advice = gettext_noop("Nothing to do.")


def check_root(root: Root) -> None:
    """Make sure that nobody removed the root meanwhile; within the transaction that writes.

    Raises:
        RootRemoved: somebody did.

    """
    if not Root.objects.filter(pk=root.pk).exists():
        raise RootRemoved(
            gettext("{path} is no library folder any more.").format(path=root.path)
        )


class Known(NamedTuple):
    """What is compared of a row; in the order of the query's fields."""

    pk: int
    relpath: str
    size_bytes: int
    mtime_ns: int
    device: int
    state: str
    fingerprint: str

    def fits(self, video: VideoFound) -> bool:
        """Whether the file looks as it did."""
        return (
            self.size_bytes == video.size_bytes
            and self.mtime_ns == video.mtime_ns
            and self.fingerprint != ""
        )


@dataclass(slots=True)
class Work:
    """What is to be written for one batch of videos."""

    new: list[VideoFound] = field(default_factory=list)
    changed: list[tuple[Known, VideoFound]] = field(default_factory=list)
    back: list[int] = field(default_factory=list)
    """Rows that were missing and are there again, unchanged."""
    moved: list[MediaFile] = field(default_factory=list)


class VideoRows:
    """The rows of videos of one root, which one scan alone writes."""

    def __init__(self, root: Root) -> None:
        self.root = root
        last = MediaFile.objects.aggregate(last=Max("pk"))["last"]
        self.has_rows = last is not None
        """Whether there was any file, here or elsewhere, before this scan."""
        self._last_pk: int = last or 0

    def find(self, videos: Sequence[VideoFound]) -> dict[str, Known]:
        """Return what is known of these, by relpath."""
        if not self.has_rows:
            return {}
        rows = MediaFile.objects.filter(
            root=self.root, relpath__in=[video.relpath for video in videos]
        )
        return {row[1]: Known._make(row) for row in rows.values_list(*Known._fields)}

    def write(
        self,
        work: Work,
        prints: Mapping[str, str],
        names: Mapping[str, str],
    ) -> dict[str, int]:
        """Write it, with fingerprints and what is kept of names by relpath.

        Returns the keys of the new rows by relpath. Within a transaction of the caller.
        """
        now = timezone.now()
        created = self._create(work.new, prints, names)
        if work.back:
            MediaFile.objects.filter(pk__in=work.back).update(
                state=MediaFile.State.PRESENT, missing_since=None, seen_at=now
            )
        for row, video in work.changed:
            # Few at a time; the same name keeps its match, whatever is in it now.
            MediaFile.objects.filter(pk=row.pk).update(
                size_bytes=video.size_bytes,
                mtime_ns=video.mtime_ns,
                device=video.device,
                inode=video.inode,
                fingerprint=prints.get(video.relpath, ""),
                state=MediaFile.State.PRESENT,
                missing_since=None,
                seen_at=now,
            )
        if work.moved:
            MediaFile.objects.bulk_update(work.moved, _WRITTEN, batch_size=100)
        return created

    def _create(
        self,
        new: Sequence[VideoFound],
        prints: Mapping[str, str],
        names: Mapping[str, str],
    ) -> dict[str, int]:
        """Write rows for new videos; return their keys by relpath."""
        rows = (
            (
                video.relpath,
                video.size_bytes,
                video.mtime_ns,
                video.device,
                video.inode,
                prints[video.relpath],
                names[video.relpath],
            )
            for video in new
        )
        insert_rows(MediaFile, _NEW, rows, root=self.root.pk)
        if not new:
            return {}
        # No other scan is at this root: what comes after its last row is ours.
        fresh = MediaFile.objects.filter(root=self.root, pk__gt=self._last_pk)
        created = dict(fresh.values_list("relpath", "pk"))
        self._last_pk = max(created.values())
        return created
