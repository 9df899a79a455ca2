"""Files that nobody knows yet: by folder, with what they could be."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby

from django.core import signing
from django.db.models import Count
from django.http import QueryDict
from django.utils.translation import gettext, gettext_noop

from drivearr.jobs.contexts import JobRow, list_active
from drivearr.web.paging import Span
from drivearr.web.reading import read_choice, read_id, read_query
from library.contexts.evidence import (
    CandidateRow,
    key_of,
    read_candidate,
    read_told,
)
from library.jobs import IDENTIFY
from library.metadata.source import Candidate
from library.models import MediaFile, Root, Title
from library.models.below import below
from library.naming.folders import read_season

PER_PAGE = 60
CANDIDATES_SHOWN = 3
FILES_SHOWN = 12
CANDIDATE_SALT = "library.candidate"

M = MediaFile.Match
STATES: dict[str, tuple[str, tuple[str, ...]]] = {
    "": (gettext_noop("To decide"), (M.SUGGESTED, M.UNMATCHED)),
    "SUGGESTED": (gettext_noop("Ambiguous"), (M.SUGGESTED,)),
    "UNMATCHED": (gettext_noop("Unmatched"), (M.UNMATCHED,)),
    "PENDING": (gettext_noop("Not looked at"), (M.PENDING,)),
    "IGNORED": (gettext_noop("Ignored"), (M.IGNORED,)),
}
KIND_OF_ROOT = {"MOVIES": "MOVIE", "SHOWS": "SHOW", "OTHER": "OTHER"}


@dataclass(frozen=True, slots=True)
class Choice:
    """A filter with its count."""

    value: str
    label: str
    is_current: bool
    count: int


@dataclass(frozen=True, slots=True)
class UnmatchedFile:
    """A file to decide on."""

    pk: int
    name: str
    size_bytes: int
    state: str
    reason: str
    candidates: tuple[CandidateRow, ...]
    told: tuple[str, ...] = ()
    """What its name says, a phrase each, and what each part rests on."""


@dataclass(frozen=True, slots=True)
class Folder:
    """Files of one folder."""

    number: int
    path: str
    root_path: str
    files: tuple[UnmatchedFile, ...]
    whole: str = ""
    """Root and path of all that belongs together, as `3:Show`; empty for a root itself."""

    @property
    def whole_name(self) -> str:
        """Name of the folder of all that belongs together."""
        return self.whole.partition(":")[2].rpartition("/")[2]

    @property
    def common(self) -> CandidateRow | None:
        """What all files of the folder could be, the likeliest; None when they differ."""
        if len(self.files) < 2 or not all(each.candidates for each in self.files):  # noqa: PLR2004
            return None
        keys = [{each.key for each in file.candidates} for file in self.files]
        shared = set.intersection(*keys)
        first = self.files[0].candidates
        return next((each for each in first if each.key in shared), None)

    @property
    def has_suggestions(self) -> bool:
        """Whether something can be accepted for more than one file at once."""
        return sum(bool(each.candidates) for each in self.files) > 1


@dataclass(frozen=True, slots=True)
class UnmatchedList:
    """A page of files to decide on."""

    folders: tuple[Folder, ...]
    states: tuple[Choice, ...]
    state: str
    roots: tuple[tuple[int, str], ...]
    root_id: int | None
    query: str
    span: Span
    jobs: tuple[JobRow, ...]

    @property
    def is_live(self) -> bool:
        """Whether files are being identified now."""
        return bool(self.jobs)

    @classmethod
    def build(cls, asked: QueryDict) -> "UnmatchedList":
        """Make it; about five queries."""
        state = read_choice(asked.get("state"), STATES)
        query, root_id = read_query(asked.get("q")), read_id(asked.get("root"))
        files = MediaFile.objects.present()
        if root_id is not None:
            files = files.filter(root=root_id)
        if query:
            files = files.filter(relpath__icontains=query)
        counts = dict(
            files.order_by().values_list("match_state").annotate(n=Count("pk"))
        )
        total = sum(counts.get(each, 0) for each in STATES[state][1])
        span = Span.of(asked=asked.get("page"), total=total, per_page=PER_PAGE)
        rows = files.filter(match_state__in=STATES[state][1]).select_related("root")
        return cls(
            folders=_by_folder(rows.in_order()[span.start : span.stop]),
            states=tuple(
                Choice(
                    value,
                    gettext(label),
                    value == state,
                    sum(counts.get(e, 0) for e in of),
                )
                for value, (label, of) in STATES.items()
            ),
            state=state,
            roots=tuple(Root.objects.in_order().values_list("pk", "path")),
            root_id=root_id,
            query=query,
            span=span,
            jobs=list_active([IDENTIFY.name]),
        )


def _by_folder(files: Iterable[MediaFile]) -> tuple[Folder, ...]:
    grouped = groupby(files, key=lambda row: (row.root, _folder(row.relpath)))
    return tuple(
        Folder(
            number,
            path,
            root.path,
            tuple(_file(row) for row in rows),
            whole=_whole(root, path),
        )
        for number, ((root, path), rows) in enumerate(grouped, start=1)
    )


def _whole(root: Root, path: str) -> str:
    """Name the folder of all that belongs together: of a show, that above its seasons."""
    parts = path.split("/")
    while root.kind == Root.Kind.SHOWS and len(parts) > 1:
        if read_season(parts[-1]) is None:
            break
        parts.pop()
    return f"{root.pk}:{'/'.join(parts)}" if path else ""


def _folder(relpath: str) -> str:
    return relpath.rpartition("/")[0]


def _file(row: MediaFile) -> UnmatchedFile:
    return UnmatchedFile(
        pk=row.pk,
        name=row.relpath.rpartition("/")[2],
        size_bytes=row.size_bytes,
        state=row.match_state,
        reason=row.match_reason,
        told=read_told(row.parsed),
        candidates=tuple(
            read_candidate(each) for each in row.match_candidates[:CANDIDATES_SHOWN]
        )
        if row.match_state != M.IGNORED
        else (),
    )


def best_key(file: MediaFile) -> str:
    """Return the key of a file's likeliest candidate; "" for none."""
    kept = file.match_candidates[:1]
    return key_of(kept[0]) if kept else ""


