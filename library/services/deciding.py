"""Which title a file is: .nfo first, then ids, then the source, then the name alone."""

import hashlib
import logging
from dataclasses import dataclass, replace
from typing import Any

from drivearr.lib.progress import Progress
from library.facts import TitleFacts
from library.metadata.matching import Scored, Wanted
from library.metadata.seeking import Finding, seek
from library.metadata.source import Source, SourceRefusedKey, SourceTrouble
from library.models import MediaFile, Root, Title
from library.naming import ParsedName
from library.naming.cleaning import tidy
from library.naming.folders import read_folders
from library.nfo import Nfo
from library.services.artwork import note_remote
from library.services.filing import file_title, find_local, make_sort_name
from library.services.gathering import Surroundings, folder_of

logger = logging.getLogger(__name__)

NAME_SCORE = 0.6
"""Of a match by name alone: nobody who knows was asked."""
FOLDER_SCORE = 0.95
"""Of an episode in the folder of a show that is known."""
TROUBLES_MOST = 3
"""After so many failures in a row the source is left in peace for the run."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a file, or all files of a folder, are."""

    state: str
    """MATCHED, SUGGESTED or UNMATCHED."""
    reason: str
    score: float | None = None
    title_id: int | None = None
    candidates: tuple[Scored, ...] = ()

    def candidates_json(self) -> list[dict[str, Any]]:
        """Return the candidates as MediaFile.match_candidates keeps them."""
        return [
            {
                "source": each.candidate.source,
                "id": each.candidate.id,
                "kind": each.candidate.kind,
                "name": each.candidate.name,
                "year": each.candidate.year,
                "score": each.score,
                "reason": each.reason,
                "overview": each.candidate.overview[:1000],
                "poster": each.candidate.poster,
            }
            for each in self.candidates
        ]


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


