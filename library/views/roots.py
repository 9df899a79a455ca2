"""Library folders: which there are, adding, scanning, letting go."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
)

from drivearr.jobs.models import Job
from drivearr.lib.errors import Refused
from drivearr.web.access import owner_required
from drivearr.web.http import UNPROCESSABLE, HtmxHttpRequest, render
from drivearr.web.reading import read_id
from library.contexts.folders import FolderForm, Picker, RootList, look_into
from library.forms import PlaceForm, RootForm
from library.models import Root
from library.services import rooting, scanning


@require_GET
def root_list(request: HtmxHttpRequest) -> HttpResponse:
    """All library folders with their state."""
    return render(
        request,
        page="library/root_list.html",
        part="library/partials/root_rows.html",
        context=RootList.build(),
    )


@owner_required
@require_http_methods(["GET", "POST"])
def add_root(request: HtmxHttpRequest) -> HttpResponse:
    """Name a library folder, picked on the server or typed."""
    if request.method == "POST":
        return _add(request)
    asked = request.GET.get("folder", "")
    given = {"path": asked, "kind": request.GET.get("kind") or Root.Kind.MOVIES}
    return _show(request, RootForm(initial=given), Picker.build(asked))


def _show(
    request: HtmxHttpRequest,
    form: PlaceForm,
    picker: Picker,
    refused: Refused | None = None,
    root: Root | None = None,
) -> HttpResponse:
    context = FolderForm(
        form=form,
        picker=picker,
        refusal=refused.message if refused else "",
        advice=refused.advice if refused else "",
        root=root,
    )
    return render(
        request,
        page="library/move_root.html" if root else "library/add_root.html",
        part="library/partials/root_form.html",
        context=context,
        status=UNPROCESSABLE if form.is_bound else 200,
    )


def _add(request: HtmxHttpRequest) -> HttpResponse:
    form = RootForm(request.POST)
    if not form.is_valid():
        return _show(request, form, Picker.build(""))
    try:
        folder = look_into(form.cleaned_data["path"]).path
        if folder is None:
            return _show(request, form, Picker.build(""))
        root = rooting.add_root(path=folder, kind=form.cleaned_data["kind"])
    except Refused as refused:
        return _show(request, form, Picker.build(""), refused)
    scanning.start_scan(root_id=root.pk, trigger=Job.Trigger.PERSON)
    messages.success(
        request,
        gettext("{path} is a library folder now. Looking into it…").format(
            path=root.path
        ),
    )
    return redirect("root_list")


@owner_required
@require_http_methods(["GET", "POST"])
def move_root(request: HtmxHttpRequest, root_id: int) -> HttpResponse:
    """Say where a library folder lies now; all that is known of its files stays."""
    root = get_object_or_404(Root, pk=root_id)
    if request.method == "GET":
        asked = request.GET.get("folder", "")
        form = PlaceForm(initial={"path": asked})
        return _show(request, form, Picker.build(asked), root=root)
    form, refused = PlaceForm(request.POST), None
    if form.is_valid():
        try:
            folder = look_into(form.cleaned_data["path"]).path
            if folder is not None:
                rooting.move_root(root=root, path=folder)
        except Refused as refusal:
            refused = refusal
        else:
            if folder is not None:
                return _moved(request, root)
    return _show(request, form, Picker.build(""), refused, root)


def _moved(request: HtmxHttpRequest, root: Root) -> HttpResponse:
    scanning.start_scan(root_id=root.pk, trigger=Job.Trigger.PERSON)
    told = gettext("It lies in {path} now. Looking what else changed…")
    messages.success(request, told.format(path=root.path))
    return redirect("root_list")


@owner_required
@require_POST
def scan_root(request: HtmxHttpRequest, root_id: int) -> HttpResponse:
    """Look what changed; `deep` looks at every file again, `confirmed` answers a hold."""
    root = get_object_or_404(Root, pk=root_id)
    scanning.start_scan(
        root_id=root.pk,
        deep="deep" in request.POST,
        confirmed="confirmed" in request.POST,
        trigger=Job.Trigger.PERSON,
    )
    return redirect("root_list")


@owner_required
@require_POST
def poll_root(request: HtmxHttpRequest, root_id: int) -> HttpResponse:
    """Say how often changes are looked for that nobody tells of."""
    root = get_object_or_404(Root, pk=root_id)
    asked = request.POST.get("minutes", "")
    try:
        minutes = 0 if asked == "0" else read_id(asked) or -1
        rooting.set_poll(root=root, minutes=minutes)
    except Refused as refused:
        messages.error(request, f"{refused.message} {refused.advice}")
    else:
        messages.success(request, gettext("Kept for {path}.").format(path=root.path))
    return redirect("root_list")


@owner_required
@require_http_methods(["GET", "POST"])
def remove_root(request: HtmxHttpRequest, root_id: int) -> HttpResponse:
    """Ask, then forget a library folder; no file is touched."""
    root = get_object_or_404(Root, pk=root_id)
    if request.method == "GET":
        return render(
            request, page="library/remove_root.html", context=RootList.of(root)
        )
    rooting.remove_root(root=root)
    messages.success(
        request,
        gettext("{path} is forgotten. Its files were not touched.").format(
            path=root.path
        ),
    )
    return redirect("root_list")
