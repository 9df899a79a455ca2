"""Mending a title: what its files are, how it is counted, what is written about it."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.forms import BoundField
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from drivearr.jobs.models import Job
from drivearr.lib.errors import DrivearrError
from drivearr.web import undoing
from drivearr.web.http import UNPROCESSABLE, HtmxHttpRequest, render
from library.contexts.unmatched import list_title_files
from library.contexts.versions import VersionRow, list_versions
from library.forms import TitleForm
from library.models import Title, TitleVersion
from library.services import arranging, choosing, editing, identifying, refreshing
from library.services.undeciding import UNDO, Former, pack


@require_POST
def mend_title(request: HtmxHttpRequest, title_id: int) -> HttpResponse:
    """Do what the pressed button says to a title and all its files."""
    title = get_object_or_404(Title, pk=title_id)
    deed = request.POST.get("deed", "")
    if deed == "refresh":
        refreshing.start_refresh(title_id=title.pk, trigger=Job.Trigger.PERSON)
        messages.success(request, gettext("Fetching what its source knows of it…"))
    elif deed == "order":
        _count_anew(request, title)
    elif deed in {"release", "ignore"}:
        _let_go(request, title, deed)
    else:
        raise Http404
    return redirect("title_detail", title.pk)


def _count_anew(request: HtmxHttpRequest, title: Title) -> None:
    order = request.POST.get("order", "")
    try:
        is_changed = arranging.choose_order_of_show(title=title, order=order)
    except DrivearrError as refused:
        messages.error(request, f"{refused.message} {refused.advice}")
    else:
        said = (
            gettext("Counting its episodes anew…")
            if is_changed
            else gettext("It is counted so already.")
        )
        messages.success(request, said)


def _let_go(request: HtmxHttpRequest, title: Title, deed: str) -> None:
    files = list_title_files(title)
    formers = pack(Former.of(each) for each in files)
    by = request.user.get_username()
    if deed == "ignore":
        choosing.ignore_files(files=files, by=by)
        said = gettext("{label} is ignored: its files stay out of the library.").format(
            label=title.label
        )
    else:
        choosing.release_match(files=files, by=by)
        identifying.start_identify_files(
            files=files, subject=f"title:{title.pk}", trigger=Job.Trigger.PERSON
        )
        said = gettext("The files of {label} are looked at again.").format(
            label=title.label
        )
    undoing.say_with_undo(request, said, name=UNDO, ids=formers)


@dataclass(frozen=True, slots=True)
class LockedField:
    """A field and whether a person has locked it."""

    field: BoundField
    is_locked: bool


@dataclass(frozen=True, slots=True)
class TitleEditor:
    """All fields of a title."""

    title: Title
    form: TitleForm
    fields: tuple[LockedField, ...]
    versions: tuple[VersionRow, ...] = ()

    @classmethod
    def initial(cls, title: Title) -> dict[str, Any]:
        """Return what stands in the form at first."""
        names = title.genres.order_by("name").values_list("name", flat=True)
        values = {
            name: getattr(title, name)
            for name in TitleForm.base_fields
            if name != "genres"
        }
        return values | {"genres": ", ".join(names)}

    @classmethod
    def build(cls, title: Title, form: TitleForm) -> "TitleEditor":
        """Make it."""
        locked = set(title.locked_fields)
        fields = tuple(LockedField(each, each.name in locked) for each in form)
        return cls(title, form, fields, list_versions(title))


@require_http_methods(["GET", "POST"])
def edit_title(request: HtmxHttpRequest, title_id: int) -> HttpResponse:
    """Write about a title, and lock what no source may overwrite."""
    title = get_object_or_404(Title, pk=title_id)
    form = TitleForm(request.POST or None, initial=TitleEditor.initial(title))
    if request.method == "POST" and form.is_valid():
        editing.edit_title(
            title=title, values=form.cleaned_data, locked=request.POST.getlist("lock")
        )
        messages.success(
            request, gettext("Kept. What you changed is locked: no source undoes it.")
        )
        return redirect("title_detail", title.pk)
    return render(
        request,
        page="library/edit_title.html",
        context=TitleEditor.build(title, form),
        status=UNPROCESSABLE if form.is_bound else 200,
    )


@require_POST
def take_back_version(
    request: HtmxHttpRequest, title_id: int, version_id: int
) -> HttpResponse:
    """Write again what stood there before."""
    version = get_object_or_404(TitleVersion, pk=version_id, title=title_id)
    editing.take_back_version(version=version)
    messages.success(
        request, gettext("It stands there again, and is locked: no source undoes it.")
    )
    return redirect("edit_title", title_id)