class Judge:
    """Decides once per folder or show, and remembers it for the run."""

    def __init__(
        self, source: Source | None, surroundings: Surroundings, progress: Progress
    ) -> None:
        self.source = source
        self.surroundings = surroundings
        self.progress = progress
        self.errors = 0
        self._troubles = 0
        self._decided: dict[tuple[Any, ...], Decision] = {}

    def decide(self, file: MediaFile, parsed: ParsedName) -> Decision:
        """Say what a file is; files its title. Never raises for a source's trouble."""
        if file.root.kind == Root.Kind.OTHER:
            return self._decide_other(file, parsed)
        case = self._make_case(file, parsed)
        if case is None:
            return Decision("UNMATCHED", f"no title: {parsed.reason}")
        key = _key(case)
        if key not in self._decided:
            self._decided[key] = self._decide(case)
        return self._decided[key]

    def _make_case(self, file: MediaFile, parsed: ParsedName) -> Case | None:
        is_show = parsed.kind in {"episode", "season"}
        if is_show:
            nfo = self.surroundings.read_show_nfo(file, parsed.show_folder)
        else:
            nfo = self.surroundings.read_movie_nfo(file)
            is_show = bool(nfo and nfo.root == "episodedetails")
        case = Case(file, parsed, "SHOW" if is_show else "MOVIE", nfo)
        if parsed.kind == "other" and not is_show and not case.facts and not case.ids:
            return None
        return case if parsed.title or case.facts or case.ids else None

    def _decide(self, case: Case) -> Decision:
        known = self._find_known(case)
        if known:
            return known
        trouble = "no source asked"
        if self.source:
            try:
                finding = seek(self.source, self._wanted(case), case.ids)
                self._troubles = 0
                return self._conclude(case, finding)
            except SourceTrouble as error:
                trouble = self._leave_in_peace(error)
        if case.facts:
            title = self._file(case, case.facts, "nfo")
            return Decision("MATCHED", f".nfo file; {trouble}", 1.0, title.pk)
        return self._by_name(case, trouble)

    def _leave_in_peace(self, error: SourceTrouble) -> str:
        """Report trouble; after some in a row, ask no more in this run."""
        self._troubles += 1
        self.errors += 1
        self.progress.report(error)
        if self._troubles >= TROUBLES_MOST or isinstance(error, SourceRefusedKey):
            logger.warning("No more questions in this run: %s", error.message)
            self.source = None
        return f"the source failed: {error.message}"

    # --- What is known already ----------------------------------------------------

    def _find_known(self, case: Case) -> Decision | None:
        """Let a new episode follow the others in its show's folder."""
        folder = case.parsed.show_folder
        if case.kind != "SHOW" or folder is None:
            return None
        title_id = self.surroundings.find_show(case.file.root_id, folder)
        title = Title.objects.filter(pk=title_id).first() if title_id else None
        if title is None or (self.source and title.facts_from == "name"):
            return None
        names = {title.sort_name, make_sort_name(self._folder_title(case))}
        if case.parsed.title and make_sort_name(case.parsed.title) not in names:
            return None
        reason = f"in the folder of {title.label}"
        return Decision("MATCHED", reason, FOLDER_SCORE, title.pk)

    @staticmethod
    def _folder_title(case: Case) -> str:
        folder = case.parsed.show_folder or ""
        return read_folders((folder.rpartition("/")[2],)).title or ""

    # --- Asking the source --------------------------------------------------------

    def _wanted(self, case: Case) -> Wanted:
        parsed, facts = case.parsed, case.facts
        titles = [parsed.title, *parsed.alt_titles]
        year = parsed.year
        folder = parsed.show_folder
        if case.kind == "SHOW" and folder:
            above = read_folders((tidy(folder.rpartition("/")[2]),))
            if above.year and above.title:
                titles, year = [above.title, *titles], above.year
        if facts:
            titles, year = (
                [facts.name, facts.original_name, *titles],
                facts.year or year,
            )
        named = tuple(dict.fromkeys(title for title in titles if title))
        numbers = frozenset(
            (parsed.season, number)
            for number in parsed.episodes
            if parsed.season is not None
        )
        return Wanted(case.kind, named, year, numbers)

    def _conclude(self, case: Case, finding: Finding) -> Decision:
        verdict = finding.verdict
        if verdict.state == "MATCHED" and verdict.best and self.source:
            facts = finding.facts or self.source.fetch(
                kind=case.kind, id=verdict.best.candidate.id
            )
            title = self._file(case, facts, self.source.name)
            note_remote(title=title, facts=facts, origin=self.source.name)
            return Decision(
                "MATCHED", verdict.reason, verdict.score, title.pk, verdict.ranking[1:]
            )
        if case.facts and verdict.state == "UNMATCHED":
            title = self._file(case, case.facts, "nfo")
            reason = f".nfo file; {self.source.name if self.source else ''}: {verdict.reason}"
            return Decision("MATCHED", reason, 1.0, title.pk)
        return Decision(
            verdict.state,
            verdict.reason,
            verdict.score,
            candidates=verdict.ranking,
        )

    def _file(self, case: Case, facts: TitleFacts, origin: str) -> Title:
        return file_title(facts=facts, origin=origin, instead_of=case.file.title)

    # --- The name alone -----------------------------------------------------------

    def _by_name(self, case: Case, trouble: str) -> Decision:
        parsed = case.parsed
        if not parsed.title:
            return Decision("UNMATCHED", f"no title in the name; {trouble}")
        title = find_local(kind=case.kind, name=parsed.title, year=parsed.year)
        if title is None:
            facts = TitleFacts(case.kind, parsed.title, parsed.ids, year=parsed.year)
            title = self._file(case, facts, "name")
        return Decision("MATCHED", f"name of the file; {trouble}", NAME_SCORE, title.pk)

    def _decide_other(self, file: MediaFile, parsed: ParsedName) -> Decision:
        """Give every other video a title of its own; nobody outside knows it."""
        nfo = self.surroundings.read_own_nfo(file)
        facts = nfo.title if nfo else None
        name = facts.name if facts else parsed.title
        if not name:
            return Decision("UNMATCHED", f"no title: {parsed.reason}")
        base = facts or TitleFacts("OTHER", name, year=parsed.year)
        title = self._file_other(file, replace(base, kind="OTHER", ids={}))
        reason = ".nfo file" if facts else "name of the file"
        return Decision("MATCHED", reason, 1.0 if facts else NAME_SCORE, title.pk)

    @staticmethod
    def _file_other(file: MediaFile, facts: TitleFacts) -> Title:
        if file.title and file.title.kind == Title.Kind.OTHER:
            return file.title
        # Two videos of one name in different folders are two videos.
        place = f"{file.root_id}/{file.relpath.rpartition('.')[0]}"
        mark = hashlib.sha256(place.encode("utf-8", "replace")).hexdigest()[:32]
        title, _ = Title.objects.get_or_create(
            identity_key=f"other:file:{mark}",
            defaults={
                "kind": Title.Kind.OTHER,
                "name": facts.name[:500],
                "sort_name": make_sort_name(facts.name)[:500],
                "search_text": facts.name.casefold()[:500],
                "year": facts.year,
                "overview": facts.overview,
                "facts_from": "nfo" if facts.overview else "name",
            },
        )
        return title


def _key(case: Case) -> tuple[Any, ...]:
    """Return what all files with the same answer share."""
    parsed = case.parsed
    place = parsed.show_folder if case.kind == "SHOW" else folder_of(case.file.relpath)
    nfo = case.facts.name if case.facts else ""
    return (
        case.kind,
        case.file.root_id,
        place if place is not None else "",
        make_sort_name(parsed.title or ""),
        parsed.year,
        nfo,
        tuple(sorted(case.ids.items())),
    )
