"""Many titles at once: choose a drive for them, and wish for all of them there."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST

from drivearr.web.http import HtmxHttpRequest, render
from drivearr.web.reading import read_id
from drivearr.web.rights import narrowed_to
from drivearr.web.undoing import say_with_undo
from drives.models import Drive
from syncqueue.contexts.choosing import Choosing, Chosen
from syncqueue.services import starting, wishing


@require_POST
def choose_drive(request: HtmxHttpRequest) -> HttpResponse:
    """Show what the chosen titles weigh, and on which drive they fit."""
    chosen = Chosen.read(request.POST)
    if not chosen.title_ids:
        messages.info(request, gettext("Tick some titles first."))
        return redirect("title_list")
    context = Choosing.build(chosen, subjects=narrowed_to(request.user))
    return render(request, page="syncqueue/choose_drive.html", context=context)


@require_POST
def put_many(request: HtmxHttpRequest) -> HttpResponse:
    """Wish for the chosen titles on a drive, and show the plan."""
    drive = get_object_or_404(Drive, pk=read_id(request.POST.get("drive")))
    chosen = Chosen.read(request.POST)
    made = wishing.add_missing(drive=drive, by=request.user, title_ids=chosen.title_ids)
    if not made:
        messages.info(
            request,
            gettext("“{drive}” has all of it, or waits for it already.").format(
                drive=drive.name
            ),
        )
        return redirect("drive_detail", drive.pk)
    said = ngettext(
        "{n} title goes on “{drive}”.", "{n} titles go on “{drive}”.", len(made)
    )
    say_with_undo(
        request,
        said.format(n=f"{len(made):,}", drive=drive.name),
        name=wishing.WISHED,
        ids=[wish.pk for wish in made],
    )
    starting.begin(drive=drive)
    return redirect("plan_detail", drive.pk)
