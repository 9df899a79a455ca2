"""Who gets in: sign-in on every page, the owner's rights, the first start."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlsplit

from django.contrib.auth import get_user_model
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, resolve_url
from django.utils.http import urlencode
from django_htmx.http import HttpResponseClientRedirect

from drivearr.lib.errors import Refused
from drivearr.web.http import HtmxHttpRequest

P = ParamSpec("P")

OPEN_AT_FIRST_START = frozenset({"setup", "health", "set_theme"})
"""Names of urls that answer although nobody has an account yet."""


class SetupClosed(Refused):
    """The owner's account exists already."""

    code = "SETUP_CLOSED"
    advice = "Sign in instead."


def has_owner() -> bool:
    """Whether anybody has an account; asks the database."""
    return get_user_model().objects.exists()


def create_owner(*, username: str, password: str) -> User:
    """Make the first account, the owner's.

    Raises:
        SetupClosed: somebody has an account already, or was faster just now.

    """
    with transaction.atomic():
        # One row that is always there is the lock: of two first visitors one waits
        # here, and then sees the other's account. SQLite takes its lock at once.
        list(ContentType.objects.select_for_update().filter(app_label="auth"))
        if has_owner():
            raise SetupClosed("The owner's account exists already.")
        return User.objects.create_superuser(username=username, password=password)


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """Sign-in on every page that is not exempt; the setup page while nobody can."""

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., HttpResponseBase],
        view_args: tuple[Any, ...],
        view_kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        """Let the request through, or say where to go."""
        if request.user.is_authenticated:
            return None
        match = request.resolver_match
        name = match.view_name if match else ""
        if name not in OPEN_AT_FIRST_START and not has_owner():
            return redirect("setup")
        return super().process_view(request, view_func, view_args, view_kwargs)

    def handle_no_permission(  # type: ignore[override]  # htmx wants another answer
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseBase:
        """Send to the sign-in page; a poll must not swap that page into a fragment."""
        htmx = getattr(request, "htmx", None)
        if not htmx:
            return super().handle_no_permission(request, view_func)
        page = urlsplit(htmx.current_url or "").path or "/"
        query = urlencode({"next": page})
        return HttpResponseClientRedirect(f"{resolve_url('sign_in')}?{query}")


def owner_required(
    view: Callable[Concatenate[HtmxHttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HtmxHttpRequest, P], HttpResponse]:
    """Refuse everybody who is not an owner of this household (staff)."""

    def checked(
        request: HtmxHttpRequest, /, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        if not request.user.is_staff:
            raise PermissionDenied("Only an owner of this household may do that.")
        return view(request, *args, **kwargs)

    update_wrapper(checked, view)
    return checked
