"""Background work in the admin: to look at, and to ask to stop."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext, gettext_lazy

from drivearr.jobs.models import Job, JobIssue
from drivearr.jobs.services import request_cancel
from drivearr.web.read_only import ReadOnlyAdmin


class IssueInline(admin.TabularInline[JobIssue, Job]):
    """What went wrong while the run went on."""

    model = JobIssue
    fields = readonly_fields = ("at", "severity", "code", "path", "message", "advice")
    extra = 0
    can_delete = False
    max_num = 0
    show_change_link = False


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    """Runs of background work."""

    list_display = (
        "id",
        "kind",
        "subject",
        "state",
        "how_far",
        "trigger",
        "queued_at",
        "took",
        "issue_count",
        "error_code",
    )
    list_filter = ("state", "kind", "trigger", "queued_at")
    search_fields = ("subject", "error_message", "note", "worker")
    date_hierarchy = "queued_at"
    ordering = ("-queued_at", "-pk")
    inlines = [IssueInline]
    actions = ["cancel"]

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Job]":
        """Count issues along."""
        jobs: QuerySet[Job] = super().get_queryset(request)
        return jobs.annotate(issue_total=Count("issues"))

    @admin.display(description=gettext_lazy("done"))
    def how_far(self, job: Job) -> str:
        """How much is done, in percent where the total is known."""
        return f"{job.done}" if job.percent is None else f"{job.percent} %"

    @admin.display(description=gettext_lazy("seconds"))
    def took(self, job: Job) -> str:
        """How long it ran."""
        if job.started_at is None or job.finished_at is None:
            return ""
        return f"{(job.finished_at - job.started_at).total_seconds():.1f}"

    @admin.display(description=gettext_lazy("issues"), ordering="issue_total")
    def issue_count(self, job: Any) -> int:
        """How many files went wrong."""
        count: int = job.issue_total
        return count

    @admin.action(description=gettext_lazy("Ask to stop"))
    def cancel(self, request: HttpRequest, queryset: "QuerySet[Job]") -> None:
        """Cancel queued jobs, ask running ones to stop."""
        asked = sum(request_cancel(job=job) for job in queryset)
        self.message_user(
            request,
            gettext("{asked} asked to stop.").format(asked=asked),
            messages.SUCCESS,
        )


@admin.register(JobIssue)
class JobIssueAdmin(ReadOnlyAdmin):
    """Files that went wrong, over all runs."""

    list_display = ("id", "at", "severity", "code", "path", "message", "job")
    list_filter = ("severity", "code", "at")
    search_fields = ("path", "message")
    list_select_related = ("job",)
    ordering = ("-at", "-pk")
