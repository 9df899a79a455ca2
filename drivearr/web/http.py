"""Requests as htmx sends them, and answers that fit both kinds."""

from typing import Protocol

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect, reswap
from django_htmx.middleware import HtmxDetails

from drivearr.web import polling

UNPROCESSABLE, NO_CONTENT = 422, 204


class HtmxHttpRequest(HttpRequest):
    """A request of a signed-in person, as all views but the exempt ones get it."""

    htmx: HtmxDetails
    user: User


class AnyHttpRequest(HttpRequest):
    """A request that may come from anybody."""

    htmx: HtmxDetails


class _HasHtmx(Protocol):
    htmx: HtmxDetails


def wants_part(request: _HasHtmx) -> bool:
    """Whether htmx asks for a fragment; going back in the history wants the page."""
    htmx = request.htmx
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def render(
    request: HtmxHttpRequest | AnyHttpRequest,
    *,
    page: str,
    context: object,
    part: str = "",
    status: int = 200,
) -> HttpResponse:
    """Answer with the template `page`, or with `part` when htmx asks for one.

    Both get the same `context`, under the name `page`.
    """
    template = part if part and wants_part(request) else page
    body = render_to_string(template, {"page": context}, request)
    response = HttpResponse(body, status=status)
    seen = request.headers.get(polling.HEADER)
    if seen and template == part:
        response = _tell_news(request, body, seen)
    # One address, two answers: a cache must not mix them up.
    patch_vary_headers(response, ["HX-Request", polling.HEADER])
    return response


def _tell_news(request: HttpRequest, body: str, seen: str) -> HttpResponse:
    """Answer a poll: what changed, nothing, or the whole fragment."""
    fragment = polling.find(request)
    if fragment is None:
        return HttpResponse(body)
    news = fragment.news(seen)
    if news is None:
        # By its id: a deed's answer may have taken the element that asked away.
        whole = f'id="{fragment.name}"'
        body = body.replace(whole, f'{whole} hx-swap-oob="true"', 1)
        return reswap(HttpResponse(body), "none")
    return HttpResponse(news) if news else HttpResponse(status=NO_CONTENT)


def answer(
    request: HtmxHttpRequest,
    *,
    part: str,
    context: object,
) -> HttpResponse:
    """Answer a deed asked for by htmx: the refreshed part, and what is to be said."""
    body = render_to_string(part, {"page": context}, request)
    said = render_to_string("components/messages.html", {"is_extra": True}, request)
    return HttpResponse(body + said)


def go(request: HtmxHttpRequest | AnyHttpRequest, to: str) -> HttpResponse:
    """Send the browser to `to`, whoever asked."""
    if wants_part(request):
        return HttpResponseClientRedirect(to)
    return HttpResponseRedirect(to)


def safe_next(request: HttpRequest, otherwise: str) -> str:
    """Return where the person came from if it is ours, else `otherwise`."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    own = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if own and wanted.startswith("/") else otherwise


def say_error(request: HttpRequest, message: str, advice: str = "") -> None:
    """Tell the person what could not be done, and what helps."""
    messages.error(request, f"{message} {advice}".strip())
