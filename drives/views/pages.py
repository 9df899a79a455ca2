"""Drives: the list, one drive, its files and its history."""

from collections.abc import Callable, Iterable, Iterator

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from drivearr.web.http import HtmxHttpRequest, render
from drivearr.web.reading import read_choice
from drives.contexts.history import History, list_lines
from drives.contexts.pages import (
    Contents,
    DriveList,
    DrivePage,
    DriveStatus,
    FileList,
)
from drives.exporting import Line, write_csv, write_json
from drives.models import Drive

Writer = Callable[[Iterable[Line]], Iterator[str]]
WRITERS: dict[str, tuple[str, Writer]] = {
    "csv": ("text/csv; charset=utf-8", write_csv),
    "json": ("application/json", write_json),
}


@require_GET
def drive_list(request: HtmxHttpRequest) -> HttpResponse:
    """All known drives, also those in the drawer."""
    return render(
        request,
        page="drives/drive_list.html",
        part="drives/partials/drive_cards.html",
        context=DriveList.build(is_staff=request.user.is_staff),
    )


@require_GET
def drive_detail(request: HtmxHttpRequest, drive_id: int) -> HttpResponse:
    """One drive: space, contents, history."""
    drive = get_object_or_404(Drive, pk=drive_id)
    return render(
        request,
        page="drives/drive_detail.html",
        context=DrivePage.build(request, drive),
    )


@require_GET
def drive_status(request: HtmxHttpRequest, drive_id: int) -> HttpResponse:
    """The part of a drive's page that changes by itself."""
    drive = get_object_or_404(Drive, pk=drive_id)
    return render(
        request,
        page="drives/partials/drive_status.html",
        context=DriveStatus.build(drive),
    )


@require_GET
def drive_contents(request: HtmxHttpRequest, drive_id: int) -> HttpResponse:
    """All titles and how complete they are on a drive."""
    drive = get_object_or_404(Drive, pk=drive_id)
    contents = Contents.build(drive, request.GET)
    return render(
        request,
        page="drives/drive_contents.html",
        part="drives/partials/contents.html",
        context=contents,
    )


@require_GET
def drive_files(request: HtmxHttpRequest, drive_id: int) -> HttpResponse:
    """The files on a drive, ours and those of others."""
    drive = get_object_or_404(Drive, pk=drive_id)
    return render(
        request,
        page="drives/drive_files.html",
        context=FileList.build(drive, request.GET),
    )


@require_GET
def drive_history(request: HtmxHttpRequest, drive_id: int) -> HttpResponseBase:
    """What happened to a drive, as a page or as a file."""
    return _history(request, get_object_or_404(Drive, pk=drive_id))


@require_GET
def all_history(request: HtmxHttpRequest) -> HttpResponseBase:
    """What happened to all drives, as a page or as a file."""
    return _history(request, None)


def _history(request: HtmxHttpRequest, drive: Drive | None) -> HttpResponseBase:
    sort = read_choice(request.GET.get("as"), WRITERS)
    if not sort:
        history = History.build(drive, request.GET)
        return render(request, page="drives/drive_history.html", context=history)
    content_type, write = WRITERS[sort]
    name = f"drivearr-history{f'-{drive.pk}' if drive else ''}.{sort}"
    return StreamingHttpResponse(
        write(list_lines(drive, request.GET)),
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
