"""Which title files are: .nfo first, then ids, then the sources, then the name alone."""

import hashlib
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from drivearr.lib.progress import Progress
from library.facts import TitleFacts
from library.metadata.matching import Scored, Verdict, Wanted
from library.metadata.seeking import Finding, seek
from library.metadata.source import (
    Source,
    SourceRefusedKey,
    SourceResting,
    SourceTrouble,
)
from library.models import MediaFile, Root, Title
from library.naming import ParsedName
from library.naming.folders import read_folders
from library.services.asking import Case, Question, make_case, make_wanted
from library.services.filing import LocalTitles, make_sort_name
from library.services.gathering import Surroundings

logger = logging.getLogger(__name__)

NAME_SCORE = 0.6
"""Of a match by name alone: nobody who knows was asked."""
FOLDER_SCORE = 0.95
"""Of an episode in the folder of a show that is known."""
TROUBLES_MOST = 3
"""After so many failures in a row a source is left in peace for the run."""
MEANWHILE = "the source failed"
"""In the reason of a match by name that stands only until the source answers."""
_STATES = ("UNMATCHED", "SUGGESTED", "MATCHED")


@dataclass(slots=True)
class Claim:
    """That there is a title of which this is known; filed later, with others."""

    facts: TitleFacts
    origin: str
    """`tmdb`, `tvdb`, `nfo` or `name`."""
    instead_of: Title | None = None
    """What the file was taken for until now."""
    key: str = ""
    """Its identity, when neither ids nor name make it."""


@dataclass(slots=True)
class Decision:
    """What a file, or all files of a folder, are."""

    state: str
    """MATCHED, SUGGESTED or UNMATCHED."""
    reason: str
    score: float | None = None
    title_id: int | None = None
    """Known at once, or when the claim is filed."""
    claim: Claim | None = None
    candidates: tuple[Scored, ...] = ()
    best: Scored | None = None

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

    def evidence_json(self) -> list[list[Any]]:
        """Return the evidence as MediaFile.match_evidence keeps it."""
        told = self.best.evidence if self.best else ()
        return [[each.what, round(each.points, 3)] for each in told]


