"""Pages on background work."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET, require_POST

from drivearr.jobs.contexts import JobList, JobPage
from drivearr.jobs.errors import ErrorList
from drivearr.jobs.models import Job
from drivearr.jobs.services import request_cancel, resolve
from drivearr.web.http import HtmxHttpRequest, render


@require_GET
def job_list(request: HtmxHttpRequest) -> HttpResponse:
    """All jobs, the newest first."""
    return render(
        request,
        page="jobs/job_list.html",
        part="jobs/partials/job_rows.html",
        context=JobList.build(request.GET),
    )


@require_GET
def job_detail(request: HtmxHttpRequest, job_id: int) -> HttpResponse:
    """One job."""
    job = get_object_or_404(Job, pk=job_id)
    return render(
        request,
        page="jobs/job_detail.html",
        part="jobs/partials/job_facts.html",
        context=JobPage.build(job, is_staff=request.user.is_staff),
    )


@require_GET
def error_list(request: HtmxHttpRequest) -> HttpResponse:
    """Failures that nobody has resolved, alike ones together."""
    context = ErrorList.build(today=timezone.localdate())
    return render(request, page="jobs/error_list.html", context=context)


@require_POST
def resolve_errors(request: HtmxHttpRequest) -> HttpResponse:
    """Say that failures of one sort need no more attention."""
    count = resolve(
        kind=request.POST.get("kind", ""), code=request.POST.get("code", "")
    )
    said = ngettext(
        "{n} failure is resolved. A new one shows up again.",
        "{n} failures are resolved. A new one shows up again.",
        count,
    )
    messages.success(request, said.format(n=count))
    return redirect("error_list")


@require_POST
def cancel_job(request: HtmxHttpRequest, job_id: int) -> HttpResponse:
    """Ask a job to stop."""
    job = get_object_or_404(Job, pk=job_id)
    if request_cancel(job=job):
        messages.success(request, gettext("It stops at the next safe point."))
    else:
        messages.info(request, gettext("It was over already, or is stopping."))
    return redirect("job_detail", job_id)
