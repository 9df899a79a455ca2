"""What people answer when the library has newer files than a drive."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST

from drivearr.web.http import HtmxHttpRequest, safe_next
from drivearr.web.reading import read_ids
from drivearr.web.undoing import say_with_undo
from drives.models import Drive
from syncqueue.services import outdating, renewing, starting, wishing


@require_POST
def renew_on_drive(request: HtmxHttpRequest, drive_id: int) -> HttpResponse:
    """Let newer files take the place of a title's copies, or of all that are asked for."""
    drive = get_object_or_404(Drive, pk=drive_id)
    asked = None if "all" in request.POST else read_ids(request.POST.getlist("title"))
    made = renewing.renew(drive=drive, title_ids=asked, by=request.user)
    if made:
        starting.begin(drive=drive)
        titles = len({wish.title_id for wish in made})
        told = ngettext(
            "{n} title is renewed on “{drive}”.",
            "{n} titles are renewed on “{drive}”.",
            titles,
        ).format(n=f"{titles:,}", drive=drive.name)
        say_with_undo(
            request, told, name=wishing.WISHED, ids=[wish.pk for wish in made]
        )
    else:
        _say_late(request)
    return _back(request, drive)


@require_POST
def keep_on_drive(request: HtmxHttpRequest, drive_id: int) -> HttpResponse:
    """Keep a title's copies as they are until the library's file changes again."""
    drive = get_object_or_404(Drive, pk=drive_id)
    asked = read_ids(request.POST.getlist("title"))
    if outdating.keep(drive=drive, title_ids=asked):
        messages.success(
            request,
            gettext("“{drive}” keeps its copy.").format(drive=drive.name),
        )
    else:
        _say_late(request)
    return _back(request, drive)


def _say_late(request: HtmxHttpRequest) -> None:
    messages.info(request, gettext("It is up to date, or being renewed already."))


def _back(request: HtmxHttpRequest, drive: Drive) -> HttpResponse:
    return HttpResponseRedirect(
        safe_next(request, reverse("plan_detail", args=[drive.pk]))
    )
