"""The drawer of past notices, and where they go outside."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
)

from drivearr.lib.errors import Refused
from drivearr.system.forms import OutgoingForm
from drivearr.system.services import telling
from drivearr.web.access import owner_required
from drivearr.web.http import UNPROCESSABLE, HtmxHttpRequest, render, say_error
from drivearr.web.models import Member, Notice
from drivearr.web.paging import Span

PER_PAGE = 40


@dataclass(frozen=True, slots=True)
class NoticesPage:
    """What was said, the newest first."""

    notices: tuple[Notice, ...]
    span: Span


@require_GET
def notice_list(request: HtmxHttpRequest) -> HttpResponse:
    """Show past notices: those for all, and the answers one got."""
    mine = Notice.objects.for_user(request.user.pk)
    span = Span.of(asked=request.GET.get("page"), total=mine.count(), per_page=PER_PAGE)
    shown = tuple(mine.newest_first()[span.start : span.stop])
    context = NoticesPage(shown, span)
    return render(
        request,
        page="system/notice_list.html",
        part="system/partials/notice_drawer.html",
        context=context,
    )


@require_POST
def mark_notices_seen(request: HtmxHttpRequest) -> HttpResponse:
    """Say that all notices were seen."""
    Member.objects.update_or_create(
        user=request.user, defaults={"notices_seen_at": timezone.now()}
    )
    return redirect("notice_list")


@dataclass(frozen=True, slots=True)
class OutgoingPage:
    """The form, and whether there is an address already."""

    form: OutgoingForm
    addresses: tuple[str, ...]
    """Only the kind of each: the rest is secret."""


@owner_required
@require_http_methods(["GET", "POST"])
def edit_outgoing(request: HtmxHttpRequest) -> HttpResponse:
    """Choose where notices go, and which."""
    kept = telling.read_outgoing()
    initial = {"events": kept.events, "digest_hours": str(kept.digest_hours)}
    form = OutgoingForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        urls = "" if given["forget"] else given["urls"].strip() or None
        telling.write_outgoing(
            urls=urls, events=given["events"], digest_hours=given["digest_hours"]
        )
        messages.success(request, gettext("Kept."))
        return redirect("edit_outgoing")
    kinds = tuple(f"{each.partition('://')[0]}://…" for each in kept.addresses())
    return render(
        request,
        page="system/edit_outgoing.html",
        context=OutgoingPage(form, kinds),
        status=UNPROCESSABLE if form.is_bound else 200,
    )


@owner_required
@require_POST
def test_outgoing(request: HtmxHttpRequest) -> HttpResponse:
    """Send a message to the addresses that are kept."""
    addresses = telling.read_outgoing().addresses()
    if not addresses:
        say_error(
            request,
            gettext("No address is kept yet."),
            gettext("Enter one and save it first."),
        )
        return redirect("edit_outgoing")
    try:
        telling.send(
            addresses,
            title=gettext("Drivearr: a test"),
            body=gettext("If you can read this, notices from Drivearr get here."),
        )
    except Refused as refused:
        say_error(request, refused.message, refused.advice)
    else:
        messages.success(request, gettext("The test message was taken."))
    return redirect("edit_outgoing")
