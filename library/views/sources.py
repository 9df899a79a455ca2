"""Where facts come from: order, keys, episode orders, and whether a key is taken."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
)

from drivearr.jobs.models import Job
from drivearr.lib.errors import DrivearrError
from drivearr.web.access import owner_required
from drivearr.web.http import UNPROCESSABLE, HtmxHttpRequest, render
from library.contexts.sources import SourceList, SourceRow, find_row
from library.forms import KeyForm
from library.services import arranging, identifying
from library.services.gating import wake_sources


@owner_required
@require_GET
def source_list(request: HtmxHttpRequest) -> HttpResponse:
    """All sources in their order."""
    return render(request, page="library/source_list.html", context=SourceList.build())


@owner_required
@require_POST
def change_source(request: HtmxHttpRequest, name: str) -> HttpResponse:
    """Do what the pressed button says: move, switch, choose an order, try, wake."""
    try:
        said = _change(
            name, request.POST.get("deed", ""), request.POST.get("order", "")
        )
    except DrivearrError as refused:
        messages.error(request, f"{refused.message} {refused.advice}")
    else:
        messages.success(request, said)
    return redirect("source_list")


def _change(name: str, deed: str, order: str) -> str:
    """Return what to say. Raises: DrivearrError."""
    label = arranging.find_row(name).label
    if deed in {"up", "down"}:
        followed = arranging.move(name=name, places=-1 if deed == "up" else 1)
        said = gettext("{label} moved.").format(label=label)
        return f"{said} {followed.sentence}".strip()
    if deed in {"on", "off"}:
        followed = arranging.switch(name=name, is_on=deed == "on")
        return f"{label}: {deed}. {followed.sentence}".strip()
    if deed == "order":
        arranging.choose_order(name=name, order=order)
        return gettext("Kept. Its shows are counted anew at the next look.")
    if deed == "wake":
        wake_sources()
        identifying.start_identify(trigger=Job.Trigger.PERSON)
        return gettext("Asking again.")
    if deed == "check":
        arranging.check(name=name)
        return gettext("{label} answers and takes the key.").format(label=label)
    raise Http404


@dataclass(frozen=True, slots=True)
class KeyPage:
    """The form of a source's key."""

    row: SourceRow
    form: KeyForm
    refusal: str = ""
    advice: str = ""


@owner_required
@require_http_methods(["GET", "POST"])
def edit_source_key(request: HtmxHttpRequest, name: str) -> HttpResponse:
    """Enter a source's key, which is tried at once; or forget it."""
    row = find_row(name)
    if row is None or not row.is_outside:
        raise Http404
    form = KeyForm(request.POST or None)
    if request.method == "POST" and "forget" in request.POST:
        arranging.keep_key(name=name, key="")
        messages.success(
            request, gettext("The key of {label} is forgotten.").format(label=row.label)
        )
        return redirect("source_list")
    page = KeyPage(row, form)
    if request.method == "POST" and form.is_valid():
        try:
            return _keep(request, row.label, name, form)
        except DrivearrError as refused:
            page = KeyPage(row, form, refused.message, refused.advice)
    status = UNPROCESSABLE if form.is_bound else 200
    return render(
        request, page="library/edit_source_key.html", context=page, status=status
    )


def _keep(
    request: HtmxHttpRequest, label: str, name: str, form: KeyForm
) -> HttpResponse:
    given = form.cleaned_data
    arranging.keep_key(name=name, key=given["key"], pin=given["pin"])
    arranging.check(name=name)
    identifying.start_identify(trigger=Job.Trigger.PERSON)
    messages.success(
        request,
        gettext("{label} takes the key. Looking for what it knows…").format(
            label=label
        ),
    )
    return redirect("source_list")
