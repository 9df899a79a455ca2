"""What keeps a drive in order: verify, eject, delete what we wrote."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from drivearr.jobs.models import Job
from drivearr.lib.counting import counted
from drivearr.lib.errors import DrivearrError, Refused
from drivearr.web.access import owner_required
from drivearr.web.http import UNPROCESSABLE, HtmxHttpRequest, render, say_error
from drivearr.web.reading import read_ids
from drives.contexts.deleting import DeletePage, ForeignPage, RoomPage, is_deleting
from drives.models import Drive, DriveFile
from drives.services import (
    checking,
    deleting,
    deleting_foreign,
    ejecting,
    repairing,
    verifying,
)


@require_POST
def verify_drive(request: HtmxHttpRequest, drive_id: int) -> HttpResponse:
    """Read every file on a drive and compare."""
    drive = get_object_or_404(Drive, pk=drive_id)
    verifying.start_verify(
        drive_id=drive.pk,
        trigger=Job.Trigger.PERSON,
        afresh="afresh" in request.POST,
    )
    return redirect("drive_detail", drive.pk)


@require_POST
def repair_drive(request: HtmxHttpRequest, drive_id: int) -> HttpResponse:
    """Have what a drive damaged replaced from the library."""
    drive = get_object_or_404(Drive, pk=drive_id)
    try:
        done = repairing.repair_drive(drive=drive, by=request.user)
    except Refused as refused:
        say_error(request, refused.message, refused.advice)
        return redirect("drive_detail", drive.pk)
    if done.asked:
        messages.success(
            request,
            gettext("{files} will be replaced.").format(
                files=counted(len(done.asked), "file")
            ),
        )
    for row, why in done.refused[:3]:
        say_error(request, f"{row.relpath}: {why}", "")
    return redirect("drive_detail", drive.pk)


@require_POST
def check_health(request: HtmxHttpRequest, drive_id: int) -> HttpResponse:
    """Ask a drive's disk how it is; takes seconds at the most."""
    drive = get_object_or_404(Drive, pk=drive_id)
    drive = checking.check_health(drive=drive, force=True)
    messages.info(
        request,
        gettext("Health: {verdict}. {reason}")
        .format(
            verdict=str(drive.get_health_display()).lower(), reason=drive.health_reason
        )
        .rstrip(),
    )
    return redirect("drive_detail", drive.pk)


@require_POST
def eject_drive(request: HtmxHttpRequest, drive_id: int) -> HttpResponse:
    """Flush and unmount a drive, and say whether it may be unplugged."""
    drive = get_object_or_404(Drive, pk=drive_id)
    try:
        stop_work = "stop_work" in request.POST
        report = ejecting.eject_drive(drive=drive, stop_work=stop_work)
    except DrivearrError as refused:
        say_error(request, refused.message, refused.advice)
    else:
        holders = ""
        if report.holders:
            names = ", ".join(report.holders)
            holders = " " + gettext("In use by {names}.").format(names=names)
        level = messages.SUCCESS if report.is_safe else messages.ERROR
        messages.add_message(request, level, report.message + holders)
    return redirect("drive_detail", drive.pk)


@owner_required
@require_http_methods(["GET", "POST"])
def delete_from_drive(request: HtmxHttpRequest, drive_id: int) -> HttpResponse:
    """Choose titles, see the files listed, then delete exactly those."""
    drive = get_object_or_404(Drive, pk=drive_id)
    if request.method == "POST":
        return _delete(request, drive)
    if "title" in request.GET or "season" in request.GET:
        page = DeletePage.build(drive, request.GET)
        return render(request, page="drives/delete_files.html", context=page)
    return render(
        request,
        page="drives/delete_from_drive.html",
        context=RoomPage.build(drive, request.GET),
    )


def _delete(request: HtmxHttpRequest, drive: Drive) -> HttpResponse:
    ids = read_ids(request.POST.get("files", "").split(","), most=100_000)
    if is_deleting(drive):
        return _refuse(
            request,
            drive,
            ids,
            gettext("Files are being deleted from it just now."),
            gettext("Try again when that is done."),
        )
    try:
        job = deleting.start_delete(
            drive=drive,
            file_ids=ids,
            by=request.user,
            is_sure=request.POST.get("is_sure") == "on",
        )
    except Refused as refused:
        return _refuse(request, drive, ids, refused.message, refused.advice)
    messages.success(
        request, gettext("Deleting from “{drive}”.").format(drive=drive.name)
    )
    return redirect("job_detail", job.pk)


def _refuse(
    request: HtmxHttpRequest,
    drive: Drive,
    ids: tuple[int, ...],
    sentence: str,
    advice: str = "",
) -> HttpResponse:
    return render(
        request,
        page="drives/delete_files.html",
        context=DeletePage.of_files(drive, ids, sentence, advice),
        status=UNPROCESSABLE,
    )


@owner_required
@require_http_methods(["GET", "POST"])
def delete_foreign(
    request: HtmxHttpRequest, drive_id: int, file_id: int
) -> HttpResponse:
    """Ask, then delete one file that others wrote."""
    drive = get_object_or_404(Drive, pk=drive_id)
    file = get_object_or_404(DriveFile.objects.foreign(), pk=file_id, drive=drive)
    page = "drives/delete_foreign.html"
    if request.method == "GET":
        return render(request, page=page, context=ForeignPage(drive, file))
    try:
        deleting_foreign.delete_foreign(
            drive=drive, relpath=file.relpath, by=request.user
        )
    except DrivearrError as refused:
        context = ForeignPage(drive, file, refused.message, refused.advice)
        return render(request, page=page, context=context, status=UNPROCESSABLE)
    messages.success(
        request, gettext("“{relpath}” is deleted.").format(relpath=file.relpath)
    )
    return redirect("drive_files", drive.pk)
