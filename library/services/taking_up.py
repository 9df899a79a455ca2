"""Files of a title that no scan has seen, but another app knows of."""

from collections.abc import Callable

from library.models import Title

Source = Callable[[Title], int]
_sources: list[Source] = []


def register_source(source: Source) -> None:
    """Name something that can take up files of a title; from AppConfig.ready."""
    if source not in _sources:
        _sources.append(source)


def take_up_files(*, title: Title) -> int:
    """Let everybody take up what they know of; returns how many files came.

    Looks at the disk. A source that knows of files outside the library folders leaves
    them: which folders belong to the library is for a person to say.
    """
    return sum(source(title) for source in _sources)
