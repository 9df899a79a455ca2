"""The start: steps from an empty house to the first scan."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from drivearr.system.contexts.start import SKIPPABLE, StartPage
from drivearr.web.access import owner_required
from drivearr.web.http import HtmxHttpRequest, render
from drivearr.web.models import Kept
from drivearr.web.navigation import START
from drivearr.web.reading import read_choice


@owner_required
@require_GET
def start(request: HtmxHttpRequest) -> HttpResponse:
    """Show the steps, the next one open."""
    return render(
        request,
        page="system/start.html",
        part="system/partials/steps.html",
        context=StartPage.build(),
    )


@owner_required
@require_POST
def change_start(request: HtmxHttpRequest) -> HttpResponse:
    """Skip a step, come back to it, or end the start."""
    kept = Kept.read(START, {})
    skipped = set(kept.get("skipped", ()))
    step = read_choice(request.POST.get("step"), SKIPPABLE)
    deed = read_choice(request.POST.get("deed"), ("skip", "back", "end"))
    if deed == "end":
        Kept.write(START, {"skipped": sorted(skipped), "is_over": True})
        return redirect("dashboard")
    if step:
        skipped = skipped | {step} if deed == "skip" else skipped - {step}
        Kept.write(START, {"skipped": sorted(skipped), "is_over": False})
    return redirect("start")
