"""Filing what decisions claim: many new titles with few queries."""

from collections.abc import Sequence

from django.db import transaction

from library.facts import TitleFacts
from library.models import ExternalId, Item, Title
from library.services.artwork import note_remote
from library.services.deciding import Claim, Decision
from library.services.filing import file_title, make_key, title_values


def file_claims(decisions: Sequence[Decision]) -> None:
    """Give every decision that claims a title the title's id."""
    waiting = {id(each): each for each in decisions if each.claim and not each.title_id}
    plain = _choose_plain(list(waiting.values()))
    with transaction.atomic():
        _file_plain(plain)
        for each in waiting.values():
            if each.claim and each.title_id is None:
                each.title_id = _file_one(each.claim)


def _file_one(claim: Claim) -> int:
    title = file_title(
        facts=claim.facts, origin=claim.origin, instead_of=claim.instead_of
    )
    if claim.facts.is_whole:
        note_remote(title=title, facts=claim.facts, origin=claim.origin)
    return title.pk


def _key_of(claim: Claim) -> str:
    facts = claim.facts
    return claim.key or make_key(facts.kind, facts.ids, facts.name, facts.year)


def _choose_plain(decisions: list[Decision]) -> dict[str, list[Decision]]:
    """Return, by key, the claims of titles that are new and have no more than a row."""
    plain: dict[str, list[Decision]] = {}
    for each in decisions:
        claim = each.claim
        if claim and (claim.key or _is_light(claim)):
            plain.setdefault(_key_of(claim), []).append(each)
    claims = [some[0].claim for some in plain.values()]
    facts = [claim.facts for claim in claims if claim]
    taken = _taken_ids(facts)
    named = {make_key(each.kind, {}, each.name, each.year) for each in facts}
    known = set(
        Title.objects.filter(identity_key__in=named).values_list(
            "identity_key", flat=True
        )
    )
    return {
        key: some
        for key, some in plain.items()
        if (claim := some[0].claim)
        and (claim.key or not _is_known(claim.facts, taken, known))
    }


def _is_light(claim: Claim) -> bool:
    facts = claim.facts
    return (
        claim.instead_of is None
        and facts.kind == "MOVIE"
        and (not facts.is_whole or claim.origin == "name")
    )


def _taken_ids(facts: list[TitleFacts]) -> set[tuple[str, str, str]]:
    """Return which of the ids that these facts name belong to a title already."""
    values = {value for each in facts for value in each.ids.values()}
    rows = ExternalId.objects.filter(value__in=values, title__isnull=False)
    return set(rows.values_list("title__kind", "source", "value"))


def _is_known(
    facts: TitleFacts, taken: set[tuple[str, str, str]], known: set[str]
) -> bool:
    ids = {(facts.kind, source, value) for source, value in facts.ids.items()}
    return (
        bool(ids & taken) or make_key(facts.kind, {}, facts.name, facts.year) in known
    )


def _file_plain(plain: dict[str, list[Decision]]) -> None:
    """Make titles, ids and items in three statements; those that are there stay."""
    known = _find(plain)
    claims = {key: some[0].claim for key, some in plain.items() if key not in known}
    Title.objects.bulk_create(
        (
            Title(
                kind=claim.facts.kind,
                identity_key=key,
                **title_values(claim.facts, claim.origin),
            )
            for key, claim in claims.items()
            if claim
        ),
        ignore_conflicts=True,
    )
    found = known | _find(claims)
    ExternalId.objects.bulk_create(
        (
            ExternalId(title_id=found[key], source=source, value=value)
            for key, claim in claims.items()
            if claim and key in found
            for source, value in claim.facts.ids.items()
        ),
        ignore_conflicts=True,
    )
    Item.objects.bulk_create(
        (
            Item(title_id=found[key], runtime_minutes=claim.facts.runtime_minutes)
            for key, claim in claims.items()
            if claim and key in found
        ),
        ignore_conflicts=True,
    )
    for key, some in plain.items():
        for each in some:
            each.title_id = found.get(key)


def _find(
    keys: "dict[str, list[Decision]] | dict[str, Claim | None]",
) -> dict[str, int]:
    rows = Title.objects.filter(identity_key__in=list(keys))
    return dict(rows.values_list("identity_key", "pk"))
