"""Signing in to Plex and out again, and adding servers."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
)

from drivearr.lib.errors import DrivearrError
from drivearr.web.access import owner_required
from drivearr.web.http import UNPROCESSABLE, HtmxHttpRequest, go, render, say_error
from plexlink.contexts.overview import FormPage, SignInPage
from plexlink.forms import AddressForm, TokenForm
from plexlink.models import PlexAccount, PlexServer, PlexSignIn
from plexlink.services import discovering, keeping, signing_in
from plexlink.speaking import PlexTrouble


@owner_required
@require_POST
def begin_plex_sign_in(request: HtmxHttpRequest) -> HttpResponse:
    """Ask plex.tv for a code, and show where to say yes."""
    try:
        sign_in = signing_in.begin_sign_in()
    except PlexTrouble as error:
        say_error(request, error.message, error.advice)
        return redirect("plex")
    return redirect("plex_sign_in", sign_in.pk)


@owner_required
@require_GET
def plex_sign_in(request: HtmxHttpRequest, sign_in_id: int) -> HttpResponse:
    """A sign-in under way; each refresh looks whether the person has said yes."""
    sign_in = get_object_or_404(PlexSignIn, pk=sign_in_id)
    sign_in = signing_in.look_at(sign_in=sign_in)
    if sign_in.state == PlexSignIn.State.DONE and sign_in.account is not None:
        _welcome(request, sign_in.account)
        return go(request, reverse("plex"))
    back = request.build_absolute_uri(reverse("plex_sign_in", args=[sign_in.pk]))
    context = SignInPage(
        pk=sign_in.pk,
        link=signing_in.sign_in_link(sign_in=sign_in, back=back),
        is_waiting=sign_in.state == PlexSignIn.State.WAITING,
        is_expired=sign_in.state == PlexSignIn.State.EXPIRED,
        trouble=sign_in.trouble,
        expires_at=sign_in.expires_at,
    )
    return render(
        request,
        page="plexlink/plex_sign_in.html",
        part="plexlink/partials/plex_sign_in_state.html",
        context=context,
    )


def _welcome(request: HtmxHttpRequest, account: PlexAccount) -> None:
    """Look which servers the account may use, and say what was found."""
    try:
        servers = discovering.refresh_servers(account=account)
    except PlexTrouble as error:
        say_error(request, error.message, error.advice)
        return
    for server in servers:
        keeping.check_server(server=server)
    names = ", ".join(server.name for server in servers) or gettext("no server")
    messages.success(
        request,
        gettext("Signed in as {name}. Found: {names}.").format(
            name=account.name, names=names
        ),
    )


@owner_required
@require_http_methods(["GET", "POST"])
def paste_plex_token(request: HtmxHttpRequest) -> HttpResponse:
    """Sign in with a token that somebody has."""
    form = TokenForm(request.POST or None)
    page = "plexlink/paste_plex_token.html"
    if request.method == "GET" or not form.is_valid():
        status = UNPROCESSABLE if form.is_bound else 200
        return render(request, page=page, context=FormPage(form), status=status)
    try:
        account = signing_in.sign_in_with_token(token=form.cleaned_data["token"])
    except DrivearrError as error:
        context = FormPage(TokenForm(), error.message, error.advice)
        return render(request, page=page, context=context, status=UNPROCESSABLE)
    _welcome(request, account)
    return redirect("plex")


@owner_required
@require_http_methods(["GET", "POST"])
def add_plex_server(request: HtmxHttpRequest) -> HttpResponse:
    """Add a server by its address; `?look` calls for servers in the network."""
    page = "plexlink/add_plex_server.html"
    form = AddressForm(
        request.POST or None, initial={"url": request.GET.get("url", "")}
    )
    if request.method == "GET" or not form.is_valid():
        looks = request.method == "GET" and "look" in request.GET
        found = tuple(discovering.find_on_network()) if looks else ()
        context = FormPage(
            form, found=found, known=discovering.known_machines(), has_looked=looks
        )
        status = UNPROCESSABLE if form.is_bound else 200
        return render(request, page=page, context=context, status=status)
    try:
        server = discovering.add_server(**form.cleaned_data)
    except DrivearrError as error:
        context = FormPage(form, error.message, error.advice)
        return render(request, page=page, context=context, status=UNPROCESSABLE)
    keeping.check_server(server=server)
    messages.success(
        request, gettext("“{name}” is known now.").format(name=server.name)
    )
    return redirect("plex_server", server.pk)


@owner_required
@require_POST
def check_plex_account(request: HtmxHttpRequest, account_id: int) -> HttpResponse:
    """Ask plex.tv whether a sign-in still holds, and which servers it opens."""
    account = get_object_or_404(PlexAccount, pk=account_id)
    signing_in.check_account(account=account)
    if account.state == PlexAccount.State.GOOD:
        _welcome(request, account)
    else:
        say_error(request, account.state_reason)
    return redirect("plex")


@owner_required
@require_POST
def take_shared_servers(request: HtmxHttpRequest, account_id: int) -> HttpResponse:
    """Let servers that others share with an account take part too, or not."""
    account = get_object_or_404(PlexAccount, pk=account_id)
    account.takes_shared = request.POST.get("take") == "1"
    account.save(update_fields=["takes_shared"])
    if account.takes_shared:
        _welcome(request, account)
    else:
        messages.success(
            request, "No further shared server is added. Those that are known stay."
        )
    return redirect("plex")


@owner_required
@require_POST
def plex_sign_out(request: HtmxHttpRequest, account_id: int) -> HttpResponse:
    """Give a token back and forget the account."""
    account = get_object_or_404(PlexAccount, pk=account_id)
    signing_in.sign_out(account=account)
    messages.success(
        request,
        gettext("{name} is signed out. What is known stays.").format(name=account.name),
    )
    return redirect("plex")


@owner_required
@require_POST
def connect_plex_server(request: HtmxHttpRequest, server_id: int) -> HttpResponse:
    """Try all addresses of a server now, and look at its libraries."""
    server = get_object_or_404(
        PlexServer.objects.select_related("account"), pk=server_id
    )
    if keeping.check_server(server=server):
        messages.success(request, gettext("“{name}” answers.").format(name=server.name))
    else:
        server.refresh_from_db()
        say_error(request, server.last_error)
    return redirect("plex_server", server.pk)
