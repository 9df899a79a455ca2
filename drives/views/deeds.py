"""What people do with drives: add, scan, change the profile, forget."""

from pathlib import Path

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from drivearr.jobs.models import Job
from drivearr.lib.errors import DrivearrError, Refused
from drivearr.web.access import owner_required
from drivearr.web.http import UNPROCESSABLE, HtmxHttpRequest, render, say_error
from drivearr.web.reading import read_choice, read_id
from drives.contexts.pages import (
    AddDrivePage,
    DriveForm,
    ProfilePage,
    ask_identity,
    offered,
)
from drives.forms import AddDriveForm, ProfileForm
from drives.models import Drive
from drives.services import profiling, registering, scanning
from drives.services.registering import DriveRefused
from library.contexts.folders import Picker, look_into

FORGETTABLE = {
    "": registering.forget_drive,
    "profile": registering.forget_profile,
    "history": registering.forget_history,
}
"""What the forget page can forget; empty: the drive and all of it."""


@owner_required
@require_http_methods(["GET", "POST"])
def add_drive(request: HtmxHttpRequest) -> HttpResponse:
    """Make a plugged-in file system, or a plain folder, a known drive."""
    if request.method == "POST":
        return _add(request)
    asked = request.GET.get("folder", "")
    form = AddDriveForm(initial={"path": asked, "name": request.GET.get("name", "")})
    return _show(request, form, asked=asked, is_folder="folder" in request.GET)


def _show(
    request: HtmxHttpRequest,
    form: AddDriveForm,
    *,
    asked: str = "",
    is_folder: bool,
    refused: DrivearrError | None = None,
) -> HttpResponse:
    question = ask_identity(
        form["path"].value() or "", is_folder=is_folder, refused=refused
    )
    context = AddDrivePage(
        candidates=offered(),
        picker=Picker.build(asked),
        form=form,
        is_folder=is_folder,
        refusal=refused.message if refused else "",
        # The question under it says what to do, in place of a command.
        advice=refused.advice if refused and question is None else "",
        question=question,
    )
    return render(
        request,
        page="drives/add_drive.html",
        part="drives/partials/folder_drive_form.html",
        context=context,
        status=UNPROCESSABLE if form.is_bound else 200,
    )


def _add(request: HtmxHttpRequest) -> HttpResponse:
    is_folder = "is_folder" in request.POST
    form = AddDriveForm(request.POST)
    if not form.is_valid():
        return _show(request, form, is_folder=is_folder)
    try:
        place = _place(form.cleaned_data["path"], is_folder=is_folder)
        drive = _take(request, form, place, is_folder=is_folder)
    except DrivearrError as refused:
        return _show(request, form, is_folder=is_folder, refused=refused)
    scanning.start_scan(drive_id=drive.pk, trigger=Job.Trigger.PERSON)
    messages.success(
        request,
        gettext("“{drive}” is known now. Looking what is on it…").format(
            drive=drive.name
        ),
    )
    return redirect("drive_detail", drive.pk)


def _take(
    request: HtmxHttpRequest, form: AddDriveForm, place: Path, *, is_folder: bool
) -> Drive:
    """Add a drive, give it an identity of its own, or say which known one it is."""
    known = read_id(request.POST.get("to"))
    if known:
        to = get_object_or_404(Drive, pk=known, is_folder=is_folder)
        return registering.assign_place(path=place, to=to, by=request.user)
    return registering.add_drive(
        path=place,
        name=form.cleaned_data["name"],
        folder=is_folder,
        as_new="as_new" in request.POST,
        by=request.user,
    )


def _place(asked: str, *, is_folder: bool) -> Path:
    """Return the path if it may be named from a page: a candidate, or below a place."""
    if is_folder:
        folder = look_into(asked).path
        if folder is None:
            raise DriveRefused(gettext("That is no folder."))
        return folder
    for mount in offered():
        if str(mount.path) == asked:
            return mount.path
    raise DriveRefused(
        gettext("It is not plugged in any more, or is known already."),
        advice=gettext("Look at the list again."),
    )


@require_POST
def scan_drive(
    request: HtmxHttpRequest,  # noqa: ARG001  # a view takes one
    drive_id: int,
) -> HttpResponse:
    """Look what is on a drive."""
    drive = get_object_or_404(Drive, pk=drive_id)
    scanning.start_scan(drive_id=drive.pk, trigger=Job.Trigger.PERSON)
    return redirect("drive_detail", drive.pk)


@owner_required
@require_http_methods(["GET", "POST"])
def edit_drive(request: HtmxHttpRequest, drive_id: int) -> HttpResponse:
    """Change a drive's name and how it wants to be filled."""
    drive = get_object_or_404(Drive, pk=drive_id)
    form = ProfileForm(request.POST or None, instance=drive)
    if request.method == "GET" or not form.is_valid():
        return _profile(request, drive_id, form)
    try:
        profiling.edit_profile(
            drive=Drive.objects.get(pk=drive_id), **form.cleaned_data
        )
    except Refused as refused:
        return _profile(request, drive_id, form, refused)
    messages.success(request, gettext("Saved."))
    return redirect("drive_detail", drive.pk)


def _profile(
    request: HtmxHttpRequest,
    drive_id: int,
    form: ProfileForm,
    refused: Refused | None = None,
) -> HttpResponse:
    # Anew: the form has written into the drive it was given.
    drive = get_object_or_404(Drive, pk=drive_id)
    return render(
        request,
        page="drives/edit_drive.html",
        context=ProfilePage.build(drive, form, refused),
        status=UNPROCESSABLE if form.is_bound else 200,
    )


@owner_required
@require_POST
def assign_drive(request: HtmxHttpRequest, drive_id: int) -> HttpResponse:
    """Say that a drive added anew is one that was known before."""
    drive = get_object_or_404(Drive, pk=drive_id)
    to = get_object_or_404(Drive, pk=read_id(request.POST.get("to")))
    try:
        registering.assign_drive(drive=drive, to=to, by=request.user)
    except DrivearrError as refused:
        say_error(request, refused.message, refused.advice)
        return redirect("edit_drive", drive.pk)
    scanning.start_scan(drive_id=to.pk, trigger=Job.Trigger.PERSON)
    messages.success(
        request,
        gettext("It is “{name}” again. Looking what is on it…").format(name=to.name),
    )
    return redirect("drive_detail", to.pk)


@owner_required
@require_http_methods(["GET", "POST"])
def forget_drive(request: HtmxHttpRequest, drive_id: int) -> HttpResponse:
    """Ask, then forget a drive; nothing on it is touched."""
    drive = get_object_or_404(Drive, pk=drive_id)
    page = "drives/forget_drive.html"
    if request.method == "GET":
        return render(request, page=page, context=DriveForm(drive, None))
    what = read_choice(request.POST.get("what"), FORGETTABLE)
    try:
        FORGETTABLE[what](drive=drive)
    except Refused as refused:
        context = DriveForm.refused(drive, None, refused)
        return render(request, page=page, context=context, status=UNPROCESSABLE)
    if what:
        messages.success(
            request,
            gettext("The {what} of “{drive}” is forgotten.").format(
                what=what, drive=drive.name
            ),
        )
        return redirect("drive_detail", drive.pk)
    messages.success(
        request,
        gettext("“{drive}” is forgotten. Its files are untouched.").format(
            drive=drive.name
        ),
    )
    return redirect("drive_list")
