"""Collections and labels: taken over, and taken away when Plex no longer has them."""

from collections.abc import Iterable, Mapping

from django.db import transaction
from django.utils import timezone

from library.models import Collection, Title
from plexlink.answers import Row, flag_of, tags_of, text_of
from plexlink.client import PlexClient
from plexlink.models import PlexItem, PlexLibrary, PlexTag
from plexlink.services.counting import Tally


def sync_collections(
    *, library: PlexLibrary, client: PlexClient, tally: Tally, deep: bool
) -> None:
    """Bring a library's collections in line; asks only for those that changed."""
    rows = client.collections(library.key)
    kind = PlexTag.Kind.COLLECTION
    known = {row.rating_key: row for row in library.tags.filter(kind=kind)}
    for row in rows:
        key, name = text_of(row, "ratingKey", most=50), text_of(row, "title", most=300)
        if not key or not name:
            continue
        tag = known.pop(key, None)
        etag = _etag(row)
        if tag is not None and tag.etag == etag and not deep:
            continue
        members = client.collection_items(key)
        _store(
            library, tag, row, etag, [text_of(m, "ratingKey") for m in members], tally
        )
    for tag in known.values():
        _drop(tag, tally)


def _etag(row: Row) -> str:
    parts = [text_of(row, name) for name in ("title", "updatedAt", "childCount")]
    return "|".join([*parts, str(int(flag_of(row, "smart")))])[:32]


@transaction.atomic
def _store(  # noqa: PLR0917 - one row of Plex and what is known of it
    library: PlexLibrary,
    tag: PlexTag | None,
    row: Row,
    etag: str,
    keys: list[str],
    tally: Tally,
) -> None:
    name = text_of(row, "title", most=300)
    if tag is not None and tag.name != name:
        _drop(tag, tally)
        tag = None
    if tag is None:
        tag = PlexTag.objects.create(
            library=library,
            kind=PlexTag.Kind.COLLECTION,
            name=name,
            rating_key=text_of(row, "ratingKey", most=50),
        )
        tally.writes += 1
    wanted = _titles_of(library, keys)
    collection, _ = Collection.objects.get_or_create(name=name)
    have = set(tag.titles.values_list("pk", flat=True))
    tag.titles.set(wanted)
    collection.titles.add(*(wanted - have))
    _take_from(collection, have - wanted)
    tally.writes += len(wanted ^ have)
    if tag.etag != etag:
        PlexTag.objects.filter(pk=tag.pk).update(
            etag=etag, is_smart=flag_of(row, "smart"), seen_at=timezone.now()
        )


def _titles_of(library: PlexLibrary, keys: Iterable[str]) -> set[int]:
    rows = PlexItem.objects.filter(
        server_id=library.server_id, rating_key__in=list(keys), title__isnull=False
    )
    return set(rows.values_list("title_id", flat=True))


def _take_from(collection: Collection, title_ids: set[int]) -> None:
    """Take titles out of a collection, but for those that another library keeps in it."""
    if not title_ids:
        return
    kept = set(
        Title.objects.filter(
            pk__in=title_ids,
            plex_tags__kind=PlexTag.Kind.COLLECTION,
            plex_tags__name=collection.name,
        ).values_list("pk", flat=True)
    )
    collection.titles.remove(*(title_ids - kept))


@transaction.atomic
def _drop(tag: PlexTag, tally: Tally) -> None:
    have = set(tag.titles.values_list("pk", flat=True))
    kind, name = tag.kind, tag.name
    tag.delete()
    tally.writes += 1 + len(have)
    if kind != PlexTag.Kind.COLLECTION:
        return
    collection = Collection.objects.filter(name=name).first()
    if collection is not None:
        _take_from(collection, have)
        if not collection.titles.exists():
            collection.delete()


def store_labels(library: PlexLibrary, rows: Mapping[int, Row], tally: Tally) -> None:
    """Bring the labels of these titles in line: `rows` are their details by title."""
    wanted = {(pk, name) for pk, row in rows.items() for name in tags_of(row, "Label")}
    tags = {
        tag.name: tag
        for tag in library.tags.filter(kind=PlexTag.Kind.LABEL, rating_key="")
    }
    through = PlexTag.titles.through
    known = set(
        through.objects.filter(
            plextag__library=library,
            plextag__kind=PlexTag.Kind.LABEL,
            title_id__in=list(rows),
        ).values_list("title_id", "plextag__name")
    )
    for pk, name in sorted(wanted - known):
        if name not in tags:
            tags[name] = PlexTag.objects.create(
                library=library, kind=PlexTag.Kind.LABEL, name=name
            )
        tags[name].titles.add(pk)
    for pk, name in sorted(known - wanted):
        tags[name].titles.remove(pk)
    tally.writes += len(wanted ^ known)
