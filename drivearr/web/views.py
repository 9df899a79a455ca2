"""Pages without a domain: first start, sign-in, the rest of the menu, what went wrong."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout, update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.utils import DatabaseError
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, resolve_url
from django.template.loader import render_to_string
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
    require_safe,
)

from drivearr.lib.errors import Refused
from drivearr.web import throttling, undoing
from drivearr.web.access import SetupClosed, create_owner, has_owner
from drivearr.web.forms import PasswordForm, SetupForm, SignInForm
from drivearr.web.http import (
    UNPROCESSABLE,
    AnyHttpRequest,
    HtmxHttpRequest,
    render,
    safe_next,
    say_error,
)
from drivearr.web.models import Kept
from drivearr.web.navigation import START, THEME_COOKIE, THEMES
from drivearr.web.reading import read_choice

YEAR_SECONDS = 365 * 24 * 3600
TOO_MANY = 429


@dataclass(frozen=True, slots=True)
class FormPage:
    """A page that is one form."""

    form: BaseForm
    next: str = ""
    notice: str = ""


@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def setup(request: AnyHttpRequest) -> HttpResponse:
    """The first start: make the owner's account; closed as soon as there is one."""
    if has_owner():
        return redirect("sign_in")
    form = SetupForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _make_owner(request, form)
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, page="web/setup.html", context=FormPage(form), status=status)


def _make_owner(request: AnyHttpRequest, form: SetupForm) -> HttpResponse:
    given = form.cleaned_data
    try:
        owner = create_owner(username=given["username"], password=given["password1"])
    except SetupClosed as closed:
        messages.error(request, f"{closed.message} {closed.advice}")
        return redirect("sign_in")
    Kept.write(START, {"skipped": [], "is_over": False})
    login(request, owner)
    return redirect("start")


@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def sign_in(request: AnyHttpRequest) -> HttpResponse:
    """Sign in; wrong passwords are counted per address and name."""
    to = safe_next(request, resolve_url(settings.LOGIN_REDIRECT_URL))
    if request.user.is_authenticated:
        return HttpResponseRedirect(to)
    if request.method == "POST":
        return _try_sign_in(request, to)
    return render(
        request, page="web/sign_in.html", context=FormPage(SignInForm(), next=to)
    )


def _try_sign_in(request: AnyHttpRequest, to: str) -> HttpResponse:
    who = {
        "address": request.META.get("REMOTE_ADDR", ""),
        "name": request.POST.get("username", "")[:150],
    }
    if throttling.must_wait(**who):
        minutes = throttling.WAIT_SECONDS // 60
        notice = gettext(
            "Too many wrong passwords. Try again in {minutes} minutes."
        ).format(minutes=minutes)
        context = FormPage(SignInForm(), next=to, notice=notice)
        return render(
            request, page="web/sign_in.html", context=context, status=TOO_MANY
        )
    form = SignInForm(request, request.POST)
    if not form.is_valid():
        throttling.count_failure(**who)
        return render(
            request,
            page="web/sign_in.html",
            context=FormPage(form, next=to),
            status=UNPROCESSABLE,
        )
    throttling.forget_failures(**who)
    user = form.get_user()
    assert isinstance(user, User)  # noqa: S101  # a valid form has its user
    login(request, user)
    return HttpResponseRedirect(to)


