"""A person's word on what a file is: final, whatever scans and look-ups say later."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from drivearr.lib.errors import Refused
from library.metadata.references import Reference, read_reference
from library.metadata.source import Candidate, Source, SourceLacks, SourceTrouble
from library.models import MediaFile, Title
from library.naming import ParsedName, parse
from library.services.artwork import note_remote
from library.services.filing import file_title
from library.services.linking import (
    ItemFinder,
    Numbers,
    link_files,
    settle_numbers,
)
from library.services.merging import drop_if_unused
from library.services.sourcing import find_by_name, find_sources

LOCAL_MOST = 20
BATCH_FILES = 500


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
) -> int:
    """Say that these files are this title, and which episodes if the names do not tell.

    Of many files, those that nothing says the episode of are left as they are; returns
    how many. However many there are, it takes about a dozen statements for each
    `BATCH_FILES`.

    Raises:
        ChoiceRefused: a show, and of none of the files anything says the episode.

    """
    chosen = Numbers(season, tuple(episodes)) if episodes else None
    finder = ItemFinder([title])
    left = []
    for some in _in_batches(files):
        work = [_read(file, title, chosen) for file in some]
        left += [each for each in work if each.is_mute]
        _choose(title, [each for each in work if not each.is_mute], finder, by)
    if left and len(left) == len(files):
        raise ChoiceRefused(
            gettext("Nothing says which episode {relpath} is.").format(
                relpath=left[0].file.relpath
            ),
            advice=gettext("Give season and episode."),
        )
    return len(left)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """A file that is to be a title, and which episodes of it."""

    file: MediaFile
    parsed: ParsedName
    numbers: Numbers
    is_mute: bool
    """Nothing says which episode it is."""

    @property
    def release(self) -> dict[str, Any]:
        """What of its name is written with the file."""
        return {
            "resolution": (self.parsed.resolution or "")[:20],
            "edition": (self.parsed.edition or "")[:100],
            "part": self.parsed.part,
        }


def _read(file: MediaFile, title: Title, chosen: Numbers | None) -> _Chosen:
    parsed = parse(file.relpath, file.root.kind)
    numbers = chosen or settle_numbers(title, _numbers_of(file, parsed))
    is_mute = title.kind == Title.Kind.SHOW and numbers.is_empty
    return _Chosen(file, parsed, numbers, is_mute)


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
    title: Title, work: Sequence[_Chosen], finder: ItemFinder, by: object
) -> None:
    finder.make_missing((title, each.numbers) for each in work)
    items = {each.file.pk: finder.find(title, each.numbers) for each in work}
    alike: dict[str, list[_Chosen]] = {}
    for each in work:
        alike.setdefault(repr(each.release), []).append(each)
    for some in alike.values():
        _write(
            [each.file for each in some],
            title=title,
            state=MediaFile.Match.MATCHED,
            score=1.0,
            reason=f"chosen by {by}" if by else "chosen by a person",
            matched_by=MediaFile.MatchedBy.PERSON,
            **some[0].release,
        )
    link_files(items)
    _drop_unused({each.file.title_id for each in work} - {title.pk})
    _refresh([each.file for each in work])


def ignore_files(*, files: Sequence[MediaFile], by: object) -> None:
    """Say that these files are nothing to watch; they keep out of the catalogue."""
    for some in _in_batches(files):
        _let_go(
            some,
            state=MediaFile.Match.IGNORED,
            reason=f"ignored by {by}" if by else "ignored by a person",
            matched_by=MediaFile.MatchedBy.PERSON,
        )


def release_match(*, files: Sequence[MediaFile], by: object) -> None:  # noqa: ARG001
    """Take a person's word back: the next identifying decides these files anew."""
    for some in _in_batches(files):
        _let_go(some, state=MediaFile.Match.PENDING, reason="", matched_by="")


@transaction.atomic
def _let_go(
    files: Sequence[MediaFile], *, state: str, reason: str, matched_by: str
) -> None:
    _write(
        files, title=None, state=state, score=None, reason=reason, matched_by=matched_by
    )
    link_files({file.pk: () for file in files})
    _drop_unused({file.title_id for file in files})
    _refresh(files)


def _refresh(files: Sequence[MediaFile]) -> None:
    """Let rows in hand say what was written; one query."""
    rows = MediaFile.objects.in_bulk([file.pk for file in files])
    for file in files:
        for field in MediaFile._meta.concrete_fields:  # noqa: SLF001 - Django's own name
            setattr(file, field.attname, getattr(rows[file.pk], field.attname))


def _in_batches(files: Sequence[MediaFile]) -> Iterator[Sequence[MediaFile]]:
    for start in range(0, len(files), BATCH_FILES):
        yield files[start : start + BATCH_FILES]


def _drop_unused(title_ids: Iterable[int | None]) -> None:
    for pk in title_ids:
        if pk is not None:
            drop_if_unused(title_id=pk)


def _write(
    files: Sequence[MediaFile],
    *,
    title: Title | None,
    state: str,
    score: float | None,
    reason: str,
    matched_by: str,
    **more: Any,
) -> None:
    MediaFile.objects.filter(pk__in=[file.pk for file in files]).update(
        title=title,
        match_state=state,
        match_score=score,
        match_reason=reason,
        matched_by=matched_by,
        matched_at=timezone.now(),
        **more,
    )
