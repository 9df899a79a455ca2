"""What may have been meant by a search that found nothing."""

from dataclasses import dataclass

from django.db.models import Q
from rapidfuzz import fuzz

from library.models import Title
from library.models.title import TitleQuerySet, fold

MOST = 5
WEIGHED_MOST = 50
LOOKED_AT_MOST = 5000
WORD_LEAST = 62.0
"""Percent; a word less like one of the title's was not meant by it."""
BEGINNING, ENDING = 2, 3
"""Letters of a word that a typing error mostly leaves as they are."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A title that was perhaps looked for."""

    pk: int
    label: str


def suggest(query: str, titles: TitleQuerySet) -> tuple[Suggestion, ...]:
    """Return those of `titles` whose words are most like those of `query`; two queries."""
    words = fold(query).split()
    if not words:
        return ()
    near = Title.objects.filter(*map(_begins_or_ends_like, words)).order_by()
    texts = near.values_list("pk", "search_text")[:LOOKED_AT_MOST]
    scored = [(_likeness(words, text.split()), -len(text), pk) for pk, text in texts]
    best = sorted((each for each in scored if each[0]), reverse=True)[:WEIGHED_MOST]
    rows = titles.only("name", "year").in_bulk([pk for _, _, pk in best])
    likely = [rows[pk] for _, _, pk in best if pk in rows]
    return tuple(Suggestion(row.pk, row.label) for row in likely[:MOST])


def _begins_or_ends_like(word: str) -> Q:
    begins, ends = word[:BEGINNING], word[-ENDING:]
    return (
        Q(search_text__startswith=begins)
        | Q(search_text__contains=f" {begins}")
        | Q(search_text__contains=ends)
    )


def _likeness(asked: list[str], named: list[str]) -> float:
    """Return how alike the words are, 0 to 100; 0 when one was not meant."""
    total = 0.0
    for word in asked:
        best = max(
            (fuzz.ratio(word, each, score_cutoff=WORD_LEAST) for each in named),
            default=0,
        )
        if not best:
            return 0.0
        total += best
    return total / len(asked)
