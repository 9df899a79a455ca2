"""Plex for power users: what is known, with no token in sight."""

from typing import ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from plexlink.models import (
    PathMapping,
    PlexAccount,
    PlexConnection,
    PlexError,
    PlexItem,
    PlexLibrary,
    PlexServer,
    PlexSync,
)


class Found:
    """What Plex says is shown; an edit here would be a lie."""

    def has_add_permission(self, _request: HttpRequest, _obj: object = None) -> bool:
        """Nothing is added by hand."""
        return False


class ReadOnly(Found):
    """Nothing of it can be changed."""

    def has_change_permission(self, _request: HttpRequest, _obj: object = None) -> bool:
        """Nothing is changed by hand."""
        return False


@admin.register(PlexAccount)
class PlexAccountAdmin(Found, admin.ModelAdmin[PlexAccount]):
    """Accounts; the token is not among the fields."""

    list_display = ("name", "email", "state", "checked_at", "expires_at")
    list_filter = ("state",)
    search_fields = ("name", "email")
    fields = (
        *("name", "email", "takes_shared", "state", "state_reason"),
        *("checked_at", "expires_at", "added_at"),
    )
    readonly_fields = (
        *("name", "email", "state", "state_reason"),
        *("checked_at", "expires_at", "added_at"),
    )


class ConnectionInline(ReadOnly, admin.TabularInline[PlexConnection, PlexServer]):
    """The ways to a server."""

    model = PlexConnection
    fields = ("uri", "is_current", "is_local", "is_relay", "latency_ms", "last_error")
    ordering = ("-is_current", "latency_ms", "pk")
    max_num = 0


class MappingInline(admin.TabularInline[PathMapping, PlexServer]):
    """Where its files are for us."""

    model = PathMapping
    fields = ("plex_path", "local_path")
    extra = 0


@admin.register(PlexServer)
class PlexServerAdmin(Found, admin.ModelAdmin[PlexServer]):
    """Servers and how they are used."""

    list_display = ("name", "state", "version", "platform", "is_owned", "seen_at")
    list_filter = ("state", "is_owned", "platform")
    search_fields = ("name", "machine_id")
    inlines = (ConnectionInline, MappingInline)
    fieldsets: ClassVar = (
        (None, {"fields": ("name", "account", "state", "last_error")}),
        (
            gettext_lazy("How it is used"),
            {
                "fields": (
                    *("is_live", "allows_http", "concurrency", "timeout_seconds"),
                    *("refreshes_sections", "writes_watched", "facts_win"),
                )
            },
        ),
        (
            gettext_lazy("What it is"),
            {"fields": ("machine_id", "version", "platform", "is_owned", "seen_at")},
        ),
    )
    readonly_fields = (
        *("name", "account", "state", "last_error", "machine_id", "version"),
        *("platform", "is_owned", "seen_at"),
    )


@admin.register(PlexLibrary)
class PlexLibraryAdmin(Found, admin.ModelAdmin[PlexLibrary]):
    """Libraries, their part in it, and how often they are looked at."""

    list_display = (
        "name",
        "server",
        "kind",
        "is_enabled",
        "last_sync_at",
        "gone_since",
    )
    list_filter = ("is_enabled", "kind", "server")
    search_fields = ("name",)
    list_select_related = ("server",)
    readonly_fields = (
        *("server", "key", "uuid", "name", "kind", "agent", "language", "locations"),
        *("gone_since", "added_at", "hints", "watermark", "viewed_watermark"),
        *("held_reason", "last_sync_at", "last_deep_at", "last_error"),
    )


@admin.register(PlexItem)
class PlexItemAdmin(ReadOnly, admin.ModelAdmin[PlexItem]):
    """What the libraries hold."""

    list_display = ("name", "kind", "library", "state", "title", "match_reason")
    list_filter = ("state", "kind", "library")
    search_fields = ("name", "rating_key", "guid")
    list_select_related = ("library", "title")
    show_full_result_count = False
    ordering = ("-pk",)


@admin.register(PlexSync)
class PlexSyncAdmin(ReadOnly, admin.ModelAdmin[PlexSync]):
    """What each run did."""

    list_display = (
        *("library", "kind", "state", "started_at", "seconds", "listed", "added"),
        *("changed", "removed", "errors", "requests", "writes"),
    )
    list_filter = ("state", "kind", "library")
    list_select_related = ("library",)
    ordering = ("-started_at", "-pk")


@admin.register(PlexError)
class PlexErrorAdmin(ReadOnly, admin.ModelAdmin[PlexError]):
    """Trouble, and whether it is over."""

    list_display = (
        "code",
        "kind",
        "server",
        "library",
        "count",
        "last_at",
        "resolved_at",
    )
    list_filter = ("kind", "code", "server")
    list_select_related = ("server", "library")
    ordering = ("-last_at", "-pk")
