"""The question that files put: one per film or show, with all that their names say."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from library.facts import TitleFacts
from library.metadata.likeness import normalise, turn_article
from library.metadata.matching import Wanted, WantedEpisode
from library.metadata.readings import read_titles
from library.models import MediaFacts, MediaFile
from library.naming import ParsedName, parse
from library.naming.cleaning import cut_extension, find_junk, like, tidy
from library.naming.folders import holds_own_videos, read_folders
from library.nfo import Nfo
from library.services.filing import make_sort_name
from library.services.gathering import Surroundings, folder_of

EPISODES_MOST = 60
"""So many files of a show are heard as witnesses."""
_WORD = re.compile(r"[^\W\d_]{2,}")
_VOWEL = re.compile(r"[aeiouyäöüáéíóúàèâêîôû]|[^\x00-\x7f]", re.IGNORECASE)
_YEAR_ALONE = re.compile(r"[(\[]?(?:19|20)\d\d[)\]]?")
_CAMERA = "was made by a camera"
_CAMERA_EXTENSIONS = frozenset({".mov", ".3gp", ".mts", ".m2ts", ".dv", ".3g2"})


@dataclass(frozen=True, slots=True)
class Case:
    """One file with all that is said about it."""

    file: MediaFile
    parsed: ParsedName
    kind: str
    """MOVIE or SHOW."""
    nfo: Nfo | None

    @property
    def ids(self) -> dict[str, str]:
        """The ids given: the .nfo's before the name's."""
        return self.parsed.ids | (dict(self.nfo.ids) if self.nfo else {})

    @property
    def facts(self) -> TitleFacts | None:
        """What the .nfo says of the title."""
        facts = self.nfo.title if self.nfo else None
        return facts if facts and facts.kind == self.kind else None

    @property
    def key(self) -> tuple[Any, ...]:
        """What all files with the same answer share."""
        parsed = self.parsed
        is_show = self.kind == "SHOW"
        place = parsed.show_folder if is_show else folder_of(self.file.relpath)
        return (
            self.kind,
            self.file.root_id,
            place if place is not None else "",
            make_sort_name(parsed.title or ""),
            # Some files of a show say the year, others do not: one show all the same.
            parsed.year if not (is_show and place) else None,
            self.facts.name if self.facts else "",
            tuple(sorted(self.ids.items())),
            "" if is_show else names_itself(self),
        )


@dataclass(slots=True)
class Question:
    """The cases with one answer."""

    cases: list[Case] = field(default_factory=list)

    @property
    def first(self) -> Case:
        """The one that speaks for all."""
        return self.cases[0]


def make_case(
    file: MediaFile, parsed: ParsedName, surroundings: Surroundings
) -> Case | None:
    """Return the case of a film or episode; None when nothing names a title."""
    is_show = parsed.kind in {"episode", "season"}
    if is_show:
        nfo = surroundings.read_show_nfo(file, parsed.show_folder)
    else:
        nfo = surroundings.read_movie_nfo(file)
        is_show = bool(nfo and nfo.root == "episodedetails")
    case = Case(file, parsed, "SHOW" if is_show else "MOVIE", nfo)
    if parsed.kind == "other" and not is_show and not case.facts and not case.ids:
        return None
    return case if parsed.title or case.facts or case.ids else None


def make_wanted(question: Question, surroundings: Surroundings) -> Wanted:
    """Return what a source is asked."""
    case = question.first
    parsed, facts = case.parsed, case.facts
    titles, year = [parsed.title, *parsed.alt_titles], parsed.year
    if case.kind == "SHOW":
        titles, year = _of_show(question, titles, year)
    if facts:
        titles = [facts.name, facts.original_name, *titles]
        year = facts.year or year
    readings = read_titles(
        tuple(dict.fromkeys(title for title in titles if title)),
        year,
        folder=_own_folder(case, surroundings),
        stem=_stem(case.file) if case.kind == "MOVIE" else "",
        year_around=_year_around(case),
    )
    return Wanted(
        case.kind,
        readings,
        _episodes(question.cases),
        _doubt(case, surroundings),
        minutes=_minutes(case) if case.kind == "MOVIE" else None,
    )


def _minutes(case: Case) -> float | None:
    """Return how long the whole film runs, if its file was looked into."""
    facts: MediaFacts | None = getattr(case.file, "facts", None)
    if facts is None or not facts.duration_seconds or case.parsed.part:
        return None
    is_of_now = (facts.size_bytes, facts.mtime_ns) == (
        case.file.size_bytes,
        case.file.mtime_ns,
    )
    return facts.duration_seconds / 60 if is_of_now else None


def _of_show(
    question: Question, titles: list[str | None], year: int | None
) -> tuple[list[str | None], int | None]:
    """Let the show's own folder speak first, and any file that knows the year."""
    folder = question.first.parsed.show_folder
    above = read_folders((tidy(folder.rpartition("/")[2]),)) if folder else None
    if above and above.title:
        titles = [above.title, *titles]
    if above and above.year:
        return titles, above.year
    years = {case.parsed.year for case in question.cases if case.parsed.year}
    return titles, year or (years.pop() if len(years) == 1 else None)