class Judge:
    """Decides once per film or show, and remembers it for the run."""

    def __init__(
        self,
        sources: Sequence[Source],
        surroundings: Surroundings,
        progress: Progress,
        *,
        is_nfo_first: bool = False,
    ) -> None:
        """Ask `sources` in turn; `is_nfo_first`: what an .nfo says is not asked of them."""
        self.sources = list(sources)
        self._is_nfo_first = is_nfo_first
        self.surroundings = surroundings
        self.progress = progress
        self.errors = 0
        self._troubles: dict[str, int] = {}
        self._silence = ""
        self._decided: dict[tuple[Any, ...], Decision] = {}
        self._local = LocalTitles(())

    def decide(self, files: Iterable[tuple[MediaFile, ParsedName]]) -> list[Decision]:
        """Say what each file is. Never raises for a source's trouble.

        Files that put the same question hear the same Decision object.
        """
        asked: dict[tuple[Any, ...], Question] = {}
        answers: list[Decision | tuple[Any, ...]] = []
        for file, parsed in files:
            if file.root.kind == Root.Kind.OTHER:
                answers.append(self._decide_other(file, parsed))
                continue
            case = make_case(file, parsed, self.surroundings)
            if case is None:
                answers.append(Decision("UNMATCHED", f"no title: {parsed.reason}"))
                continue
            asked.setdefault(case.key, Question()).cases.append(case)
            answers.append(case.key)
        questions = asked.values()
        self._local = LocalTitles(each.first.parsed.title or "" for each in questions)
        for key, question in asked.items():
            self.progress.check()
            self.progress.note(question.first.file.relpath)
            if key not in self._decided:
                self._decided[key] = self._decide(question)
        return [
            each if isinstance(each, Decision) else self._decided[each]
            for each in answers
        ]

    def _decide(self, question: Question) -> Decision:
        case = question.first
        known = self._find_known(case)
        if known:
            return known
        if case.facts and self._is_nfo_first:
            claim = Claim(case.facts, "nfo", case.file.title)
            return Decision("MATCHED", ".nfo file, believed first", 1.0, claim=claim)
        trouble = self._silence or "no source asked"
        if self.sources:
            wanted = make_wanted(question, self.surroundings)
            decision, trouble = self._ask(case, wanted)
            if decision:
                return decision
        if case.facts:
            claim = Claim(case.facts, "nfo", case.file.title)
            return Decision("MATCHED", f".nfo file; {trouble}", 1.0, claim=claim)
        return self._by_name(case, trouble)

    def _ask(self, case: Case, wanted: Wanted) -> tuple[Decision | None, str]:
        """Ask one source after the other; None when each of them failed."""
        verdict: Verdict | None = None
        trouble = ""
        for source in list(self.sources):
            try:
                finding = seek(source, wanted, case.ids)
                self._troubles[source.name] = 0
            except SourceTrouble as error:
                trouble = self._leave_in_peace(source, error)
                continue
            if finding.verdict.state == "MATCHED":
                return self._matched(case, finding, source), ""
            verdict = _better(verdict, finding.verdict)
            if verdict.is_tie:
                break
        return (self._left(case, verdict) if verdict else None), trouble

    def _leave_in_peace(self, source: Source, error: SourceTrouble) -> str:
        """Report trouble; after some in a row, ask no more in this run."""
        troubles = self._troubles.get(source.name, 0) + 1
        self._troubles[source.name] = troubles
        self.errors += 1
        self.progress.report(error)
        is_final = isinstance(error, SourceRefusedKey | SourceResting)
        if troubles >= TROUBLES_MOST or is_final:
            logger.warning("No more questions in this run: %s", error.message)
            self.sources.remove(source)
        self._silence = f"{MEANWHILE}: {error.message}"
        return self._silence

    # --- What is known already ----------------------------------------------------

    def _find_known(self, case: Case) -> Decision | None:
        """Let a new episode follow the others in its show's folder."""
        folder = case.parsed.show_folder
        if case.kind != "SHOW" or folder is None:
            return None
        title_id = self.surroundings.find_show(case.file.root_id, folder)
        title = Title.objects.filter(pk=title_id).first() if title_id else None
        if title is None or (self.sources and title.facts_from == "name"):
            return None
        names = {title.sort_name, make_sort_name(_folder_title(case))}
        if case.parsed.title and make_sort_name(case.parsed.title) not in names:
            return None
        reason = f"in the folder of {title.label}"
        return Decision("MATCHED", reason, FOLDER_SCORE, title.pk)

    # --- What the sources say -----------------------------------------------------

    @staticmethod
    def _matched(case: Case, finding: Finding, source: Source) -> Decision:
        verdict, best = finding.verdict, finding.verdict.best
        facts = finding.facts or (best.candidate.as_facts() if best else None)
        claim = Claim(facts, source.name, case.file.title) if facts else None
        return Decision(
            "MATCHED",
            verdict.reason,
            verdict.score,
            claim=claim,
            candidates=tuple(each for each in verdict.ranking if each is not best),
            best=best,
        )

    @staticmethod
    def _left(case: Case, verdict: Verdict) -> Decision:
        if case.facts and verdict.state == "UNMATCHED":
            reason = f".nfo file; of the sources: {verdict.reason}"
            claim = Claim(case.facts, "nfo", case.file.title)
            return Decision("MATCHED", reason, 1.0, claim=claim)
        return Decision(
            verdict.state,
            verdict.reason,
            verdict.score,
            candidates=verdict.ranking,
            best=verdict.best,
        )

    # --- The name alone -----------------------------------------------------------

    def _by_name(self, case: Case, trouble: str) -> Decision:
        parsed = case.parsed
        if not parsed.title:
            return Decision("UNMATCHED", f"no title in the name; {trouble}")
        reason = f"name of the file; {trouble}"
        title_id = self._local.find(kind=case.kind, name=parsed.title, year=parsed.year)
        if title_id is not None:
            return Decision("MATCHED", reason, NAME_SCORE, title_id)
        facts = TitleFacts(case.kind, parsed.title, parsed.ids, year=parsed.year)
        claim = Claim(facts, "name", case.file.title)
        return Decision("MATCHED", reason, NAME_SCORE, claim=claim)

    def _decide_other(self, file: MediaFile, parsed: ParsedName) -> Decision:
        """Give every other video a title of its own; nobody outside knows it."""
        nfo = self.surroundings.read_own_nfo(file)
        facts = nfo.title if nfo else None
        name = facts.name if facts else parsed.title
        if not name:
            return Decision("UNMATCHED", f"no title: {parsed.reason}")
        reason = ".nfo file" if facts else "name of the file"
        score = 1.0 if facts else NAME_SCORE
        if file.title and file.title.kind == Title.Kind.OTHER:
            return Decision("MATCHED", reason, score, file.title.pk)
        base = facts or TitleFacts("OTHER", name, year=parsed.year)
        # Two videos of one name in different folders are two videos.
        place = f"{file.root_id}/{file.relpath.rpartition('.')[0]}"
        mark = hashlib.sha256(place.encode("utf-8", "replace")).hexdigest()[:32]
        claim = Claim(
            replace(base, kind="OTHER", ids={}),
            "nfo" if base.overview else "name",
            key=f"other:file:{mark}",
        )
        return Decision("MATCHED", reason, score, claim=claim)


def _better(one: Verdict | None, other: Verdict) -> Verdict:
    """Return what says more: a suggestion before nothing, then the higher score."""
    if one is None:
        return other
    rank = (_STATES.index(one.state), one.score)
    return one if rank >= (_STATES.index(other.state), other.score) else other


def _folder_title(case: Case) -> str:
    folder = case.parsed.show_folder or ""
    return read_folders((folder.rpartition("/")[2],)).title or ""
