"""A person's word on what a file is: final, whatever scans and look-ups say later."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from drivearr.lib.errors import Refused
from library.metadata.references import Reference, read_reference
from library.metadata.source import Candidate, Source, SourceLacks, SourceTrouble
from library.models import Item, MediaFile, Title
from library.naming import ParsedName, parse
from library.services.artwork import note_remote
from library.services.filing import file_title
from library.services.linking import Numbers, find_items, link_items
from library.services.merging import drop_if_unused
from library.services.sourcing import find_by_name, find_sources

LOCAL_MOST = 20


class ChoiceRefused(Refused):
    """A person's choice cannot be carried out."""

    code = "CHOICE_REFUSED"
    advice = gettext_noop("Choose again.")


def search_candidates(
    *, query: str, kind: str, year: int | None = None
) -> list[Candidate]:
    """Return titles a person may choose from: our own first, then the source's.

    Raises: SourceTrouble when the source fails and we have none of our own.
    """
    local = _search_local(query, kind, year)
    sources = find_sources()
    if not sources or not query.strip() or kind == Title.Kind.OTHER:
        return local
    found: list[Candidate] = []
    trouble: SourceTrouble | None = None
    for source in sources:
        try:
            found += _search_source(source, query.strip()[:200], kind, year)
        except SourceTrouble as error:
            trouble = error
    if trouble and not found and not local:
        raise trouble
    return _without_doubles([*local, *found])


def _search_source(
    source: Source, query: str, kind: str, year: int | None
) -> list[Candidate]:
    """Search one source: for an id or an address if that is what was typed."""
    told = read_reference(query)
    if told:
        return _look_up(source, kind, told)
    found = source.search(kind=kind, query=query, year=year)
    if not found and year is not None:
        found = source.search(kind=kind, query=query)
    return list(found)


def _look_up(source: Source, kind: str, told: Reference) -> list[Candidate]:
    kind = told.kind or kind
    try:
        if told.catalogue == source.name:
            return [Candidate.of(source.name, source.fetch(kind=kind, id=told.value))]
        if told.catalogue in source.finds:
            where = {"kind": kind, "catalogue": told.catalogue, "value": told.value}
            return list(source.find(**where))
    except SourceLacks:
        return []
    return []


