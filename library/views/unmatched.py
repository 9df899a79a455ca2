"""Files that are not matched: choose what they are, ignore them, look again."""

from dataclasses import replace

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
)

from drivearr.jobs.models import Job
from drivearr.lib.counting import counted
from drivearr.lib.errors import DrivearrError
from drivearr.web import undoing
from drivearr.web.http import UNPROCESSABLE, HtmxHttpRequest, render, safe_next
from drivearr.web.reading import read_choice, read_id, read_ids, read_query
from library.contexts.unmatched import (
    STATES,
    MatchPage,
    UnmatchedList,
    best_key,
    find_candidate,
    guess_query,
    list_below,
    list_files,
    list_title_files,
    seal_all,
    unseal,
)
from library.forms import NumbersForm
from library.metadata.source import Candidate
from library.models import MediaFile, Title
from library.services import choosing, identifying
from library.services.undeciding import UNDO, Former, pack

YEAR_DIGITS = 4


@require_GET
def unmatched_list(request: HtmxHttpRequest) -> HttpResponse:
    """Files to decide on, by folder."""
    return render(
        request,
        page="library/unmatched_list.html",
        part="library/partials/unmatched_rows.html",
        context=UnmatchedList.build(request.GET),
    )


def _back(request: HtmxHttpRequest) -> str:
    return safe_next(request, reverse("unmatched_list"))


def _go_back(request: HtmxHttpRequest) -> HttpResponse:
    return HttpResponseRedirect(_back(request))


@require_POST
def accept_candidate(request: HtmxHttpRequest, file_id: int) -> HttpResponse:
    """Say that a file is one of the candidates that were found for it."""
    file = get_object_or_404(MediaFile, pk=file_id)
    candidate = find_candidate(file, request.POST.get("candidate", ""))
    if candidate is None:
        messages.info(
            request, gettext("It was looked up anew meanwhile. Choose again.")
        )
        return _go_back(request)
    former = pack([Former.of(file)])
    try:
        title = choosing.choose_match(
            files=[file], candidate=candidate, by=_by(request)
        )
    except DrivearrError as refused:
        messages.error(request, f"{refused.message} {refused.advice}")
        return redirect(f"{reverse('match_files')}?{urlencode({'file': file.pk})}")
    undoing.say_with_undo(
        request,
        gettext("That is {label}.").format(label=title.label),
        name=UNDO,
        ids=former,
    )
    return _go_back(request)


def _accept(request: HtmxHttpRequest, files: tuple[MediaFile, ...]) -> None:
    """Take for each file its own likeliest candidate, or the one that was pressed."""
    wanted = request.POST.get("candidate", "")
    chosen = [
        (file, found)
        for file in files
        if (found := find_candidate(file, wanted or best_key(file)))
    ]
    former = pack(Former.of(file) for file, _ in chosen)
    done = 0
    for files_of_one, candidate in _together(chosen):
        try:
            choosing.choose_match(
                files=files_of_one, candidate=candidate, by=_by(request)
            )
        except DrivearrError as refused:
            messages.error(request, f"{refused.message} {refused.advice}")
        else:
            done += len(files_of_one)
    left = len(files) - done
    said = gettext("{done} matched.").format(done=done) + (
        " " + gettext("{n} had nothing to accept.").format(n=left) if left else ""
    )
    undoing.say_with_undo(request, said, name=UNDO, ids=former if done else ())


def _together(
    chosen: list[tuple[MediaFile, Candidate]],
) -> list[tuple[list[MediaFile], Candidate]]:
    """Put the files of one candidate together: its source is asked once."""
    groups: dict[tuple[str, str], tuple[list[MediaFile], Candidate]] = {}
    for file, candidate in chosen:
        key = (candidate.source, candidate.id)
        groups.setdefault(key, ([], candidate))[0].append(file)
    return list(groups.values())


def _by(request: HtmxHttpRequest) -> str:
    return request.user.get_username()


def _state(sent: QueryDict) -> str:
    return read_choice(sent.get("state"), STATES)


def _files_of(sent: QueryDict) -> tuple[MediaFile, ...]:
    """Return the files that are ticked, or all of a folder however many."""
    whole = sent.get("whole", "")
    if whole:
        return list_below(whole, STATES[_state(sent)][1])
    return list_files(read_ids(sent.getlist("file")))


@require_POST
def decide_files(request: HtmxHttpRequest) -> HttpResponse:
    """Match, ignore or look again: what the pressed button says, for the ticked files."""
    files = _files_of(request.POST)
    deed = read_choice(
        request.POST.get("deed"), ("match", "accept", "ignore", "release")
    )
    if not files:
        messages.info(request, gettext("Tick the files first."))
        return _go_back(request)
    if deed == "match":
        whole = request.POST.get("whole", "")
        named = [("file", str(file.pk)) for file in files]
        if whole:
            named = [("whole", whole), ("state", _state(request.POST))]
        query = urlencode([*named, ("next", _back(request))])
        return redirect(f"{reverse('match_files')}?{query}")
    noun = counted(len(files), "file")
    if deed == "accept":
        _accept(request, files)
    elif deed == "ignore":
        former = pack(Former.of(file) for file in files)
        choosing.ignore_files(files=files, by=_by(request))
        said = gettext("{files} ignored. They stay out of the library.").format(
            files=noun
        )
        undoing.say_with_undo(request, said, name=UNDO, ids=former)
    elif deed == "release":
        choosing.release_match(files=files, by=_by(request))
        identifying.start_identify_files(files=files, trigger=Job.Trigger.PERSON)
        messages.success(
            request, gettext("{files} will be looked at again.").format(files=noun)
        )
    return _go_back(request)


