"""When two spellings mean one title: case, accents, articles, numerals, typing errors."""

import re
import unicodedata
from functools import lru_cache

from rapidfuzz import fuzz

EQUAL = 0.98
"""From here on two titles are the same one, but for an article."""
_PREFIX = 0.88
"""A title that is the first half of one with a subtitle."""
_OTHER_NUMBER_MOST = 0.84
"""`Part 2` and `Part 3` are two films, however alike."""
_TYPED_MOST = 0.96
_WORD_LEAST = 60.0
"""Percent; words less alike are different words, not misspelt ones."""

_ROMAN = {
    roman: str(number)
    for number, roman in enumerate(
        ("ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x"), start=2
    )
}
_SPOKEN = {
    word: str(number)
    for number, word in enumerate(
        ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
        start=2,
    )
}
_NUMERALS = _ROMAN | _SPOKEN
_ARTICLES = frozenset(
    {"the", "a", "an", "der", "die", "das", "le", "la", "les", "el", "los", "las", "il"}
)
_ARTICLE_LAST = re.compile(
    r"^(?P<title>.+?),\s*(?P<article>the|a|an|le|la|les|l'|der|die|das|el|los|las|il)"
    r"(?=$|\s+[-–]\s|:)(?P<rest>.*)$",
    re.IGNORECASE,
)
_COUNTRY = re.compile(
    r"^(?P<title>.+?)[ (]+(?P<country>U\.?S\.?(?:A\.?)?|UK|U\.K\.|AU|NZ|CA|FR|DE|JP)\)?$"
)
_CODES = {"US": "US", "USA": "US", "UK": "GB"}
_NO_WORD = re.compile(r"[\W_]+")
_INSIDE_WORD = re.compile(r"['’`´ʻ.]")
_SUBTITLE = re.compile(r"\s*(?::| [-–] )\s*")


def turn_article(title: str) -> str:
    """Return `The Matrix` for `Matrix, The`, and others as they are."""
    found = _ARTICLE_LAST.match(title)
    if not found:
        return title
    blank = "" if found["article"].endswith("'") else " "
    return f"{found['article']}{blank}{found['title']}{found['rest']}"


@lru_cache(maxsize=20_000)
def normalise(title: str) -> str:
    """Return a title without case, accents, punctuation and spelling of numbers."""
    plain = unicodedata.normalize("NFKD", turn_article(title))
    plain = "".join(c for c in plain if not unicodedata.combining(c)).casefold()
    words = _NO_WORD.sub(" ", _INSIDE_WORD.sub("", plain)).split()
    # `&`, `+` and `and` are one word, or none.
    words = [word for word in words if word != "and"] or words
    words = words[:1] + [_NUMERALS.get(word, word) for word in words[1:]]
    if not words:
        # Titles of signs alone: `!!!`, `π`.
        return "".join(title.split()).casefold()
    return " ".join(words)


def alike(left: str, right: str) -> float:
    """Return how alike two titles are, 0 to 1; from EQUAL on they are one."""
    return alike_normalised(normalise(left), normalise(right), right)


def alike_normalised(left: str, right: str, full: str = "") -> float:
    """See `alike`; both sides normalised already."""
    if not left or not right:
        return 0.0
    if left == right or left.replace(" ", "") == right.replace(" ", ""):
        return 1.0
    plain_left, plain_right = _without_article(left), _without_article(right)
    if plain_left == plain_right:
        return 0.99
    if _is_first_half(plain_left, plain_right, full):
        return _PREFIX
    return max(_typed(left, right), _typed(plain_left, plain_right))


def _is_first_half(left: str, right: str, full: str) -> bool:
    """Whether `left` is what stands before the colon of the full title."""
    if not full or not right.startswith(f"{left} "):
        return False
    halves = _SUBTITLE.split(full, maxsplit=1)
    return len(halves) > 1 and _without_article(normalise(halves[0])) == left


def _typed(left: str, right: str) -> float:
    """Return the likeness of two titles that may differ by a typing error."""
    ratio = min(_TYPED_MOST, fuzz.ratio(left, right) / 100)
    ours, theirs = left.split(), right.split()
    if _numbers(ours) != _numbers(theirs):
        return min(ratio, _OTHER_NUMBER_MOST)
    if ratio > _OTHER_NUMBER_MOST and not _are_misspelt(ours, theirs):
        return _OTHER_NUMBER_MOST
    return ratio


def _numbers(words: list[str]) -> list[str]:
    return sorted(word for word in words if word.isdigit())


def _are_misspelt(ours: list[str], theirs: list[str]) -> bool:
    """Whether each word that differs looks like one of the other side's."""
    odd, others = set(ours) - set(theirs), set(theirs) - set(ours)
    if len(ours) != len(theirs):
        # A blank more or less is a typing error; a word more or less is another title.
        return "".join(sorted("".join(ours))) == "".join(sorted("".join(theirs)))
    return all(
        any(fuzz.ratio(word, other) >= _WORD_LEAST for other in others) for word in odd
    )


def _without_article(title: str) -> str:
    first, _, rest = title.partition(" ")
    return rest if rest and first in _ARTICLES else title


def split_country(title: str) -> tuple[str, str]:
    """Split `Title (US)`; the country is "" when there is none, else its ISO code."""
    found = _COUNTRY.match(title)
    if not found:
        return title, ""
    code = found["country"].replace(".", "")
    return found["title"].strip(), _CODES.get(code, code)
