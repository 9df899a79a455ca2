"""The library for a power user: look at everything, change what stays true.

What a scan or a source writes is shown, not edited: the next run would overwrite it, and
until then it would lie. A person's word is given by actions, through the services.
"""

from typing import Any

import humanize
from django.contrib import admin, messages
from django.contrib.admin import ModelAdmin, TabularInline
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.text import Truncator
from django.utils.translation import gettext, gettext_lazy, ngettext

from drivearr.jobs.models import Job
from library.models import (
    Artwork,
    Collection,
    Credit,
    ExternalId,
    Genre,
    Item,
    LibraryScan,
    MediaFile,
    MediaFileItem,
    Person,
    Root,
    Season,
    SideFile,
    SourceReply,
    Studio,
    Title,
    WatchState,
)
from library.services import choosing, identifying, scanning


class _Shown:
    """Rows that only Drivearr itself writes."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False


class _Kept(_Shown):
    """Rows that nobody deletes by hand either."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False


@admin.register(Root)
class RootAdmin(ModelAdmin[Root]):
    """Roots: path and kind are fixed once named (add one on the Folders page)."""

    list_display = ("path", "kind", "state", "files", "missing", "last_scan_at")
    list_filter = ("kind", "state")
    search_fields = ("path",)
    ordering = ("path", "pk")
    readonly_fields = (
        *("path", "state", "state_reason", "device", "added_at", "last_scan_at"),
    )
    actions = ("scan", "scan_deeply", "confirm_missing", "identify_again")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Root]:
        """Count the files in the one query of the list."""
        return (
            super()
            .get_queryset(request)
            .annotate(
                present_count=Count("media_files", Q(media_files__state="PRESENT")),
                missing_count=Count("media_files", Q(media_files__state="MISSING")),
            )
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody: a new root is checked by the service behind the Folders page."""
        return False

    @admin.display(description=gettext_lazy("Files"), ordering="present_count")
    def files(self, root: Any) -> int:
        """Return how many are there."""
        return int(root.present_count)

    @admin.display(description=gettext_lazy("Missing"), ordering="missing_count")
    def missing(self, root: Any) -> int:
        """Return how many are gone."""
        return int(root.missing_count)

    @admin.action(description=gettext_lazy("Scan now"))
    def scan(self, request: HttpRequest, roots: QuerySet[Root]) -> None:
        """Queue scans."""
        self._start(request, roots)

    @admin.action(description=gettext_lazy("Scan deeply: read every fingerprint again"))
    def scan_deeply(self, request: HttpRequest, roots: QuerySet[Root]) -> None:
        """Queue deep scans."""
        self._start(request, roots, deep=True)

    @admin.action(
        description=gettext_lazy("Scan and confirm: what is gone was deleted")
    )
    def confirm_missing(self, request: HttpRequest, roots: QuerySet[Root]) -> None:
        """Queue confirmed scans."""
        self._start(request, roots, confirmed=True)

    @admin.action(description=gettext_lazy("Identify all files again"))
    def identify_again(self, request: HttpRequest, roots: QuerySet[Root]) -> None:
        """Queue identifying."""
        for root in roots:
            identifying.start_identify(
                root_id=root.pk, again=True, trigger=Job.Trigger.PERSON
            )
        self.message_user(
            request,
            ngettext(
                "Queued for {n} folder.", "Queued for {n} folders.", len(roots)
            ).format(n=len(roots)),
        )

    def _start(self, request: HttpRequest, roots: QuerySet[Root], **how: bool) -> None:
        for root in roots:
            scanning.start_scan(root_id=root.pk, trigger=Job.Trigger.PERSON, **how)
        self.message_user(
            request,
            ngettext(
                "Queued scans of {n} folder.",
                "Queued scans of {n} folders.",
                len(roots),
            ).format(n=len(roots)),
        )


class _SideFiles(_Kept, TabularInline[SideFile, MediaFile]):
    model = SideFile
    extra = 0
    fields = ("relpath", "kind", "language", "role", "size_bytes")
    ordering = ("relpath",)


class _Held(_Kept, TabularInline[MediaFileItem, MediaFile]):
    model = MediaFileItem
    extra = 0
    ordering = ("position",)


@admin.register(MediaFile)
class MediaFileAdmin(_Shown, ModelAdmin[MediaFile]):
    """Media files; a person's word by action, a match by the Unmatched page."""

    list_display = (
        *("relpath", "root", "size", "state", "match_state", "title"),
        *("match_score", "matched_by", "reason"),
    )
    list_filter = (
        *("state", "match_state", "matched_by", "root", "resolution"),
        "first_seen_at",
    )
    list_select_related = ("root", "title")
    search_fields = ("relpath", "title__name", "fingerprint")
    ordering = ("root", "relpath", "pk")
    date_hierarchy = "first_seen_at"
    show_full_result_count = False
    inlines = (_Held, _SideFiles)
    actions = ("ignore", "release")

    @admin.display(description=gettext_lazy("Size"), ordering="size_bytes")
    def size(self, file: MediaFile) -> str:
        """Return the size as people say it."""
        return humanize.naturalsize(file.size_bytes)

    @admin.display(description=gettext_lazy("Reason"))
    def reason(self, file: MediaFile) -> str:
        """Return the beginning of the reason."""
        return Truncator(file.match_reason).chars(80)

    @admin.action(description=gettext_lazy("Ignore: nothing to watch"))
    def ignore(self, request: HttpRequest, files: QuerySet[MediaFile]) -> None:
        """Ignore, as a person's word."""
        choosing.ignore_files(files=list(files), by=request.user)
        self.message_user(request, gettext("Ignored."))

    @admin.action(description=gettext_lazy("Release: let Drivearr decide again"))
    def release(self, request: HttpRequest, files: QuerySet[MediaFile]) -> None:
        """Take a person's word back."""
        choosing.release_match(files=list(files), by=request.user)
        self.message_user(request, gettext("Released."), messages.SUCCESS)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only files that are gone: the row of a file that is there would come back."""
        return obj is not None and obj.state == MediaFile.State.MISSING


class _Ids(TabularInline[ExternalId, Title]):
    model = ExternalId
    extra = 0
    fields = ("source", "value")


class _Seasons(_Kept, TabularInline[Season, Title]):
    model = Season
    extra = 0
    fields = ("number", "name")
    ordering = ("number",)


class _Credits(_Kept, TabularInline[Credit, Title]):
    model = Credit
    extra = 0
    fields = ("person", "role", "character", "position")
    ordering = ("position",)


class _Pictures(_Kept, TabularInline[Artwork, Title]):
    model = Artwork
    extra = 0
    fields = ("season", "role", "origin", "source", "width", "height", "fetched_at")


@admin.register(Title)
class TitleAdmin(ModelAdmin[Title]):
    """Titles: words may be edited; what makes it this title may not."""

    list_display = ("name", "year", "kind", "files", "facts_from", "rating", "added_at")
    list_filter = ("kind", "facts_from", "status", "genres")
    search_fields = ("name", "original_name", "search_text", "external_ids__value")
    ordering = ("sort_name", "year", "pk")
    date_hierarchy = "added_at"
    readonly_fields = (
        *("identity_key", "search_text", "facts_from", "facts_at", "added_at"),
    )
    autocomplete_fields = ("genres", "studios", "collections")
    inlines = (_Ids, _Seasons, _Pictures, _Credits)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Title]:
        """Count the files in the one query of the list."""
        rows = super().get_queryset(request)
        present = Q(media_files__state="PRESENT")
        return rows.annotate(file_count=Count("media_files", present, distinct=True))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody: titles come with files."""
        return False

    @admin.display(description=gettext_lazy("Files"), ordering="file_count")
    def files(self, title: Any) -> int:
        """Return how many are there."""
        return int(title.file_count)


@admin.register(Item)
class ItemAdmin(_Shown, ModelAdmin[Item]):
    """Items: movies themselves, and episodes."""

    list_display = ("name", "title", "season", "number", "absolute_number", "air_date")
    list_filter = ("title__kind",)
    list_select_related = ("title", "season")
    search_fields = ("name", "title__name")
    ordering = ("title__sort_name", "season__number", "number", "pk")
    show_full_result_count = False


@admin.register(LibraryScan)
class LibraryScanAdmin(_Kept, ModelAdmin[LibraryScan]):
    """What every scan found."""

    list_display = (
        *("started_at", "root", "is_deep", "seen", "added", "changed", "moved"),
        *("missing", "returned", "unchanged", "ignored", "errors", "finished_at"),
    )
    list_filter = ("root", "is_deep")
    list_select_related = ("root",)
    ordering = ("-started_at", "-pk")
    date_hierarchy = "started_at"


@admin.register(SideFile)
class SideFileAdmin(_Kept, ModelAdmin[SideFile]):
    """Subtitles, .nfo files and artwork beside the videos."""

    list_display = ("relpath", "root", "kind", "language", "role", "media_file")
    list_filter = ("kind", "role", "language", "root")
    list_select_related = ("root", "media_file")
    search_fields = ("relpath",)
    ordering = ("root", "relpath", "pk")
    show_full_result_count = False


@admin.register(Artwork)
class ArtworkAdmin(_Shown, ModelAdmin[Artwork]):
    """Pictures; delete one to have it looked for again."""

    list_display = (
        "title",
        "season",
        "role",
        "origin",
        "width",
        "fetched_at",
        "source",
    )
    list_filter = ("role", "origin", "failed_at")
    list_select_related = ("title", "season")
    search_fields = ("title__name", "source")
    ordering = ("title__sort_name", "season", "role", "pk")


@admin.register(SourceReply)
class SourceReplyAdmin(_Shown, ModelAdmin[SourceReply]):
    """Kept replies; delete one to have the source asked again."""

    list_display = ("path", "source", "fetched_at")
    list_filter = ("source", "fetched_at")
    search_fields = ("path",)
    ordering = ("-fetched_at", "-pk")


@admin.register(WatchState)
class WatchStateAdmin(_Kept, ModelAdmin[WatchState]):
    """Who has watched what."""

    list_display = ("item", "viewer", "is_watched", "viewed_at")
    list_filter = ("is_watched", "viewer")
    list_select_related = ("item",)
    search_fields = ("item__name", "item__title__name", "viewer")
    ordering = ("-viewed_at", "-pk")


class _Named(ModelAdmin[Any]):
    list_display = ("name",)
    search_fields = ("name",)
    ordering = ("name", "pk")


@admin.register(Person)
class PersonAdmin(ModelAdmin[Person]):
    """People."""

    list_display = ("name", "tmdb_id")
    search_fields = ("name",)
    ordering = ("name", "pk")


@admin.register(Studio)
class StudioAdmin(ModelAdmin[Studio]):
    """Studios and networks."""

    list_display = ("name", "kind")
    list_filter = ("kind",)
    search_fields = ("name",)
    ordering = ("name", "pk")


admin.site.register([Genre, Collection], _Named)
