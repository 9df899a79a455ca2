"""Pages that look: health, schedules, statistics, logs, support, about."""

from django.contrib import messages
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST
from django_celery_beat.models import PeriodicTask

from drivearr.lib import logreading
from drivearr.lib.errors import Refused
from drivearr.system.contexts.health import HealthPage
from drivearr.system.contexts.logs import LogPage, log_files, read_wanted
from drivearr.system.contexts.schedules import SchedulesPage, rhythm_words
from drivearr.system.contexts.statistics import StatisticsPage
from drivearr.system.contexts.support import AboutPage, build_support_block
from drivearr.system.services import checking, scheduling
from drivearr.web.access import owner_required
from drivearr.web.http import HtmxHttpRequest, render, say_error, wants_part
from drivearr.web.reading import read_choice, read_id

Answer = FileResponse | HttpResponse | StreamingHttpResponse
LINES_DOWNLOADED = 100_000
NO_NEWS = 204
"""htmx leaves everything as it is."""


@owner_required
@require_GET
def health_page(request: HtmxHttpRequest) -> HttpResponse:
    """Show whether all is as it must be."""
    return render(request, page="system/health_page.html", context=HealthPage.build())


@owner_required
@require_POST
def look_again(request: HtmxHttpRequest) -> HttpResponse:  # noqa: ARG001 - owners only
    """Run the checks now."""
    checking.look()
    return redirect("health_page")


@owner_required
@require_GET
def schedule_list(request: HtmxHttpRequest) -> HttpResponse:
    """Show what happens by itself."""
    context = SchedulesPage.build()
    return render(request, page="system/schedule_list.html", context=context)


@owner_required
@require_POST
def change_schedule(request: HtmxHttpRequest, schedule_id: int) -> HttpResponse:
    """Run a schedule now, pause it, let it go on, or change its rhythm."""
    schedule = get_object_or_404(PeriodicTask, pk=schedule_id)
    deed = read_choice(request.POST.get("deed"), ("run", "pause", "resume", "change"))
    try:
        said = _do(request, schedule, deed)
    except Refused as refused:
        say_error(request, refused.message, refused.advice)
    else:
        messages.success(request, said)
    return redirect("schedule_list")


def _do(request: HtmxHttpRequest, schedule: PeriodicTask, deed: str) -> str:
    if deed == "run":
        scheduling.run_now(schedule)
        return gettext("“{name}” starts now.").format(name=gettext(schedule.name))
    if deed == "change":
        every = read_id(request.POST.get("every")) or 0
        unit = request.POST.get("unit", "")[:20]
        scheduling.change_rhythm(schedule, every=every, unit=unit)
        return gettext("“{name}” runs {rhythm} now.").format(
            name=gettext(schedule.name), rhythm=rhythm_words(every, unit)
        )
    scheduling.set_paused(schedule, is_paused=deed == "pause")
    said = (
        gettext("“{name}” is paused.")
        if deed == "pause"
        else gettext("“{name}” goes on.")
    )
    return said.format(name=gettext(schedule.name))


@owner_required
@require_GET
def statistics_page(request: HtmxHttpRequest) -> HttpResponse:
    """Show figures over time."""
    context = StatisticsPage.build(request.GET)
    return render(request, page="system/statistics_page.html", context=context)


@owner_required
@require_GET
def log_page(request: HtmxHttpRequest) -> HttpResponse:
    """Show the latest lines of the log; to a poll only what came since."""
    is_poll = wants_part(request)
    context = LogPage.build(request.GET, is_whole=not is_poll)
    if is_poll and not context.rows:
        return HttpResponse(status=NO_NEWS)
    return render(
        request,
        page="system/log_page.html",
        part="system/partials/log_news.html",
        context=context,
    )


@owner_required
@require_GET
def download_log(request: HtmxHttpRequest) -> HttpResponse:
    """Give the wanted lines as a text file, the oldest first."""
    files = log_files()
    wanted = read_wanted(request.GET, tuple(f.name.split(".")[0] for f in files))
    lines = logreading.read(files, wanted, most=LINES_DOWNLOADED)
    text = "".join(
        f"{line.at} {line.level:<7} [{line.job or '-'}] {line.part} {line.logger}: "
        f"{line.text}\n{line.more}{chr(10) if line.more else ''}"
        for line in reversed(lines)
    )
    response = HttpResponse(text, content_type="text/plain; charset=utf-8")
    name = f"drivearr-{timezone.localtime():%Y%m%d-%H%M}.log"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@owner_required
@require_GET
def support_page(request: HtmxHttpRequest) -> HttpResponse:
    """Show what helps somebody else to mend a fault here."""
    return render(
        request, page="system/support_page.html", context=build_support_block()
    )


@require_GET
def about_page(request: HtmxHttpRequest) -> HttpResponse:
    """Show what this is and whom it thanks."""
    return render(request, page="system/about_page.html", context=AboutPage.build())
