"""Which files on a drive carry an old name, and in which order they get the new one."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from syncqueue.naming import clash_key


@dataclass(frozen=True, slots=True)
class Named:
    """A file of ours on a drive."""

    file_id: int
    relpath: str
    names: Sequence[str] = ()
    """What a video may be called today, the best first; empty for what goes along."""


@dataclass(frozen=True, slots=True)
class Rename:
    """A file that gets another name; nothing is copied."""

    file_id: int
    old: str
    new: str


def plan_renames(
    *, videos: Iterable[Named], sides: Iterable[Named], others: Iterable[str] = ()
) -> tuple[Rename, ...]:
    """Return the renames in an order in which no name is taken when it is needed.

    Side files go along with their video, a folder's own files with the folder, when
    all of its videos go to the same one. `others`: names of files that stay as they
    are. What cannot have its name, because another file has it, keeps its own.
    """
    videos, sides = list(videos), list(sides)
    taken = {clash_key(path) for path in others}
    taken |= {clash_key(each.relpath) for each in (*videos, *sides)}
    moved = _ordered([(each, _goals(each)) for each in videos], set(taken))
    new_names = {each.file_id: each.new for each in moved}
    stems = {_stem(each.old): _stem(each.new) for each in moved}
    folders = _folders(videos, new_names)
    along = [(each, _goes_along(each.relpath, stems, folders)) for each in sides]
    taken |= {clash_key(name) for name in new_names.values()}
    # A video under its old name tells where the rest goes, should this be broken off.
    return (*_ordered(along, taken), *moved)


def _goals(video: Named) -> Sequence[str]:
    keys = [clash_key(name) for name in video.names]
    # A drive that minds no case takes both for one name.
    return () if clash_key(video.relpath) in keys else video.names


def _ordered(
    wanted: list[tuple[Named, Sequence[str]]], taken: set[str]
) -> list[Rename]:
    """Rename what can be; again as long as that makes room for others' names."""
    done: list[Rename] = []
    waiting = [pair for pair in wanted if pair[1]]
    while True:
        later = []
        for each, goals in waiting:
            new = next((name for name in goals if clash_key(name) not in taken), None)
            if new is None:
                later.append((each, goals))
                continue
            taken.remove(clash_key(each.relpath))
            taken.add(clash_key(new))
            done.append(Rename(each.file_id, each.relpath, new))
        if len(later) == len(waiting):
            return done
        waiting = later


def _folders(videos: list[Named], new_names: Mapping[int, str]) -> dict[str, str]:
    """Return which folders all videos left for one other; a show's own folder too."""
    goals: dict[str, set[str]] = defaultdict(set)
    for each in videos:
        old, new = each.relpath, new_names.get(each.file_id, each.relpath)
        while "/" in old and "/" in new:
            old, new = _folder(old), _folder(new)
            goals[old].add(new)
    return {
        old: new
        for old, found in goals.items()
        if len(found) == 1 and (new := next(iter(found))) != old
    }


def _goes_along(
    relpath: str, stems: Mapping[str, str], folders: Mapping[str, str]
) -> Sequence[str]:
    stem = _longest(relpath, stems)
    if stem:
        return (stems[stem] + relpath[len(stem) :],)
    folder, _, name = relpath.rpartition("/")
    return (f"{folders[folder]}/{name}",) if folder in folders else ()


def _longest(relpath: str, stems: Mapping[str, str]) -> str:
    """Return the video's stem that a side file's name begins with; empty: none."""
    end = len(relpath)
    while (end := relpath.rfind(".", 0, end)) > relpath.rfind("/"):
        if relpath[:end] in stems:
            return relpath[:end]
    return ""


def _stem(relpath: str) -> str:
    return relpath.rpartition(".")[0]


def _folder(relpath: str) -> str:
    return relpath.rpartition("/")[0]
