"""Servers, libraries, rules and runs as rows for programs: the shapes are contracts."""

from typing import Any

from django.db.models import Count

from plexlink.models import (
    PathMapping,
    PlexAccount,
    PlexError,
    PlexItem,
    PlexLibrary,
    PlexServer,
    PlexSync,
)

ERRORS_TOLD = 50


def account_row(account: PlexAccount) -> dict[str, Any]:
    """Return an account, without its token."""
    return {
        "id": account.pk,
        "name": account.name,
        "email": account.email,
        "state": account.state,
        "state_reason": account.state_reason,
        "expires_at": account.expires_at,
        "renewed": account.is_renewed,
        "takes_shared": account.takes_shared,
        "checked_at": account.checked_at,
    }


def list_servers() -> list[dict[str, Any]]:
    """Return all servers with the ways to them."""
    rows = PlexServer.objects.by_name().prefetch_related("connections", "libraries")
    return [server_row(row) for row in rows]


def server_row(server: PlexServer) -> dict[str, Any]:
    """Return a server."""
    ways = sorted(
        server.connections.all(), key=lambda each: (not each.is_current, each.pk)
    )
    current = next((each for each in ways if each.is_current), None)
    return {
        "id": server.pk,
        "machine_id": server.machine_id,
        "name": server.name,
        "version": server.version,
        "platform": server.platform,
        "owned": server.is_owned,
        "state": server.state,
        "url": current.uri if current else None,
        "latency_ms": current.latency_ms if current else None,
        "connections": [
            {
                "uri": each.uri,
                "local": each.is_local,
                "relay": each.is_relay,
                "manual": each.is_manual,
                "current": each.is_current,
                "latency_ms": each.latency_ms,
                "error": each.last_error or None,
            }
            for each in ways
        ],
        "libraries": len(server.libraries.all()),
        "seen_at": server.seen_at,
        "last_error": server.last_error or None,
    }


def list_libraries() -> list[dict[str, Any]]:
    """Return all libraries with what is known of them."""
    counts: dict[int, dict[str, int]] = {}
    rows = PlexItem.objects.order_by().values_list("library", "state")
    for library, state, number in rows.annotate(Count("pk")):
        counts.setdefault(library, {})[state] = number
    libraries = PlexLibrary.objects.select_related("server").in_order()
    return [library_row(row, counts.get(row.pk, {})) for row in libraries]


def library_row(library: PlexLibrary, states: dict[str, int]) -> dict[str, Any]:
    """Return a library; `states`: how many of its items are in which state."""
    gone = states.get(PlexItem.State.FILE_NOT_FOUND, 0)
    return {
        "id": library.pk,
        "server": library.server_id,
        "server_name": library.server.name,
        "key": library.key,
        "name": library.name,
        "title": library.name,
        "kind": library.kind,
        "enabled": library.is_enabled,
        "gone": library.gone_since is not None,
        "locations": library.locations,
        "items": sum(states.values()) - gone,
        "states": states,
        "refresh_hours": library.refresh_hours,
        "deep_hours": library.deep_hours,
        "concurrency": library.concurrency,
        "timeout_seconds": library.timeout_seconds,
        "requests_at_once": library.requests_at_once,
        "patience_seconds": library.patience_seconds,
        "last_sync_at": library.last_sync_at,
        "last_deep_at": library.last_deep_at,
        "held": library.held_reason or None,
        "last_error": library.last_error or None,
    }


def mapping_row(mapping: PathMapping) -> dict[str, Any]:
    """Return a rule."""
    return {
        "id": mapping.pk,
        "server": mapping.server_id,
        "plex_path": mapping.plex_path,
        "local_path": mapping.local_path,
    }


def sync_row(sync: PlexSync) -> dict[str, Any]:
    """Return a run."""
    figures = (
        *("listed", "added", "changed", "unchanged", "moved", "removed", "skipped"),
        *("errors", "requests", "writes", "seconds", "peak_rss_bytes"),
    )
    return {
        "library": sync.library.name,
        "library_id": sync.library_id,
        "kind": sync.kind.lower(),
        "state": sync.state,
        "phase": sync.phase or None,
        "started_at": sync.started_at,
        "finished_at": sync.finished_at,
        "error": sync.error or None,
        **{name: getattr(sync, name) for name in figures},
    }


def error_row(error: PlexError) -> dict[str, Any]:
    """Return trouble."""
    return {
        "id": error.pk,
        "kind": error.kind,
        "code": error.code,
        "about": error.about or None,
        "server": error.server_id,
        "library": error.library_id,
        "message": error.message,
        "advice": error.advice,
        "recovery": error.recovery,
        "count": error.count,
        "first_at": error.first_at,
        "last_at": error.last_at,
        "resolved_at": error.resolved_at,
    }


def tell_status() -> dict[str, Any]:
    """Return how everything stands; asks nobody outside."""
    running = PlexSync.objects.filter(state=PlexSync.State.RUNNING)
    running = running.select_related("library").order_by("pk")
    errors = PlexError.objects.open().newest_first()[:ERRORS_TOLD]
    return {
        "accounts": [account_row(row) for row in PlexAccount.objects.by_name()],
        "servers": list_servers(),
        "libraries": list_libraries(),
        "running": [sync_row(row) for row in running],
        "errors": [error_row(row) for row in errors],
    }
