"""What there is at Plex: the overview, a server."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from drivearr.web.access import owner_required
from drivearr.web.http import HtmxHttpRequest, render
from plexlink.contexts.gone import GoneList
from plexlink.contexts.overview import Overview
from plexlink.contexts.server import Activity, Libraries, ServerPage
from plexlink.forms import MappingForm
from plexlink.models import PlexLibrary, PlexServer
from plexlink.services import connecting
from plexlink.speaking import PlexTrouble


@require_GET
def plex(request: HtmxHttpRequest) -> HttpResponse:
    """Accounts, servers, what is new, what is wrong."""
    return render(
        request,
        page="plexlink/plex.html",
        part="plexlink/partials/plex_overview.html",
        context=Overview.build(),
    )


@owner_required
@require_GET
def plex_server(request: HtmxHttpRequest, server_id: int) -> HttpResponse:
    """One server with its libraries, path rules, runs and trouble."""
    server = get_object_or_404(PlexServer, pk=server_id)
    return render(
        request,
        page="plexlink/plex_server.html",
        context=ServerPage.build(server, MappingForm()),
    )


@owner_required
@require_GET
def plex_libraries(request: HtmxHttpRequest, server_id: int) -> HttpResponse:
    """The libraries of a server, for the page to refresh."""
    server = get_object_or_404(PlexServer, pk=server_id)
    return render(
        request,
        page="plexlink/partials/plex_libraries.html",
        part="plexlink/partials/plex_libraries.html",
        context=Libraries.build(server),
    )


@owner_required
@require_GET
def plex_gone(request: HtmxHttpRequest, library_id: int) -> HttpResponse:
    """What a library lists no longer, and what may be done about it."""
    library = get_object_or_404(
        PlexLibrary.objects.select_related("server"), pk=library_id
    )
    context = GoneList.build(library, request.GET.get("page"))
    return render(request, page="plexlink/plex_gone.html", context=context)


@owner_required
@require_GET
def plex_activity(request: HtmxHttpRequest, server_id: int) -> HttpResponse:
    """What the server does now; asks it once, and says in words why not."""
    server = get_object_or_404(
        PlexServer.objects.select_related("account"), pk=server_id
    )
    try:
        doing, playing = connecting.ask_activity(server=server)
        activity = Activity(server, doing, playing)
    except PlexTrouble as error:
        activity = Activity(server, (), (), error.message)
    return render(
        request, page="plexlink/partials/plex_activity.html", context=activity
    )
