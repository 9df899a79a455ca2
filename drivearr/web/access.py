"""Who gets in: sign-in on every page, the owner's rights, the first start."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import urlsplit

from django.contrib.auth import get_user_model
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, resolve_url
from django.utils.http import urlencode
from django.utils.translation import gettext, gettext_noop
from django_htmx.http import HttpResponseClientRedirect

from drivearr.lib.errors import Refused
from drivearr.web import rights
from drivearr.web.http import HtmxHttpRequest
from drivearr.web.reading import read_id

P = ParamSpec("P")
R = TypeVar("R", bound=HttpResponseBase)

OPEN_AT_FIRST_START = frozenset({"setup", "health", "set_theme"})
"""Names of urls that answer although nobody has an account yet."""

OPEN_TO_VIEWERS = frozenset(
    {
        *("sign_in", "sign_out", "set_theme", "change_password", "setup"),
        *("mark_notices_seen", "admin_sign_in"),
    }
)
"""Deeds of those who may only look: each changes nothing but their own account."""

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class SetupClosed(Refused):
    """The owner's account exists already."""

    code = "SETUP_CLOSED"
    advice = gettext_noop("Sign in instead.")


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
            raise SetupClosed(gettext("The owner's account exists already."))
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
        """Let the request through, or say where to go.

        Raises: PermissionDenied, for a deed that the person has no right to.
        """
        if request.user.is_authenticated:
            _check_right(request, view_kwargs)
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


def _check_right(request: HttpRequest, view_kwargs: dict[str, Any]) -> None:
    """Refuse deeds of viewers, and of members at places that are not theirs."""
    match = request.resolver_match
    if request.method in SAFE_METHODS or match is None:
        return
    role = rights.role_of(request.user)
    if role is rights.Role.OWNER or match.view_name in OPEN_TO_VIEWERS:
        return
    if role is rights.Role.VIEWER:
        raise PermissionDenied(
            gettext("You may look at everything, but change nothing.")
        )
    for subject in _subjects(request, view_kwargs):
        require_place(request, subject)


def _subjects(request: HttpRequest, view_kwargs: dict[str, Any]) -> set[str]:
    """Return the places a deed is about, as its address and its form name them."""
    named = [("drive", number) for number in request.POST.getlist("drive")]
    named += [(name, str(value)) for name, value in view_kwargs.items()]
    return {
        subject
        for name, text in named
        if (number := read_id(text)) is not None
        for subject in rights.reached_by(name, number)
    }


def require_place(request: HttpRequest, subject: str) -> None:
    """Refuse a person who may not use that place.

    Raises: PermissionDenied.
    """
    if not rights.may_use(request.user, subject):
        raise PermissionDenied(gettext("You may not use that drive."))


def owner_required(
    view: Callable[Concatenate[HtmxHttpRequest, P], R],
) -> Callable[Concatenate[HtmxHttpRequest, P], R]:
    """Refuse everybody who is not an owner of this household (staff)."""

    def checked(request: HtmxHttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> R:
        if not request.user.is_staff:
            raise PermissionDenied(
                gettext("Only an owner of this household may do that.")
            )
        return view(request, *args, **kwargs)

    update_wrapper(checked, view)
    return checked
