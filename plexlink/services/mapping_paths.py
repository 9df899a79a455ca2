"""Path rules of a server: kept, guessed, tried out before they are kept."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext, gettext_noop

from drivearr.lib.errors import Refused
from library.models import MediaFile, Root
from plexlink.mapping import Mapper, Rule, Suggestion, is_windows, split_path, suggest
from plexlink.models import PathMapping, PlexItem, PlexLibrary, PlexPart, PlexServer
from plexlink.services.counting import Tally
from plexlink.services.linking import remap
from plexlink.services.locating import Locator
from plexlink.services.tying import start_tie

EXAMPLES_SHOWN = 5
PREVIEW_MOST = 20_000


class MappingRefused(Refused):
    """A rule cannot be kept as it is."""

    code = "MAPPING_REFUSED"
    advice = gettext_noop(
        "Write first the folder as Plex names it, then the same folder here."
    )


@dataclass(frozen=True, slots=True)
class Preview:
    """What rules would do, before they are kept."""

    files: int
    """Files the server has, as far as they were looked at."""
    mapped: int
    exist: int
    missing: int
    unmapped: int
    examples: tuple[tuple[str, str, bool], ...]
    """Path of the server, path here, whether it is there."""
    unmapped_examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PathTest:
    """Where one path of the server is here."""

    path: str
    local_path: str
    exists: bool
    in_root: str
    """The library folder it is in; empty: in none."""


def add_mapping(*, server: PlexServer, plex_path: str, local_path: str) -> PathMapping:
    """Keep a rule, or change the one for that folder, and look where files are now.

    Raises:
        MappingRefused: no absolute paths, or something that is no folder.

    """
    rule = check_rule(plex_path, local_path)
    with transaction.atomic():
        try:
            row, _ = PathMapping.objects.update_or_create(
                server=server,
                plex_path=rule.plex_path,
                defaults={"local_path": rule.local_path},
            )
        except IntegrityError as error:
            raise MappingRefused(gettext("The rule cannot be kept.")) from error
    apply_rules(server=server)
    return row


def check_rule(plex_path: str, local_path: str) -> Rule:
    """Return a rule as it is kept; see `add_mapping`."""
    theirs, ours = plex_path.strip(), local_path.strip()
    if not theirs or "\0" in theirs or not split_path(theirs):
        raise MappingRefused(gettext("The folder as Plex names it is missing."))
    if not theirs.startswith("/") and not is_windows(theirs):
        raise MappingRefused(
            gettext("{theirs!r} is no whole path of a server.").format(theirs=theirs)
        )
    if not ours.startswith("/") or "\0" in ours or len(ours) > 1000:  # noqa: PLR2004 - as stored
        raise MappingRefused(
            gettext("{ours!r} is no absolute path here.").format(ours=ours)
        )
    if any(part in {".", ".."} for part in (*split_path(theirs), *split_path(ours))):
        raise MappingRefused(gettext("A path with dots for folders is not kept."))
    theirs = theirs if len(theirs) <= 3 else theirs.rstrip("/\\")  # noqa: PLR2004 - `D:\`
    return Rule(theirs[:1000], ours.rstrip("/") or "/")


def remove_mapping(*, mapping: PathMapping) -> None:
    """Let go of a rule and look where files are now."""
    server = mapping.server
    mapping.delete()
    apply_rules(server=server)


def apply_rules(*, server: PlexServer) -> int:
    """Look anew where the files of a server are; returns how many changed."""
    locator, tally = Locator(server), Tally()
    changed = sum(
        remap(library=library, locator=locator, tally=tally)
        for library in server.libraries.select_related("server").in_order()
    )
    # Which of them are there takes a look at the disk for each.
    start_tie(server_id=server.pk)
    return changed


def preview(*, server: PlexServer, rules: list[Rule] | None = None) -> Preview:
    """Say what the kept rules, or these instead, lead to; looks at the disk."""
    mapper = Mapper(
        kept_rules(server) if rules is None else rules, folds_case=server.folds_case
    )
    counts: Counter[str] = Counter()
    examples: list[tuple[str, str, bool]] = []
    unmapped: list[str] = []
    for file in _files_of(server):
        counts["files"] += 1
        local = mapper.find(file)
        if local is None:
            counts["unmapped"] += 1
            unmapped += [file] if len(unmapped) < EXAMPLES_SHOWN else []
            continue
        is_there = Path(local).exists()
        counts["mapped"] += 1
        counts["exist" if is_there else "missing"] += 1
        wanted = sum(shown[2] is is_there for shown in examples) < EXAMPLES_SHOWN
        examples += [(file, local, is_there)] if wanted else []
    return Preview(
        counts["files"],
        counts["mapped"],
        counts["exist"],
        counts["missing"],
        counts["unmapped"],
        tuple(examples),
        tuple(unmapped),
    )


def count_kept(*, server: PlexServer) -> Preview:
    """Say what the kept rules led to when it was last looked; asks no disk."""
    parts = _parts_of(server)
    mapped = parts.exclude(local_path="")
    exist = mapped.filter(plex_item__state=PlexItem.State.NORMAL).count()
    files, reached = parts.count(), mapped.count()
    unmapped = parts.filter(local_path="").order_by("pk")[:EXAMPLES_SHOWN]
    return Preview(
        files,
        reached,
        exist,
        reached - exist,
        files - reached,
        (),
        tuple(unmapped.values_list("file", flat=True)),
    )


def _parts_of(server: PlexServer) -> QuerySet[PlexPart]:
    """Return the files of a server, without those of what it does not list any more."""
    gone = PlexItem.State.FILE_NOT_FOUND
    return PlexPart.objects.filter(plex_item__server=server).exclude(
        plex_item__state=gone
    )


def _files_of(server: PlexServer) -> list[str]:
    """Return files of a server; before the first sync, the folders of its libraries."""
    parts = _parts_of(server).order_by("pk")
    files = list(parts.values_list("file", flat=True)[:PREVIEW_MOST])
    return files or folders_of(server)


def folders_of(server: PlexServer) -> list[str]:
    """Return the folders of a server's libraries, as it names them."""
    libraries = PlexLibrary.objects.filter(server=server, gone_since__isnull=True)
    folders = [folder for each in libraries.in_order() for folder in each.locations]
    return list(dict.fromkeys(folders))


