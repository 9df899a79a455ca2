"""One file, whole and verified, or not at all. The plan is in the package's docstring."""

import contextlib
import mmap
import os
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from drivearr.lib.wording import gettext
from syncqueue.copying import faults, sizes, small
from syncqueue.copying.filesystem import Filesystem, make_buffers
from syncqueue.copying.resuming import usable_journal
from syncqueue.copying.rsyncing import rsync_partial
from syncqueue.copying.source import opened_source
from syncqueue.copying.task import Copied, CopyTask, VerifiedBy, Witness
from syncqueue.copying.verifying import read_back, verify_partial
from syncqueue.copying.working import Try
from syncqueue.copying.writing import write_partial


def copy_file(task: CopyTask, fs: Filesystem, witness: Witness) -> Copied:
    """Copy one file.

    A source that changes is begun anew, twice; a drive that reports an error gets one
    more try from its last durable block.

    Raises: the kinds in `faults`, and whatever `witness.check` raises. The target is
    then what it was before, and the partial is kept for the next try.
    """
    # Made when they are needed: a small file is copied without.
    buffers: list[mmap.mmap] = []
    try:
        return _Copier(task, fs, witness, buffers).work()
    finally:
        for buffer in buffers:
            with contextlib.suppress(BufferError):
                buffer.close()


@dataclass(slots=True)
class _Copier:
    task: CopyTask
    fs: Filesystem
    witness: Witness
    buffers: list[mmap.mmap]
    begun: float = field(default_factory=time.monotonic)
    changes: int = 0
    io_errors: int = 0

    def work(self) -> Copied:
        """Try until it is done or hopeless."""
        while True:
            with opened_source(self.fs, self.task, self.witness.check) as source:
                now = Try(self.task, source, self.fs, self.witness, self.buffers)
                try:
                    return self._try(now)
                except faults.SourceChanged:
                    self.changes += 1
                    if self.changes == sizes.SOURCE_TRIES:
                        raise
                    self.task = replace(self.task, identity=None, journal=())
                except faults.BlocksStayBad:
                    raise
                except faults.DriveFailing:
                    self.io_errors += 1
                    if self.io_errors > 1:
                        raise
                    # What an error swallowed may look written: only the journal counts.
                    self.task = replace(
                        self.task, identity=source.identity, journal=tuple(now.blocks)
                    )

    def _try(self, now: Try) -> Copied:
        with _on_drive(self.fs):
            now.fs.prepare(now.task.relpath)
            verified_by = _find_finished(now)
            if verified_by is None:
                _refuse_stranger(now)
                if now.task.engine == "OWN" and now.size <= sizes.SMALL_BYTES:
                    resumed_at, written = 0, time.monotonic()
                    verified_by = small.write_and_verify(now)
                else:
                    resumed_at = _write(now)
                    written = time.monotonic()
                    now.source.check()
                    verified_by = verify_partial(now)
                now.source.check()
                _commit(now)
            else:
                resumed_at, written = now.size, time.monotonic()
            mtime_ns = now.fs.stat(now.task.relpath).st_mtime_ns
        return Copied(
            size_bytes=now.size,
            mtime_ns=mtime_ns,
            sha256=now.sha256,
            block_digests=tuple(block.digest for block in now.blocks),
            verified_by=verified_by,
            mended_blocks=now.mended,
            io_errors=self.io_errors,
            resumed_at=resumed_at,
            seconds=time.monotonic() - self.begun,
            write_seconds=written - self.begun,
        )


def _write(now: Try) -> int:
    if not now.buffers:
        now.buffers += make_buffers(sizes.BUFFERS, sizes.CHUNK_BYTES)
    return rsync_partial(now) if now.task.engine == "RSYNC" else write_partial(now)


@contextlib.contextmanager
def _on_drive(fs: Filesystem) -> Iterator[None]:
    """Turn errors of the drive's calls into named ones."""
    try:
        yield
    except OSError as error:
        raise faults.on_drive(error, is_there=fs.is_there()) from error


def _find_finished(now: Try) -> VerifiedBy | None:
    """Recognise our own file, whole under its final name, that nobody recorded yet.

    The process died, or the drive answered no more, between the rename and the record:
    the journal is complete, the partial is gone. None: there is no such file.
    """
    journal, final = usable_journal(now), now.task.relpath
    if not journal or journal[-1].end != now.size or now.fs.exists(now.partial):
        return None
    if not now.fs.exists(final):
        return None
    now.blocks = journal
    if not now.buffers:
        now.buffers += make_buffers(sizes.BUFFERS, sizes.CHUNK_BYTES)
    bad, verified_by = read_back(now, final)
    if bad:
        now.blocks = []
        return None
    now.witness.began(now.source.identity, blocks=tuple(journal))
    now.fs.commit_again(final)
    return verified_by


def _refuse_stranger(now: Try) -> None:
    """Make sure that nobody else's file has the name.

    Raises: NameRefused. An empty file is nobody's loss: a power cut leaves one.
    """
    final = now.task.relpath
    if now.task.may_replace or not now.fs.exists(final):
        return
    if not _is_empty_file(now.fs.stat(final)):
        raise faults.NameRefused(
            gettext("Another file on the drive has this name already.")
        )


def _is_empty_file(about: os.stat_result) -> bool:
    return stat.S_ISREG(about.st_mode) and about.st_size == 0


def _commit(now: Try) -> None:
    """Give the file its final name."""
    final = now.task.relpath
    now.fs.set_time(now.partial, now.source.identity.mtime_ns)
    _refuse_stranger(now)
    # What is there now is our own older file, or an empty one.
    now.fs.commit(now.partial, final, replace=now.fs.exists(final))
    if not now.fs.lists(final):
        # Some file systems quietly store another name (a trailing dot is dropped).
        now.fs.remove(final)
        raise faults.NameRefused(
            gettext("The drive stores this file under another name.")
        )