def _without_doubles(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return the candidates without those that an earlier one is known to be."""
    seen: set[tuple[str, str, str]] = set()
    kept = []
    for each in candidates:
        ids = {(each.kind, *pair) for pair in each.all_ids.items()}
        if not ids & seen or not ids:
            kept.append(each)
        seen |= ids
    return kept


def _search_local(query: str, kind: str, year: int | None) -> list[Candidate]:
    rows = Title.objects.of_kind(kind).matching(query[:200]).by_name()
    if year is not None:
        rows = rows.filter(year__range=(year - 1, year + 1))
    return [
        Candidate(
            source="library",
            id=str(row.pk),
            kind=row.kind,
            name=row.name,
            original_name=row.original_name,
            year=row.year,
            overview=row.overview,
            ids=tuple((each.source, each.value) for each in row.external_ids.all()),
        )
        for row in rows.prefetch_related("external_ids")[:LOCAL_MOST]
    ]


def choose_match(
    *,
    files: Sequence[MediaFile],
    candidate: Candidate,
    season: int | None = None,
    episodes: Sequence[int] = (),
    by: object,
) -> Title:
    """Say that these files are this candidate; which episodes, their names may tell.

    Raises:
        ChoiceRefused: the candidate is a title of ours that is gone.

    """
    title = make_title(candidate, files[0].title if len(files) == 1 else None)
    choose_title(files=files, title=title, season=season, episodes=episodes, by=by)
    return title


def make_title(candidate: Candidate, instead_of: Title | None = None) -> Title:
    """Return the title that a candidate is, with all that its source tells of it.

    Raises:
        ChoiceRefused: a title of ours that is gone.

    """
    if candidate.source == "library":
        number = int(candidate.id) if candidate.id.isdigit() else 0
        title = Title.objects.filter(pk=number).first()
        if title is None:
            raise ChoiceRefused(gettext("That title is not in the library any more."))
        return title
    source = find_by_name(find_sources(), candidate.source)
    if source is not None:
        try:
            facts = source.fetch(kind=candidate.kind, id=candidate.id)
        except SourceTrouble:
            # The person has decided; the rest is fetched when the source is back.
            pass
        else:
            title = file_title(facts=facts, origin=source.name, instead_of=instead_of)
            note_remote(title=title, facts=facts, origin=source.name)
            return title
    return file_title(
        facts=candidate.as_facts(), origin=candidate.source, instead_of=instead_of
    )


def choose_title(
    *,
    files: Sequence[MediaFile],
    title: Title,
    season: int | None = None,
    episodes: Sequence[int] = (),
    by: object,
) -> None:
    """Say that these files are this title, and which episodes if the names do not tell.

    Raises:
        ChoiceRefused: a show, and nothing says which episode a file is.

    """
    chosen = Numbers(season, tuple(episodes)) if episodes else None
    work = [(file, parse(file.relpath, file.root.kind)) for file in files]
    numbers = [chosen or _numbers_of(file, parsed) for file, parsed in work]
    if title.kind == Title.Kind.SHOW:
        for (file, _), each in zip(work, numbers, strict=True):
            if each.is_empty:
                raise ChoiceRefused(
                    gettext("Nothing says which episode {relpath} is.").format(
                        relpath=file.relpath
                    ),
                    advice=gettext("Give season and episode."),
                )
    for (file, parsed), each in zip(work, numbers, strict=True):
        items = find_items(title=title, numbers=each)
        _choose(file, parsed, title, items, by)


def _numbers_of(file: MediaFile, parsed: ParsedName) -> Numbers:
    """Return the numbers that the name says, else those of the episodes it holds now."""
    told = Numbers.of(parsed)
    if not told.is_empty:
        return told
    held = file.items.filter(season__isnull=False).order_by("mediafileitem__position")
    pairs = list(held.values_list("season__number", "number"))
    return Numbers(pairs[0][0], tuple(n for _, n in pairs if n)) if pairs else told


@transaction.atomic
def _choose(
    file: MediaFile, parsed: ParsedName, title: Title, items: list[Item], by: object
) -> None:
    was = file.title_id
    _write(
        file,
        title=title,
        state=MediaFile.Match.MATCHED,
        score=1.0,
        reason=f"chosen by {by}" if by else "chosen by a person",
        matched_by=MediaFile.MatchedBy.PERSON,
        resolution=(parsed.resolution or "")[:20],
        edition=(parsed.edition or "")[:100],
        part=parsed.part,
    )
    link_items(file=file, items=items)
    if was is not None and was != title.pk:
        drop_if_unused(title_id=was)


def ignore_files(*, files: Sequence[MediaFile], by: object) -> None:
    """Say that these files are nothing to watch; they keep out of the catalogue."""
    for file in files:
        was = file.title_id
        with transaction.atomic():
            _write(
                file,
                title=None,
                state=MediaFile.Match.IGNORED,
                score=None,
                reason=f"ignored by {by}" if by else "ignored by a person",
                matched_by=MediaFile.MatchedBy.PERSON,
            )
            link_items(file=file, items=[])
            if was is not None:
                drop_if_unused(title_id=was)


def release_match(*, files: Sequence[MediaFile], by: object) -> None:  # noqa: ARG001
    """Take a person's word back: the next identifying decides these files anew."""
    for file in files:
        was = file.title_id
        with transaction.atomic():
            _write(
                file,
                title=None,
                state=MediaFile.Match.PENDING,
                score=None,
                reason="",
                matched_by="",
            )
            link_items(file=file, items=[])
            if was is not None:
                drop_if_unused(title_id=was)


def _write(
    file: MediaFile,
    *,
    title: Title | None,
    state: str,
    score: float | None,
    reason: str,
    matched_by: str,
    **more: Any,
) -> None:
    MediaFile.objects.filter(pk=file.pk).update(
        title=title,
        match_state=state,
        match_score=score,
        match_reason=reason,
        matched_by=matched_by,
        matched_at=timezone.now(),
        **more,
    )
    file.refresh_from_db()
