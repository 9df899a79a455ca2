"""Writing what was decided: many files with few statements, never over a person's word."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from library.models import Item, MediaFile, Title
from library.naming import ParsedName
from library.naming.readers import kept_name
from library.services.deciding import MEANWHILE, Decision
from library.services.gathering import Surroundings
from library.services.linking import ItemFinder, Numbers, link_files
from library.services.merging import drop_if_unused

_WRITTEN = (
    "parsed",
    "resolution",
    "edition",
    "part",
    "title",
    "match_state",
    "match_score",
    "match_reason",
    "match_evidence",
    "match_candidates",
    "matched_by",
    "matched_at",
)


def apply_decisions(
    named: Sequence[tuple[MediaFile, ParsedName]],
    decisions: Sequence[Decision],
    surroundings: Surroundings,
) -> list[str]:
    """Write what was decided, unless a person was faster; return the files' states."""
    titles = Title.objects.in_bulk(
        {each.title_id for each in decisions if each.title_id}
    )
    finder = ItemFinder(titles.values())
    told = [
        (titles.get(decision.title_id or 0), _read_numbers(file, parsed, surroundings))
        for (file, parsed), decision in zip(named, decisions, strict=True)
    ]
    finder.make_missing((title, numbers) for title, numbers in told if title)
    changed: list[MediaFile] = []
    items: dict[int, list[Item]] = {}
    former: dict[int, int] = {}
    states: list[str] = []
    for (file, parsed), decision, (title, numbers) in zip(
        named, decisions, told, strict=True
    ):
        if file.title_id and (title is None or file.title_id != title.pk):
            former[file.pk] = file.title_id
        is_kept = not _fill(file, parsed, decision, title, numbers)
        states.append(file.match_state)
        changed.append(file)
        if is_kept:
            former.pop(file.pk, None)
            continue
        has_items = title and file.title_id
        items[file.pk] = finder.find(title, numbers) if title and has_items else []
    with transaction.atomic():
        ours = _write(changed)
        link_files({pk: some for pk, some in items.items() if pk in ours})
        for pk, title_id in former.items():
            if pk in ours:
                drop_if_unused(title_id=title_id)
    return states


def _read_numbers(
    file: MediaFile, parsed: ParsedName, surroundings: Surroundings
) -> Numbers:
    nfo = surroundings.read_own_nfo(file)
    return Numbers.of(parsed, nfo.episodes if nfo else ())


def _fill(
    file: MediaFile,
    parsed: ParsedName,
    decision: Decision,
    title: Title | None,
    numbers: Numbers,
) -> bool:
    """Fill the row with the decision; False: what the file was taken for stands."""
    state, reason = decision.state, decision.reason
    if title and title.kind == Title.Kind.SHOW and numbers.is_empty:
        # The show is known, the episode is not: a person has to say.
        state, reason = "UNMATCHED", f"no episode number: {parsed.reason}"
        title = None
    file.parsed = kept_name(parsed)
    if state != "MATCHED" and _keeps_its_title(file):
        return False
    file.resolution = (parsed.resolution or "")[:20]
    file.edition = (parsed.edition or "")[:100]
    file.part = parsed.part
    file.title = title
    file.match_state = state
    file.match_score = decision.score
    file.match_reason = reason
    file.match_evidence = decision.evidence_json()
    file.match_candidates = decision.candidates_json()
    file.matched_by = MediaFile.MatchedBy.AUTO if state == "MATCHED" else ""
    file.matched_at = timezone.now()
    return True


def _keeps_its_title(file: MediaFile) -> bool:
    """Whether a match by name stands although the source knows nothing better."""
    if file.match_state != MediaFile.Match.MATCHED or MEANWHILE in file.match_reason:
        return False
    return bool(file.title and file.title.facts_from == "name")


def _write(files: list[MediaFile]) -> set[int]:
    """Write the rows that are still automation's; return which those are.

    Call within a transaction: between the look and the writing nobody comes.
    """
    by_person = Q(matched_by=MediaFile.MatchedBy.PERSON)
    rows = MediaFile.objects.filter(pk__in=[file.pk for file in files])
    rows = rows.exclude(by_person).exclude(match_state=MediaFile.Match.IGNORED)
    ours = set(rows.select_for_update().order_by("pk").values_list("pk", flat=True))
    # An upsert of rows that are known to be there: far faster than a bulk update.
    MediaFile.objects.bulk_create(
        [file for file in files if file.pk in ours],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=list(_WRITTEN),
    )
    return ours
