"""The queue, a drive's plan, and where a title could go."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from drivearr.web.http import HtmxHttpRequest, render
from drives.models import Drive
from syncqueue.contexts.lanes import Queue
from syncqueue.contexts.plans import NamesPage, PlanPage


@require_GET
def queue(request: HtmxHttpRequest) -> HttpResponse:
    """What each drive waits for, with live progress."""
    return render(
        request,
        page="syncqueue/queue.html",
        part="syncqueue/partials/lanes.html",
        context=Queue.build(request.GET),
    )


@require_GET
def plan_detail(request: HtmxHttpRequest, drive_id: int) -> HttpResponse:
    """What would be done for a drive's wishes, before a byte moves."""
    drive = get_object_or_404(Drive, pk=drive_id)
    return render(
        request, page="syncqueue/plan_detail.html", context=PlanPage.build(drive)
    )


@require_GET
def drive_names(request: HtmxHttpRequest, drive_id: int) -> HttpResponse:
    """Which files on a drive carry names that their titles have no more."""
    drive = get_object_or_404(Drive, pk=drive_id)
    return render(
        request, page="syncqueue/drive_names.html", context=NamesPage.build(drive)
    )