def kept_rules(server: PlexServer) -> list[Rule]:
    """Return the rules of a server."""
    rows = server.mappings.order_by("plex_path", "pk")
    return [Rule(row.plex_path, row.local_path) for row in rows]


def try_path(*, server: PlexServer, path: str) -> PathTest:
    """Say where one path of the server is here, and whether it is there."""
    locator = Locator(server)
    local = locator.locate(path.strip())
    place = locator.root_of(local) if local else None
    root = Root.objects.filter(pk=place[0]).first() if place else None
    return PathTest(
        path, local, bool(local) and Path(local).exists(), root.path if root else ""
    )


def suggest_mappings(*, server: PlexServer) -> list[Suggestion]:
    """Guess rules by comparing Plex's paths with our files; else with our folders."""
    ours = MediaFile.objects.present().order_by("pk")
    pairs = ours.values_list("root__path", "relpath")
    mapper = Mapper(kept_rules(server), folds_case=server.folds_case)
    files = [file for file in _files_of(server) if mapper.find(file) is None]
    if not files:
        return []
    found = suggest(files, pairs.iterator(chunk_size=2000))
    return found or _by_folder_name(server, mapper)


def _by_folder_name(server: PlexServer, mapper: Mapper) -> list[Suggestion]:
    """Guess by the last part of folders: `/data/Movies` may be `/srv/movies`."""
    roots: dict[str, Any] = {}
    for each in Root.objects.in_order():
        roots.setdefault(each.folder.name.casefold(), each)
    found = []
    for folder in folders_of(server):
        root = (
            roots.get(split_path(folder)[-1].casefold()) if split_path(folder) else None
        )
        if root is not None and mapper.find(folder) is None and root.path != folder:
            rule = Rule(folder, root.path)
            found.append(Suggestion(rule, 0, (folder, root.path)))
    return found
