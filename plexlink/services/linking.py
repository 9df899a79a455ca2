"""Files that came to us after Plex told of them: found again by their path."""

from django.db import transaction
from django.db.models import F, Q

from library.models import MediaFile
from library.services.merging import merge_titles
from plexlink.models import PlexItem, PlexLibrary, PlexPart
from plexlink.services.counting import Tally
from plexlink.services.locating import Locator
from plexlink.services.merging import link_files

CHUNK = 500
_SETTLED = (
    PlexItem.State.NORMAL,
    PlexItem.State.REMOTE_ONLY,
    PlexItem.State.UNAVAILABLE,
)


def link_new_files(*, library: PlexLibrary, locator: Locator, tally: Tally) -> int:
    """Tie our files to Plex's where a scan found them since; returns how many."""
    parts = PlexPart.objects.filter(
        plex_item__library=library, media_file__isnull=True
    ).exclude(local_path="")
    linked = 0
    last = 0
    while True:
        chunk = list(
            parts.filter(pk__gt=last)
            .order_by("pk")
            .values_list("pk", "local_path")[:CHUNK]
        )
        if not chunk:
            break
        last = chunk[-1][0]
        files = locator.find_files(path for _, path in chunk)
        found = [(pk, files[path]) for pk, path in chunk if path in files]
        linked += _link(found, library, tally)
    _follow_titles(library, tally)
    return linked


@transaction.atomic
def _link(
    found: list[tuple[int, MediaFile]], library: PlexLibrary, tally: Tally
) -> int:
    for pk, file in found:
        PlexPart.objects.filter(pk=pk).update(media_file=file)
        PlexItem.objects.filter(parts__pk=pk).listed().exclude(
            state=PlexItem.State.SCANNING
        ).update(state=PlexItem.State.NORMAL)
    tally.writes += len(found)
    if found:
        match_files(library=library, files=[file for _, file in found], tally=tally)
    return len(found)


def match_files(*, library: PlexLibrary, files: list[MediaFile], tally: Tally) -> None:
    """Say what these files are, by the items of Plex that have them."""
    rows = (
        PlexPart.objects.filter(
            media_file__in=files,
            plex_item__item__isnull=False,
            plex_item__title__isnull=False,
        )
        .order_by("plex_item__season_number", "plex_item__number", "pk")
        .values_list("media_file_id", "plex_item__title_id", "plex_item__item_id")
    )
    by_pk = {file.pk: file for file in files}
    links: dict[int, tuple[MediaFile, int, list[int], str]] = {}
    reason = f"Plex ({library.server.name}) has this very file"
    for file_id, title_id, item_id in rows:
        entry = links.setdefault(file_id, (by_pk[file_id], title_id, [], reason))
        entry[2].append(item_id)
    link_files(list(links.values()), tally)


def _follow_titles(library: PlexLibrary, tally: Tally) -> None:
    """Let titles of Plex's making become those that their files turned out to be."""
    apart = (
        PlexItem.objects.filter(library=library, title__facts_from="plex")
        .filter(
            parts__media_file__match_state=MediaFile.Match.MATCHED,
            parts__media_file__title__isnull=False,
        )
        .exclude(parts__media_file__title=F("title"))
        .filter(parts__media_file__title__kind=F("title__kind"))
        .select_related("title")
        .distinct()
    )
    for item in apart:
        file = (
            MediaFile.objects.filter(plex_parts__plex_item=item, title__isnull=False)
            .select_related("title")
            .first()
        )
        title = PlexItem.objects.get(pk=item.pk).title
        if file is None or file.title is None or title is None or title == file.title:
            continue
        if title.media_files.exists():
            continue
        with transaction.atomic():
            merge_titles(keep=file.title, drop=title)
        tally.writes += 1


def remap(*, library: PlexLibrary, locator: Locator, tally: Tally) -> int:
    """Look anew where a library's files are, after its rules changed; returns changes."""
    rows = PlexPart.objects.filter(plex_item__library=library).order_by("pk")
    changed = 0
    last = 0
    while True:
        chunk = list(rows.filter(pk__gt=last)[:CHUNK])
        if not chunk:
            break
        last = chunk[-1].pk
        changed += _remap(chunk, locator, library, tally)
    update_states(library=library, locator=locator, tally=tally)
    return changed


@transaction.atomic
def _remap(
    chunk: list[PlexPart], locator: Locator, library: PlexLibrary, tally: Tally
) -> int:
    paths = {part.pk: locator.locate(part.file) for part in chunk}
    files = locator.find_files(path for path in paths.values() if path)
    changed = []
    for part in chunk:
        file = files.get(paths[part.pk])
        now = (paths[part.pk], file.pk if file else None)
        if (part.local_path, part.media_file_id) != now:
            part.local_path, part.media_file_id = now
            changed.append(part)
    if changed:
        PlexPart.objects.bulk_update(
            changed, ["local_path", "media_file"], batch_size=200
        )
        tally.writes += len(changed)
        found = {part.media_file_id for part in changed if part.media_file_id}
        match_files(
            library=library,
            files=[file for file in files.values() if file.pk in found],
            tally=tally,
        )
    return len(changed)


def update_states(*, library: PlexLibrary, locator: Locator, tally: Tally) -> None:
    """Look anew which items' files are here; writes only a change."""
    items = PlexItem.objects.filter(library=library, state__in=_SETTLED)
    last = 0
    while True:
        chunk = items.filter(pk__gt=last).order_by("pk")
        states = dict(chunk.values_list("pk", "state")[:CHUNK])
        if not states:
            break
        last = max(states)
        _update_states(states, locator, tally)


def _update_states(states: dict[int, str], locator: Locator, tally: Tally) -> None:
    parts = PlexPart.objects.filter(plex_item__in=list(states))
    found: dict[int, set[str]] = {}
    for part in parts.select_related("media_file"):
        state = locator.state_of(part.local_path, part.media_file)
        found.setdefault(part.plex_item_id, set()).add(state)
    for wanted in _SETTLED:
        due = [
            pk
            for pk, each in found.items()
            if _worst(each) == wanted and states[pk] != wanted
        ]
        if due:
            tally.writes += PlexItem.objects.filter(pk__in=due).update(state=wanted)


def _worst(states: set[str]) -> str:
    """Return the state of an item by its files': here once any version is."""
    for state in (PlexItem.State.NORMAL, PlexItem.State.UNAVAILABLE):
        if state in states:
            return state
    return PlexItem.State.REMOTE_ONLY


def count_unlinked(library: PlexLibrary) -> int:
    """Return how many files of a library are here, but in no library folder."""
    return (
        PlexPart.objects.filter(plex_item__library=library, media_file__isnull=True)
        .filter(~Q(local_path=""), plex_item__state=PlexItem.State.NORMAL)
        .count()
    )