def _own_folder(case: Case, surroundings: Surroundings) -> str:
    """Return the name of the folder that a film has to itself; "" for none."""
    if case.kind == "SHOW" or not surroundings.holds_one_video(case.file):
        return ""
    return tidy(folder_of(case.file.relpath).rpartition("/")[2])


def _year_around(case: Case) -> int | None:
    """Return the year that the film's folder is named by and says nothing else."""
    folder = folder_of(case.file.relpath).rpartition("/")[2]
    is_year = case.kind == "MOVIE" and _YEAR_ALONE.fullmatch(folder)
    return int(folder.strip("([ )]")) if is_year else None


def _episodes(cases: Iterable[Case]) -> tuple[WantedEpisode, ...]:
    found = (each for case in cases for each in _episodes_of(case.parsed))
    return tuple(islice(found, EPISODES_MOST))


def _episodes_of(parsed: ParsedName) -> Iterator[WantedEpisode]:
    # Of a file with two episodes nobody knows whose title it gives.
    title = (parsed.episode_title or "") if len(parsed.episodes) <= 1 else ""
    absolute = max(parsed.absolute, default=None)
    for number in parsed.episodes or (None,):
        yield WantedEpisode(parsed.season, number, parsed.air_date, title, absolute)


def names_itself(case: Case) -> bool:
    """Whether the title stands in the file's own name, not in its folder's alone."""
    title = case.parsed.title
    if not title:
        return False
    own = like(_stem(case.file))
    if like(title) in own or like(turn_article(title)) in own:
        return True
    return normalise(title) in normalise(_stem(case.file).replace(".", " "))


def _stem(file: MediaFile) -> str:
    return cut_extension(file.relpath.rpartition("/")[2])


def _doubt(case: Case, surroundings: Surroundings) -> str:
    """Return why no answer would be sure, however well it fits; "" when it would be."""
    if case.kind == "SHOW" or case.facts:
        return ""
    if holds_own_videos(case.file.relpath) and not _is_published(case):
        return "it lies among a household's own videos"
    if names_itself(case):
        return _doubt_of_plain_word(case)
    if find_junk(_stem(case.file)) == _CAMERA:
        return "the file was made by a camera"
    return _doubt_of_folder(case, surroundings) if case.parsed.title else ""


def _doubt_of_folder(case: Case, surroundings: Surroundings) -> str:
    """Weigh a title that stands in the folder's name alone."""
    if not surroundings.holds_one_film(case.file):
        return "only the folder says so, and it holds other videos too"
    if _says_something_else(case):
        return "only the folder says so, and the file's own name says something else"
    return ""


def _says_something_else(case: Case) -> bool:
    """Whether the file's own name is words, not an abbreviation of a release."""
    own = parse(case.file.relpath.rpartition("/")[2], case.file.root.kind).title or ""
    words = _WORD.findall(own)
    spoken = [word for word in words if len(word) > 3 and _VOWEL.search(word)]  # noqa: PLR2004
    return len(words) > 2 or len(spoken) > 1  # noqa: PLR2004


def _is_release(case: Case) -> bool:
    """Whether the name carries what only a published film's does."""
    parsed = case.parsed
    marks = (parsed.resolution, parsed.source, parsed.group, parsed.edition, case.ids)
    return any(marks)


def _is_published(case: Case) -> bool:
    """Whether it is named as films that were bought are: a release, or a folder of its own."""
    return _is_release(case) or bool(case.parsed.year and _has_own_folder(case))


def _has_own_folder(case: Case) -> bool:
    folder = folder_of(case.file.relpath).rpartition("/")[2]
    return normalise(case.parsed.title or "") in normalise(folder)


def _doubt_of_plain_word(case: Case) -> str:
    """A word without a year, on a file of no release and no folder of its own."""
    parsed = case.parsed
    if parsed.year or _is_release(case) or not parsed.title or _has_own_folder(case):
        return ""
    folder = folder_of(case.file.relpath)
    extension = case.file.relpath[case.file.relpath.rfind(".") :].lower()
    if extension in _CAMERA_EXTENSIONS:
        return "a camera's file, without a year"
    is_word = len(normalise(parsed.title).split()) == 1
    return "one word, without a year" if is_word and folder else ""
