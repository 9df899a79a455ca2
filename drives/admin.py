"""Drives for power users: what they hold, what happened, and their profiles."""

from typing import ClassVar

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from drives.models import (
    Attachment,
    Drive,
    DriveFile,
    DriveScan,
    HealthReading,
    SyncRecord,
)


class ReadOnly:
    """What is found on drives is shown; an edit here would be a lie."""

    def has_add_permission(self, _request: HttpRequest, _obj: object = None) -> bool:
        """Nothing is added by hand."""
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: object = None) -> bool:
        """Nothing is changed by hand."""
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: object = None) -> bool:
        """Nothing is deleted by hand."""
        return False


class AttachmentInline(ReadOnly, admin.TabularInline[Attachment, Drive]):
    """Where the drive is, and was."""

    model = Attachment
    fields = ("host", "path", "filesystem", "attached_at", "detached_at")
    ordering = ("-attached_at", "-pk")
    verbose_name_plural = gettext_lazy("Where it is and was")
    max_num = 0


class HealthReadingInline(ReadOnly, admin.TabularInline[HealthReading, Drive]):
    """Evidence on the drive's health."""

    model = HealthReading
    fields = ("at", "source", "verdict", "message", "value")
    ordering = ("-at", "-pk")
    verbose_name_plural = gettext_lazy("Evidence on its health")
    max_num = 0


@admin.register(Drive)
class DriveAdmin(admin.ModelAdmin[Drive]):
    """Drives; the profile can be edited, the identity cannot."""

    list_display = ("name", "where", "files_there", "health", "last_seen_at", "trouble")
    list_filter = ("health", "is_folder", "is_paused", "verification", "side_files")
    search_fields = ("name", "owner", "label", "uuid", "filesystem_uuid")
    ordering = ("name", "pk")
    inlines = (AttachmentInline, HealthReadingInline)
    readonly_fields = (
        "uuid",
        "is_folder",
        "filesystem_uuid",
        "label",
        "added_at",
        "last_seen_at",
        "trouble",
        "manifest_generation",
        "manifest_is_due",
        "write_bytes_per_second",
        # Chosen on the drive's page, which looks whether rsync is there.
        "engine",
        "rsync_flags",
        "fence",
    )
    fieldsets: ClassVar = (
        (None, {"fields": ("name", "owner", "trouble")}),
        (
            gettext_lazy("How it wants to be filled"),
            {
                "fields": (
                    "side_files",
                    "outdated",
                    "makes_room",
                    "verification",
                    "engine",
                    "rsync_flags",
                    "reserve_bytes",
                    "is_paused",
                )
            },
        ),
        ("Health", {"fields": ("health", "health_reason")}),
        (
            gettext_lazy("What it is"),
            {
                "fields": (
                    "uuid",
                    "is_folder",
                    "filesystem_uuid",
                    "label",
                    "added_at",
                    "last_seen_at",
                    "manifest_generation",
                    "manifest_is_due",
                    "write_bytes_per_second",
                    "fence",
                )
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Drive]:
        """Count files and find the place in the list's own query."""
        there = Q(files__state=DriveFile.State.PRESENT)
        rows = super().get_queryset(request).prefetch_related("attachments")
        return rows.annotate(files_count=Count("files", filter=there))

    def has_add_permission(self, _request: HttpRequest) -> bool:
        """A drive is added where it is: on its page, or by `drivearr drives add`."""
        return False

    @admin.display(description=gettext_lazy("Where"))
    def where(self, drive: Drive) -> str:
        """Return its path now; a dash when it is in a drawer."""
        paths = [a.path for a in drive.attachments.all() if a.detached_at is None]
        return paths[0] if paths else "-"

    @admin.display(description=gettext_lazy("Files"), ordering="files_count")
    def files_there(self, drive: Drive) -> int:
        """Return how many files are there."""
        return int(getattr(drive, "files_count", 0))

    def save_model(
        self,
        request: HttpRequest,
        obj: Drive,
        form: object,
        change: bool,  # noqa: FBT001 - as Django calls it
    ) -> None:
        """Save, and have the manifest on the drive follow."""
        obj.manifest_is_due = obj.manifest_whole_is_due = True
        super().save_model(request, obj, form, change)


@admin.register(DriveFile)
class DriveFileAdmin(ReadOnly, admin.ModelAdmin[DriveFile]):
    """Files on drives."""

    list_display = (
        "relpath",
        "drive",
        "title",
        "kind",
        "origin",
        "state",
        "size_bytes",
        "verified_by",
        "verified_at",
    )
    list_filter = ("drive", "state", "origin", "kind", "verified_by", "recognised_by")
    search_fields = ("relpath", "title__name", "sha256")
    list_select_related = ("drive", "title")
    ordering = ("drive", "relpath", "pk")
    show_full_result_count = False


@admin.register(SyncRecord)
class SyncRecordAdmin(ReadOnly, admin.ModelAdmin[SyncRecord]):
    """What happened to drives."""

    list_display = (
        "at",
        "drive",
        "action",
        "title_name",
        "relpath",
        "size_bytes",
        "verified_by",
        "code",
    )
    list_filter = ("action", "drive", "verified_by", "at")
    search_fields = ("title_name", "relpath", "message", "code")
    list_select_related = ("drive",)
    date_hierarchy = "at"
    ordering = ("-at", "-pk")
    show_full_result_count = False


@admin.register(DriveScan)
class DriveScanAdmin(ReadOnly, admin.ModelAdmin[DriveScan]):
    """Scans and verifications."""

    list_display = (
        "started_at",
        "drive",
        "kind",
        "seen",
        "ours",
        "foreign",
        "recognised",
        "altered",
        "vanished",
        "errors",
    )
    list_filter = ("kind", "drive")
    list_select_related = ("drive",)
    ordering = ("-started_at", "-pk")
