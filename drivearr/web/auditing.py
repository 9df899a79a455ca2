"""Writes down who did what: every form that was sent, done or refused."""

import logging
from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import User
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse

from drivearr.web.models import AuditEntry

logger = logging.getLogger(__name__)

UNTOLD = frozenset({"set_theme", "mark_notices_seen", "running_work"})
"""Deeds that change nothing of the household."""
TOLD_FIELDS = (
    *("drive", "title", "season", "item", "root", "file", "kind", "path", "name"),
    *("username", "role", "to", "schedule", "deed"),
)
"""Fields of forms that may be kept; a secret is never among them."""
LONGEST = 120
UNPROCESSABLE, FORBIDDEN, TOO_MANY = 422, 403, 429
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class AuditMiddleware:
    """Keeps one entry for each form a person sent."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, then write."""
        response = self.get_response(request)
        match = request.resolver_match
        if request.method in SAFE or match is None or match.view_name in UNTOLD:
            return response
        outcome = _outcome(match.view_name, response.status_code)
        if outcome:
            _keep(request, match.view_name, match.kwargs, outcome)
        return response


def _outcome(deed: str, status: int) -> str:
    """Return how it ended; empty for what is not worth an entry."""
    if status in {FORBIDDEN, TOO_MANY} or (
        deed == "sign_in" and status == UNPROCESSABLE
    ):
        return AuditEntry.Outcome.REFUSED
    return AuditEntry.Outcome.DONE if status < 400 else ""  # noqa: PLR2004 - HTTP


def _keep(
    request: HttpRequest, deed: str, arguments: dict[str, Any], outcome: str
) -> None:
    user = request.user if isinstance(request.user, User) else None
    posted = {name: request.POST.get(name, "") for name in TOLD_FIELDS}
    about = {name: str(value) for name, value in arguments.items()} | posted
    try:
        AuditEntry.objects.create(
            user=user,
            who=(user.get_username() if user else posted["username"])[:150],
            deed=deed[:100],
            about={
                name: _plain(value) for name, value in about.items() if _plain(value)
            },
            address=request.META.get("REMOTE_ADDR", "")[:60],
            outcome=outcome,
        )
    except DatabaseError:
        logger.exception("What a person did could not be written down")


def _plain(text: str) -> str:
    return "".join(c for c in text if c.isprintable())[:LONGEST]
