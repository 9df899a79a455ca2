"""What a job is about, in the words of the app that owns it."""

from collections import defaultdict
from collections.abc import Callable, Iterable

Namer = Callable[[Iterable[int]], dict[int, str]]
"""Gives names by id; one query."""

_namers: dict[str, Namer] = {}


def register_namer(prefix: str, namer: Namer) -> None:
    """Name the subjects `<prefix>:<id>`; called from AppConfig.ready."""
    _namers[prefix] = namer


def name_subjects(subjects: Iterable[str]) -> dict[str, str]:
    """Return a name for each subject that an app knows; the others stay out."""
    ids: dict[str, set[int]] = defaultdict(set)
    for subject in subjects:
        prefix, _, number = subject.partition(":")
        if prefix in _namers and number.isascii() and number.isdigit():
            ids[prefix].add(int(number[:18]))
    return {
        f"{prefix}:{pk}": name
        for prefix, wanted in ids.items()
        for pk, name in _namers[prefix](wanted).items()
    }
