"""Wishes and copies in the admin; actions call the services the pages call."""

from collections.abc import Callable

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext, gettext_lazy

from drivearr.web.read_only import ReadOnlyAdmin
from syncqueue.models import Copy, CopyRun, QueueItem
from syncqueue.services import wishing


class CopyInline(admin.TabularInline[Copy, QueueItem]):
    """The files of a wish."""

    model = Copy
    fields = readonly_fields = (
        "relpath",
        "state",
        "size_bytes",
        "durable_bytes",
        "verified_bytes",
        "attempts",
        "error_message",
    )
    extra = max_num = 0
    can_delete = False


@admin.register(QueueItem)
class QueueItemAdmin(ReadOnlyAdmin):
    """Wishes."""

    list_display = (
        "id",
        "drive",
        "title",
        "season",
        "item",
        "state",
        "priority",
        "created_by",
        "created_at",
        "error_code",
    )
    list_filter = ("state", "drive", "error_code", "created_at")
    search_fields = ("title__name", "title__search_text", "error_message")
    list_select_related = ("drive", "title", "season", "item", "created_by")
    date_hierarchy = "created_at"
    ordering = ("-created_at", "-pk")
    inlines = [CopyInline]
    actions = ["pause", "resume", "retry", "cancel"]

    def _each(
        self,
        request: HttpRequest,
        wishes: "QuerySet[QueueItem]",
        deed: Callable[..., bool],
        said: str,
    ) -> None:
        count = sum(deed(wish=wish) for wish in wishes)
        self.message_user(
            request,
            said.format(n=count),
            messages.SUCCESS,
        )

    @admin.action(description=gettext_lazy("Pause"))
    def pause(self, request: HttpRequest, queryset: "QuerySet[QueueItem]") -> None:
        """Stop working on them."""
        self._each(request, queryset, wishing.pause_wish, gettext("{n} wishes paused."))

    @admin.action(description=gettext_lazy("Resume"))
    def resume(self, request: HttpRequest, queryset: "QuerySet[QueueItem]") -> None:
        """Let them go on."""
        self._each(
            request, queryset, wishing.resume_wish, gettext("{n} wishes resumed.")
        )

    @admin.action(description=gettext_lazy("Try failed ones again"))
    def retry(self, request: HttpRequest, queryset: "QuerySet[QueueItem]") -> None:
        """Try again."""
        self._each(
            request, queryset, wishing.retry_wish, gettext("{n} wishes waiting again.")
        )

    @admin.action(description=gettext_lazy("Withdraw (what is on the drive stays)"))
    def cancel(self, request: HttpRequest, queryset: "QuerySet[QueueItem]") -> None:
        """Withdraw."""
        self._each(request, queryset, wishing.cancel_wish, "withdrawn")


@admin.register(Copy)
class CopyAdmin(ReadOnlyAdmin):
    """Files going to drives."""

    list_display = (
        "id",
        "drive",
        "relpath",
        "state",
        "size_bytes",
        "durable_bytes",
        "attempts",
        "bytes_per_second",
        "error_code",
        "finished_at",
    )
    list_filter = ("state", "drive", "error_code")
    search_fields = ("relpath", "source_path", "error_message")
    list_select_related = ("drive",)
    ordering = ("-pk",)


@admin.register(CopyRun)
class CopyRunAdmin(ReadOnlyAdmin):
    """Runs of copying."""

    list_display = (
        "id",
        "drive",
        "started_at",
        "finished_at",
        "files_done",
        "files_failed",
        "bytes_done",
        "fence",
    )
    list_filter = ("drive",)
    list_select_related = ("drive",)
    ordering = ("-started_at", "-pk")