@require_POST
def sign_out(request: HtmxHttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    return redirect("sign_in")


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def change_password(request: HtmxHttpRequest) -> HttpResponse:
    """Choose another password; this session stays signed in."""
    form = PasswordForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        update_session_auth_hash(request, form.save())
        messages.success(request, gettext("Your password is changed."))
        return redirect("more")
    status = UNPROCESSABLE if form.is_bound else 200
    return render(
        request, page="web/change_password.html", context=FormPage(form), status=status
    )


@require_GET
def more(request: HtmxHttpRequest) -> HttpResponse:
    """The rest of the menu, as a page of its own on a phone."""
    return render(request, page="web/more.html", context=None)


@require_POST
def undo(request: HtmxHttpRequest) -> HttpResponse:
    """Take back what was just done, or do again what was just taken back."""
    try:
        undone = undoing.take_back(request.POST.get("token", ""), request.user)
    except Refused as refused:
        say_error(request, refused.message, refused.advice)
    else:
        undoing.say_undone(request, undone)
    return redirect(safe_next(request, resolve_url("dashboard")))


@login_not_required
@require_POST
def set_theme(request: AnyHttpRequest) -> HttpResponse:
    """Remember light, dark, or as the system has it."""
    theme = read_choice(request.POST.get("theme"), THEMES, "system")
    response = HttpResponseRedirect(safe_next(request, resolve_url("dashboard")))
    response.set_cookie(
        THEME_COOKIE,
        theme,
        max_age=YEAR_SECONDS,
        samesite="Lax",
        httponly=True,
        secure=request.is_secure(),
    )
    return response


@login_not_required
@require_POST
def set_language(request: AnyHttpRequest) -> HttpResponse:
    """Remember a language; without one, the browser's wish counts again."""
    response = HttpResponseRedirect(safe_next(request, resolve_url("dashboard")))
    chosen = request.POST.get("language", "")
    if chosen not in dict(settings.LANGUAGES):
        response.delete_cookie(
            settings.LANGUAGE_COOKIE_NAME, path=settings.LANGUAGE_COOKIE_PATH
        )
        return response
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        chosen,
        max_age=YEAR_SECONDS,
        path=settings.LANGUAGE_COOKIE_PATH,
        samesite="Lax",
        httponly=True,
        secure=request.is_secure(),
    )
    return response


@login_not_required
@never_cache
@require_safe
def health(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  # views take one
    """Answer "ok" when the database answers, for a supervisor or a container."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("no database\n", status=503, content_type="text/plain")
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@require_http_methods(["GET", "POST"])
def admin_sign_in(request: AnyHttpRequest) -> HttpResponse:
    """The admin's sign-in is ours: one door, one lock."""
    if request.user.is_authenticated:
        raise PermissionDenied(
            gettext("Only an owner of this household may see the admin.")
        )
    to = safe_next(request, resolve_url("admin:index"))
    return redirect(f"{resolve_url('sign_in')}?{urlencode({'next': to})}")


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """What went wrong, in a sentence, and what helps."""

    status: int
    heading: str
    sentence: str
    advice: str = ""


def _error(request: HttpRequest, error: ErrorPage) -> HttpResponse:
    body = render_to_string("web/error.html", {"page": error}, request)
    return HttpResponse(body, status=error.status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """400."""
    return _error(
        request,
        ErrorPage(
            400,
            gettext("That cannot be answered"),
            gettext("The browser sent something that makes no sense here."),
            gettext("Go back, load the page again and retry."),
        ),
    )


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403."""
    sentence = str(exception) or gettext("You may not do that.")
    return _error(
        request,
        ErrorPage(
            403,
            gettext("Not for you"),
            sentence,
            gettext("Ask an owner of this household to do it."),
        ),
    )


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """404."""
    return _error(
        request,
        ErrorPage(
            404,
            gettext("Nothing here"),
            gettext("There is no such page, or what it showed is gone."),
            gettext("Look for it in the library."),
        ),
    )


def server_error(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """500; without the request, so that nothing of it can fail again."""
    error = ErrorPage(
        500,
        gettext("That went wrong"),
        gettext("This is a fault in Drivearr. Nothing was lost; the log knows more."),
        gettext("Try again. If it happens again, tell the owner of this household."),
    )
    return HttpResponse(render_to_string("web/error.html", {"page": error}), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """403 of a form that did not come from our own page."""
    origin = request.headers.get("Origin", "")
    advice = gettext("Load the page again and retry; cookies must be allowed.")
    if origin.startswith(("http://", "https://")) and not settings.PUBLIC_URL:
        advice += " " + gettext(
            "If Drivearr stands behind a proxy, start it with DRIVEARR_URL={origin}"
        ).format(origin=origin)
    sentence = gettext(
        "The form did not carry the mark of this session, so nothing was done."
    )
    return _error(
        request, ErrorPage(403, gettext("Please try again"), sentence, advice)
    )