@require_http_methods(["GET", "POST"])
def match_files(request: HtmxHttpRequest) -> HttpResponse:
    """Search for what files are, and choose it."""
    sent = request.POST if request.method == "POST" else request.GET
    title = Title.objects.filter(pk=read_id(sent.get("title")) or 0).first()
    files = list_title_files(title) if title else ()
    files = files or _files_of(sent)
    if not files:
        raise Http404
    if request.method == "POST":
        return _choose(request, files, title)
    return _show(request, replace(_search(request.GET, files), title=title))


def _show(request: HtmxHttpRequest, page: MatchPage, status: int = 200) -> HttpResponse:
    return render(
        request,
        page="library/match_files.html",
        part="library/partials/match_form.html",
        context=replace(page, next=_back(request)),
        status=status,
    )


def _asked(sent: QueryDict, files: tuple[MediaFile, ...]) -> MatchPage:
    query, kind, year = guess_query(files)
    if "q" in sent:
        query, year = read_query(sent.get("q")), _read_year(sent.get("year"))
        kind = read_choice(sent.get("kind"), Title.Kind.values, kind)
    return MatchPage(
        files=files,
        query=query,
        kind=kind,
        kinds=tuple((value, str(label)) for value, label in Title.Kind.choices),
        year=year,
        found=(),
        has_searched=False,
        season=read_query(sent.get("season"))[:6],
        episodes=read_query(sent.get("episodes"))[:40],
        whole=sent.get("whole", ""),
        state=_state(sent),
    )


def _read_year(text: str | None) -> int | None:
    number = read_id(text)
    return number if number is not None and len(str(number)) == YEAR_DIGITS else None


def _search(sent: QueryDict, files: tuple[MediaFile, ...]) -> MatchPage:
    page = _asked(sent, files)
    if not page.query:
        return page
    try:
        found = choosing.search_candidates(
            query=page.query, kind=page.kind, year=page.year
        )
    except DrivearrError as trouble:
        return replace(page, refusal=trouble.message, advice=trouble.advice)
    return replace(page, found=seal_all(found), has_searched=True)


def _choose(
    request: HtmxHttpRequest, files: tuple[MediaFile, ...], title_now: Title | None
) -> HttpResponse:
    page = replace(_search(request.POST, files), title=title_now)
    former = pack(Former.of(file) for file in files)
    numbers = NumbersForm(request.POST)
    candidate = _candidate(request.POST, page)
    if candidate is None or not numbers.is_valid():
        wrong = gettext("Season and episode are numbers, such as 2 and 5 or 5-6.")
        said = gettext("Choose one of the titles.") if candidate is None else wrong
        return _show(request, replace(page, refusal=said, advice=""), UNPROCESSABLE)
    try:
        title, done = _carry_out(files, candidate, numbers, by=_by(request))
    except DrivearrError as refused:
        told = replace(page, refusal=refused.message, advice=refused.advice)
        return _show(request, told, UNPROCESSABLE)
    said = ngettext(
        "This file is {title} now.", "These {n} files are {title} now.", done
    ).format(n=done, title=title.label)
    if done < len(files):
        said += " " + gettext("Of {files} nothing says which episode.").format(
            files=counted(len(files) - done, "file")
        )
    undoing.say_with_undo(request, said, name=UNDO, ids=former)
    if title_now and not safe_next(request, "").startswith(reverse("unmatched_list")):
        return redirect("title_detail", title.pk)
    return _go_back(request)


def _carry_out(
    files: tuple[MediaFile, ...], candidate: Candidate, numbers: NumbersForm, *, by: str
) -> tuple[Title, int]:
    """Return the title, and how many files are it now."""
    given = numbers.cleaned_data
    # Numbers belong to one file; of several, each name tells its own.
    chosen = (given["season"], given["episodes"]) if len(files) == 1 else (None, ())
    title = choosing.make_title(candidate, files[0].title if len(files) == 1 else None)
    left = choosing.choose_title(
        files=files, title=title, season=chosen[0], episodes=chosen[1], by=by
    )
    return title, len(files) - left


def _candidate(sent: QueryDict, page: MatchPage) -> Candidate | None:
    if "by_name" in sent:
        if not page.query:
            return None
        return Candidate(
            source="name", id="", kind=page.kind, name=page.query, year=page.year
        )
    return unseal(sent.get("candidate", ""))


@require_POST
def identify(request: HtmxHttpRequest) -> HttpResponse:
    """Look at what is not matched again."""
    identifying.start_identify(
        trigger=Job.Trigger.PERSON, again="again" in request.POST
    )
    messages.success(request, gettext("Looking again…"))
    return _go_back(request)
