"""What people do with Plex: choose libraries, sync them, say where files are."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from drivearr.jobs.models import Job
from drivearr.jobs.services import request_cancel
from drivearr.lib.errors import DrivearrError
from drivearr.web.access import owner_required
from drivearr.web.http import UNPROCESSABLE, HtmxHttpRequest, render, say_error
from plexlink.contexts.overview import FormPage
from plexlink.contexts.server import MappingPage
from plexlink.forms import IntervalForm, MappingForm, ServerForm
from plexlink.jobs import SYNC
from plexlink.models import PathMapping, PlexLibrary, PlexServer
from plexlink.services import discovering, mapping_paths, syncing
from plexlink.services.erring import resolve


def _library(library_id: int) -> PlexLibrary:
    return get_object_or_404(
        PlexLibrary.objects.select_related("server"), pk=library_id
    )


@owner_required
@require_POST
def choose_plex_library(request: HtmxHttpRequest, library_id: int) -> HttpResponse:
    """Let a library take part and sync it, or leave it out."""
    library = _library(library_id)
    is_enabled = request.POST.get("take") == "1"
    discovering.set_enabled(library=library, is_enabled=is_enabled)
    if is_enabled:
        syncing.start_sync(library_id=library.pk, trigger=Job.Trigger.PERSON)
    return redirect("plex_server", library.server_id)


@owner_required
@require_POST
def sync_plex_library(request: HtmxHttpRequest, library_id: int) -> HttpResponse:
    """Look what changed; `deep` looks at everything, `confirmed` answers a hold."""
    library = _library(library_id)
    if "cancel" in request.POST:
        for job in Job.objects.active().of(SYNC.name, library.subject):
            request_cancel(job=job)
    else:
        syncing.start_sync(
            library_id=library.pk,
            deep="deep" in request.POST,
            confirmed="confirmed" in request.POST,
            trigger=Job.Trigger.PERSON,
        )
    return redirect("plex_server", library.server_id)


@owner_required
@require_http_methods(["GET", "POST"])
def edit_plex_library(request: HtmxHttpRequest, library_id: int) -> HttpResponse:
    """Change how often a library is looked at."""
    library = _library(library_id)
    form = IntervalForm(request.POST or None, instance=library)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, gettext("Saved."))
        return redirect("plex_server", library.server_id)
    return render(
        request,
        page="plexlink/edit_plex_library.html",
        context=FormPage(form),
        status=UNPROCESSABLE if form.is_bound else 200,
    )


@owner_required
@require_http_methods(["GET", "POST"])
def edit_plex_server(request: HtmxHttpRequest, server_id: int) -> HttpResponse:
    """Change how a server is used."""
    server = get_object_or_404(PlexServer, pk=server_id)
    form = ServerForm(request.POST or None, instance=server)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, gettext("Saved."))
        return redirect("plex_server", server.pk)
    return render(
        request,
        page="plexlink/edit_plex_server.html",
        context=FormPage(form),
        status=UNPROCESSABLE if form.is_bound else 200,
    )


@owner_required
@require_POST
def map_plex_path(request: HtmxHttpRequest, server_id: int) -> HttpResponse:
    """Try a rule out, and keep it when the person has seen what it does."""
    server = get_object_or_404(PlexServer, pk=server_id)
    form = MappingForm(request.POST)
    page = "plexlink/map_plex_path.html"
    if not form.is_valid():
        context = MappingPage(server, FormPage(form), None)
        return render(request, page=page, context=context, status=UNPROCESSABLE)
    given = form.cleaned_data
    try:
        rule = mapping_paths.check_rule(**given)
        if "keep" in request.POST:
            mapping_paths.add_mapping(server=server, **given)
            messages.success(
                request,
                gettext("{plex_path} is {local_path} here.").format(
                    plex_path=rule.plex_path, local_path=rule.local_path
                ),
            )
            return redirect("plex_server", server.pk)
        rules = [*mapping_paths.kept_rules(server), rule]
        found = mapping_paths.preview(server=server, rules=rules)
    except DrivearrError as error:
        refused = FormPage(form, error.message, error.advice)
        context = MappingPage(server, refused, None)
        return render(request, page=page, context=context, status=UNPROCESSABLE)
    return render(
        request, page=page, context=MappingPage(server, FormPage(form), found)
    )


@owner_required
@require_POST
def unmap_plex_path(request: HtmxHttpRequest, mapping_id: int) -> HttpResponse:
    """Let go of a rule."""
    mapping = get_object_or_404(
        PathMapping.objects.select_related("server"), pk=mapping_id
    )
    mapping_paths.remove_mapping(mapping=mapping)
    messages.success(
        request,
        gettext("{plex_path} is not mapped any more.").format(
            plex_path=mapping.plex_path
        ),
    )
    return redirect("plex_server", mapping.server_id)


@owner_required
@require_POST
def try_plex_path(request: HtmxHttpRequest, server_id: int) -> HttpResponse:
    """Say where one path of a server is here."""
    server = get_object_or_404(PlexServer, pk=server_id)
    found = mapping_paths.try_path(
        server=server, path=request.POST.get("path", "")[:2000]
    )
    if not found.local_path:
        say_error(
            request,
            gettext("No rule reaches {path}.").format(
                path=found.path or gettext("an empty path")
            ),
        )
    elif found.exists:
        messages.success(
            request,
            gettext("{local_path} is there.").format(local_path=found.local_path),
        )
    else:
        say_error(
            request,
            gettext("{local_path} is not there.").format(local_path=found.local_path),
        )
    return redirect("plex_server", server.pk)


@owner_required
@require_POST
def settle_plex_errors(request: HtmxHttpRequest, server_id: int) -> HttpResponse:
    """Say that a server's trouble is over."""
    server = get_object_or_404(PlexServer, pk=server_id)
    count = resolve(server=server)
    for library in server.libraries.order_by("pk"):
        count += resolve(library=library)
    messages.success(request, gettext("{count} settled.").format(count=count))
    return redirect("plex_server", server.pk)
