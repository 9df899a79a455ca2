"""What people do on a title's page that concerns Plex."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from drivearr.jobs.models import Job
from drivearr.lib.errors import DrivearrError
from drivearr.web.access import owner_required
from drivearr.web.http import HtmxHttpRequest, say_error
from library.models import Title
from library.services.taking_up import take_up_files
from plexlink.models import PlexLibrary
from plexlink.services import adopting, syncing, watching


@require_POST
def send_plex_title(request: HtmxHttpRequest, title_id: int) -> HttpResponse:
    """Take up the files that Plex told of, and go on to choosing a drive."""
    title = get_object_or_404(Title, pk=title_id)
    if not take_up_files(title=title):
        say_error(request, gettext("Its file is not there now."))
        return redirect("title_detail", title.pk)
    return redirect(f"{reverse('put_on_drive')}?{urlencode({'title': title.pk})}")


@owner_required
@require_POST
def sync_plex_title(request: HtmxHttpRequest, title_id: int) -> HttpResponse:
    """Ask Plex about one title again, with all that belongs to it."""
    title = get_object_or_404(Title, pk=title_id)
    for library, keys in watching.keys_of(title).items():
        syncing.start_sync(library_id=library.pk, keys=keys, trigger=Job.Trigger.PERSON)
    messages.success(
        request, gettext("Plex is asked about “{name}” again.").format(name=title.name)
    )
    return redirect("title_detail", title.pk)


@owner_required
@require_POST
def mark_plex_title(request: HtmxHttpRequest, title_id: int) -> HttpResponse:
    """Mark a title as watched, here and at Plex; or as not watched."""
    title = get_object_or_404(Title, pk=title_id)
    is_watched = request.POST.get("watched") == "1"
    try:
        watching.mark_title(title=title, is_watched=is_watched)
    except DrivearrError as error:
        say_error(request, f"{error.message} {error.advice}")
    else:
        said = gettext("“{name}” is marked as watched.")
        if not is_watched:
            said = gettext("“{name}” is marked as not watched.")
        messages.success(
            request,
            said.format(name=title.name),
        )
    return redirect("title_detail", title.pk)


@owner_required
@require_POST
def take_plex_folder(request: HtmxHttpRequest, library_id: int) -> HttpResponse:
    """Make a folder of a Plex library a library folder here."""
    library = get_object_or_404(
        PlexLibrary.objects.select_related("server"), pk=library_id
    )
    path = request.POST.get("path", "")[:1000]
    try:
        adopting.take_folder(library=library, path=path)
    except DrivearrError as error:
        say_error(request, f"{error.message} {error.advice}")
    else:
        messages.success(
            request,
            gettext("{path} is a library folder now and is scanned.").format(path=path),
        )
    return redirect("plex_server", library.server_id)