def find_candidate(file: MediaFile, key: str) -> Candidate | None:
    """Return a candidate that identifying kept with the file."""
    for kept in file.match_candidates:
        if key_of(kept) == key:
            return Candidate(
                source=str(kept.get("source", "")),
                id=str(kept.get("id", "")),
                kind=str(kept.get("kind", "")),
                name=str(kept.get("name", "")),
                year=kept.get("year"),
                overview=str(kept.get("overview", "")),
                poster=str(kept.get("poster", "")),
            )
    return None


@dataclass(frozen=True, slots=True)
class Found:
    """A candidate that a search gave, sealed so that only we can have made it."""

    sealed: str
    name: str
    original_name: str
    year: int | None
    overview: str
    is_ours: bool
    source: str

    @property
    def source_label(self) -> str:
        """Return who knows it, as people write it."""
        return {"tmdb": "TMDb", "tvdb": "TheTVDB"}.get(self.source, self.source)


def seal(candidate: Candidate) -> str:
    """Return a candidate as text that cannot be changed on its way through a page."""
    told = asdict(candidate) | {"release_date": None}
    return signing.dumps(told, salt=CANDIDATE_SALT, compress=True)


def unseal(text: str) -> Candidate | None:
    """Return the candidate; None when the text is not ours."""
    try:
        told = signing.loads(text, salt=CANDIDATE_SALT)
    except signing.BadSignature:
        return None
    return Candidate(
        **told
        | {
            "aliases": tuple(told["aliases"]),
            "countries": tuple(told["countries"]),
            "ids": tuple((name, value) for name, value in told["ids"]),
        }
    )


@dataclass(frozen=True, slots=True)
class MatchPage:
    """Files, and what they could be: search, choose, or give a name."""

    files: tuple[MediaFile, ...]
    query: str
    kind: str
    kinds: tuple[tuple[str, str], ...]
    year: int | None
    found: tuple[Found, ...]
    has_searched: bool
    season: str
    episodes: str
    next: str = ""
    """Where to go when it is decided."""
    title: Title | None = None
    """Whose files all of these are, when a whole title is to be another."""
    whole: str = ""
    """The folder whose files these are; see `Folder.whole`."""
    state: str = ""
    """Which of its files: one of `STATES`."""
    refusal: str = ""
    advice: str = ""

    @property
    def shown(self) -> tuple[MediaFile, ...]:
        """The first files."""
        return self.files[:FILES_SHOWN]

    @property
    def more(self) -> int:
        """How many files are not shown."""
        return max(0, len(self.files) - FILES_SHOWN)

    @property
    def asks_numbers(self) -> bool:
        """Whether season and episode can be given: for one file of a show."""
        return self.kind == Title.Kind.SHOW and len(self.files) == 1


def guess_query(files: Sequence[MediaFile]) -> tuple[str, str, int | None]:
    """Return what to search for first: query, kind and year, as the names say."""
    if not files:
        return "", Title.Kind.MOVIE, None
    first = files[0]
    parsed = first.parsed if isinstance(first.parsed, dict) else {}
    kind = KIND_OF_ROOT.get(first.root.kind, Title.Kind.MOVIE)
    year = parsed.get("year")
    return (
        read_query(str(parsed.get("title") or "")),
        kind,
        year if isinstance(year, int) else None,
    )


def seal_all(candidates: Iterable[Candidate]) -> tuple[Found, ...]:
    """Return search results as the page shows them."""
    return tuple(
        Found(
            sealed=seal(each),
            name=each.name,
            original_name=each.original_name if each.original_name != each.name else "",
            year=each.year,
            overview=each.overview,
            is_ours=each.source == "library",
            source=each.source,
        )
        for each in candidates
    )


def list_title_files(title: Title) -> tuple[MediaFile, ...]:
    """Return all files of a title, however many; one query."""
    rows = MediaFile.objects.filter(title=title).select_related("root", "title")
    return tuple(rows.in_order())


def list_files(ids: Iterable[int]) -> tuple[MediaFile, ...]:
    """Return files by id, in the order of their folders; one query."""
    rows = MediaFile.objects.filter(pk__in=list(ids))
    return tuple(rows.select_related("root", "title").in_order())


def list_below(whole: str, states: Iterable[str]) -> tuple[MediaFile, ...]:
    """Return all files in such states below a folder, as `Folder.whole` names it."""
    root, _, path = whole.partition(":")
    root_id = read_id(root)
    if root_id is None or not path or "\0" in path:
        return ()
    rows = MediaFile.objects.present().filter(below(path), root=root_id)
    rows = rows.filter(match_state__in=list(states)).select_related("root", "title")
    return tuple(rows.in_order())
