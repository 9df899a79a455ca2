"""How many folders looked, in little memory: what a scan holds the disk against."""

import struct
from collections.abc import Iterator, MutableMapping

from library.walking import Look

_NUMBERS = struct.Struct("<qqqIIqIq")
_TALLIES = struct.Struct("<IqIq")
_BETWEEN = "\0"
"""No name of a file holds it."""


class KnownLooks(MutableMapping[str, Look]):
    """Looks by relpath, each as some bytes: about half of what it takes as numbers and texts.

    Memory: some 300 bytes a folder, and the names in it.
    """

    def __init__(self) -> None:
        self._packed: dict[str, bytes] = {}

    def __setitem__(self, relpath: str, look: Look) -> None:
        """Keep a look."""
        numbers = _NUMBERS.pack(
            look.mtime_ns,
            look.device,
            look.inode,
            look.ignored,
            look.videos,
            look.video_tally,
            look.sides,
            look.side_tally,
        )
        texts = _BETWEEN.join((look.digest, look.folders, look.names))
        self._packed[relpath] = numbers + texts.encode()

    def __getitem__(self, relpath: str) -> Look:
        """Return a look."""
        packed = self._packed[relpath]
        mtime, device, inode, ignored, videos, video_tally, sides, side_tally = (
            _NUMBERS.unpack_from(packed)
        )
        digest, folders, names = packed[_NUMBERS.size :].decode().split(_BETWEEN)
        return Look(
            mtime_ns=mtime,
            device=device,
            inode=inode,
            ignored=ignored,
            folders=folders,
            names=names,
            digest=digest,
            videos=videos,
            video_tally=video_tally,
            sides=sides,
            side_tally=side_tally,
        )

    def __delitem__(self, relpath: str) -> None:
        """Forget a look."""
        del self._packed[relpath]

    def __iter__(self) -> Iterator[str]:
        """Yield the relpaths."""
        return iter(self._packed)

    def __len__(self) -> int:
        """Return how many looks there are."""
        return len(self._packed)


class SameFolders:
    """What the files in folders come to that are as they were, by relpath.

    Memory: some 250 bytes a folder.
    """

    def __init__(self) -> None:
        self._packed: dict[str, bytes] = {}

    def add(self, relpath: str, look: Look) -> None:
        """Note a folder with its look."""
        self._packed[relpath] = _TALLIES.pack(
            look.videos, look.video_tally, look.sides, look.side_tally
        )

    def discard(self, relpath: str) -> None:
        """Forget a folder: it is read after all."""
        self._packed.pop(relpath, None)

    def relpaths(self) -> Iterator[str]:
        """Yield the folders, in the order of the tallies."""
        return iter(self._packed)

    def videos(self) -> Iterator[tuple[int, int]]:
        """Yield how many videos each folder holds, and their tally."""
        for packed in self._packed.values():
            videos, tally, _, _ = _TALLIES.unpack(packed)
            yield videos, tally

    def sides(self) -> Iterator[tuple[int, int]]:
        """Yield how many side files each folder holds, and their tally."""
        for packed in self._packed.values():
            _, _, sides, tally = _TALLIES.unpack(packed)
            yield sides, tally
