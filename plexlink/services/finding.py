"""Which title of the catalogue something at Plex is: by file, by ids, by name and year."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from library.facts import TitleFacts
from library.models import ExternalId, MediaFile, Title
from library.services.filing import make_key, make_sort_name


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is sought."""

    facts: TitleFacts
    own: Title | None
    """The title it was taken for until now."""
    files: tuple[MediaFile, ...] = ()
    """Our files that it has."""


@dataclass(frozen=True, slots=True)
class Found:
    """A title, and why it is this one; `others` are the same without knowing."""

    title: Title | None
    reason: str
    others: tuple[Title, ...] = ()


def find_titles(wanted: Sequence[Wanted]) -> list[Found]:
    """Find the title of each; a fixed number of queries, however many are sought."""
    by_id = _titles_by_id(wanted)
    by_name = _titles_by_name(wanted)
    ids = _ids_of(
        {each.pk for rows in (*by_id.values(), *by_name.values()) for each in rows}
    )
    return [_choose(each, by_id, by_name, ids) for each in wanted]


def _choose(
    wanted: Wanted,
    by_id: dict[tuple[str, str, str], list[Title]],
    by_name: dict[tuple[str, str], list[Title]],
    ids: dict[int, dict[str, str]],
) -> Found:
    facts = wanted.facts
    known = [
        title
        for source, value in facts.ids.items()
        for title in by_id.get((facts.kind, source, value), ())
        if not _contradicts(ids.get(title.pk, {}), facts)
    ]
    own_file = _by_file(wanted)
    if own_file is not None:
        # A title that its name alone spoke of is the one that the ids know.
        weak = own_file.facts_from == "name" or ":name:" in own_file.identity_key
        same = [t for t in known if t.pk != own_file.pk] if weak else []
        if same and not _is_persons(wanted):
            return Found(same[0], "same file, same ids", (own_file,))
        return Found(own_file, "same file")
    if known:
        others = (wanted.own,) if wanted.own and wanted.own.pk != known[0].pk else ()
        return Found(known[0], "same ids", _absorbable(others, facts, ids))
    if wanted.own is not None:
        return Found(wanted.own, "known from before")
    named = [
        title
        for title in by_name.get((facts.kind, make_sort_name(facts.name)[:500]), ())
        if title.year == facts.year and facts.kind != "OTHER"
        if not _contradicts(ids.get(title.pk, {}), facts)
    ]
    if len(named) == 1:
        return Found(named[0], "same name and year")
    return Found(None, "known to Plex alone")


def _absorbable(
    titles: Iterable[Title], facts: TitleFacts, ids: dict[int, dict[str, str]]
) -> tuple[Title, ...]:
    """Return those of our making that would otherwise stay behind empty."""
    return tuple(
        title
        for title in titles
        if title.facts_from == "plex"
        and not _contradicts(ids.get(title.pk, {}), facts)
        and not title.media_files.exists()
    )


def _by_file(wanted: Wanted) -> Title | None:
    kind = wanted.facts.kind
    for file in wanted.files:
        if (
            file.title is not None
            and file.match_state == MediaFile.Match.MATCHED
            and file.title.kind == kind
        ):
            return file.title
    return None


def _is_persons(wanted: Wanted) -> bool:
    return any(file.matched_by == MediaFile.MatchedBy.PERSON for file in wanted.files)


def _titles_by_id(wanted: Sequence[Wanted]) -> dict[tuple[str, str, str], list[Title]]:
    values = {value for each in wanted for value in each.facts.ids.values()}
    found: dict[tuple[str, str, str], list[Title]] = defaultdict(list)
    if not values:
        return found
    rows = ExternalId.objects.filter(value__in=values, title__isnull=False)
    for row in rows.select_related("title").order_by("title_id"):
        if row.title is not None:
            found[row.title.kind, row.source, row.value].append(row.title)
    return found


def _titles_by_name(wanted: Sequence[Wanted]) -> dict[tuple[str, str], list[Title]]:
    names = {make_sort_name(each.facts.name)[:500] for each in wanted}
    keys = {
        make_key(each.facts.kind, {}, each.facts.name, each.facts.year)
        for each in wanted
    }
    found: dict[tuple[str, str], list[Title]] = defaultdict(list)
    for title in Title.objects.filter(sort_name__in=names).order_by("pk"):
        found[title.kind, title.sort_name].append(title)
    # A title that got another name since still goes by its key.
    for title in Title.objects.filter(identity_key__in=keys).order_by("pk"):
        name = title.identity_key.split(":")[2]
        key = (title.kind, make_sort_name(name)[:500])
        if title not in found[key]:
            found[key].append(title)
    return found


def _ids_of(title_ids: set[int]) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = defaultdict(dict)
    rows = ExternalId.objects.filter(title__in=title_ids)
    for title_id, source, value in rows.values_list("title_id", "source", "value"):
        found[title_id or 0][source] = value
    return found


def _contradicts(known: dict[str, str], facts: TitleFacts) -> bool:
    return any(known.get(source, value) != value for source, value in facts.ids.items())
