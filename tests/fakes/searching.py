"""How the catalogues' searches find titles: every word must be in one of the names."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping


def fold_words(text: str) -> set[str]:
    """Return the words of a text without case, accents and apostrophes."""
    plain = unicodedata.normalize("NFKD", re.sub(r"['’`]", "", text))
    plain = "".join(c for c in plain if not unicodedata.combining(c)).casefold()
    return set(re.sub(r"[\W_]+", " ", plain).split())


class WordIndex:
    """Which rows have a name that holds all words of a query."""

    def __init__(self, names: Mapping[int, Iterable[str]]) -> None:
        self._by_word: dict[str, set[int]] = defaultdict(set)
        self._names = {
            number: [fold_words(each) for each in some]
            for number, some in names.items()
        }
        for number, some in self._names.items():
            for word in set().union(*some):
                self._by_word[word].add(number)

    def find(self, query: str) -> set[int]:
        """Return the rows; none for a query without words."""
        words = fold_words(query)
        if not words:
            return set()
        hits = set.intersection(*(self._by_word.get(word, set()) for word in words))
        return {
            number
            for number in hits
            if any(words <= name for name in self._names[number])
        }
