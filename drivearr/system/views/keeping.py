"""Pages that change the house: settings, people, backups, audit."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.models import User
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
)

from drivearr.jobs.models import Job
from drivearr.jobs.services import enqueue
from drivearr.lib.errors import Refused
from drivearr.system.contexts.audit import AuditPage
from drivearr.system.contexts.people import PeoplePage, PersonPage
from drivearr.system.contexts.settings_page import EDITABLE, SettingsPage
from drivearr.system.forms import PersonForm, UploadForm
from drivearr.system.jobs import BACKUP
from drivearr.system.services import backing_up, peopling, setting
from drivearr.system.services.backing_up import Backup, BackupUnfit
from drivearr.web.access import owner_required
from drivearr.web.http import UNPROCESSABLE, HtmxHttpRequest, render, say_error
from drivearr.web.rights import Role


@owner_required
@require_http_methods(["GET", "POST"])
def edit_settings(request: HtmxHttpRequest) -> HttpResponse:
    """Show all settings with their source; change those that may be changed here."""
    if request.method == "POST":
        return _write_settings(request)
    context = SettingsPage.build()
    return render(request, page="system/edit_settings.html", context=context)


def _write_settings(request: HtmxHttpRequest) -> HttpResponse:
    sent = {
        name: request.POST[name].strip() for name in EDITABLE if name in request.POST
    }
    errors = setting.find_errors(sent)
    if errors:
        return render(
            request,
            page="system/edit_settings.html",
            context=SettingsPage.build(sent=sent, errors=errors),
            status=UNPROCESSABLE,
        )
    if setting.write(sent, file=Path(settings.PAGE_SETTINGS_FILE)):
        messages.success(
            request, gettext("Kept. It counts as soon as Drivearr is restarted.")
        )
    else:
        messages.info(request, gettext("Nothing was changed."))
    return redirect("edit_settings")


@owner_required
@require_GET
def person_list(request: HtmxHttpRequest) -> HttpResponse:
    """Show everybody with an account."""
    return render(request, page="system/person_list.html", context=PeoplePage.build())


@sensitive_post_parameters("password")
@owner_required
@require_http_methods(["GET", "POST"])
def add_person(request: HtmxHttpRequest) -> HttpResponse:
    """Make an account for somebody."""
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        user = peopling.add_person(
            name=given["username"],
            password=given["password"],
            role=Role(given["role"]),
            subjects=form.subjects(),
        )
        messages.success(
            request,
            gettext("{username} can sign in now.").format(username=user.username),
        )
        return redirect("person_list")
    return _show_person(request, form)


@sensitive_post_parameters("password")
@owner_required
@require_http_methods(["GET", "POST"])
def edit_person(request: HtmxHttpRequest, user_id: int) -> HttpResponse:
    """Change what somebody may do, their name, or their password."""
    user = get_object_or_404(User, pk=user_id)
    form = PersonForm(request.POST or None, person=user)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            peopling.change_person(
                user=user,
                name=given["username"],
                password=given["password"],
                role=Role(given["role"]),
                subjects=form.subjects(),
                is_active=given["is_active"],
            )
        except Refused as refused:
            form.add_error(None, f"{refused.message} {refused.advice}")
        else:
            if user.pk == request.user.pk:
                update_session_auth_hash(request, user)
            messages.success(
                request,
                gettext("{username} is changed.").format(username=user.username),
            )
            return redirect("person_list")
    return _show_person(request, form, user)


def _show_person(
    request: HtmxHttpRequest, form: PersonForm, user: User | None = None
) -> HttpResponse:
    is_self = user is not None and user.pk == request.user.pk
    return render(
        request,
        page="system/edit_person.html",
        context=PersonPage.build(form, user, is_self=is_self),
        status=UNPROCESSABLE if form.is_bound else 200,
    )


@owner_required
@require_POST
def remove_person(request: HtmxHttpRequest, user_id: int) -> HttpResponse:
    """Delete somebody's account."""
    user = get_object_or_404(User, pk=user_id)
    try:
        peopling.remove_person(user=user)
    except Refused as refused:
        say_error(request, refused.message, refused.advice)
    else:
        messages.success(
            request,
            gettext("{username} has no account any more.").format(
                username=user.username
            ),
        )
    return redirect("person_list")


@owner_required
@require_GET
def audit_trail(request: HtmxHttpRequest) -> HttpResponse:
    """Show who did what."""
    return render(
        request, page="system/audit_trail.html", context=AuditPage.build(request.GET)
    )


@dataclass(frozen=True, slots=True)
class BackupsPage:
    """The backups there are, and a form for one from elsewhere."""

    backups: tuple[Backup, ...]
    form: UploadForm
    kept: int
    is_busy: bool
    """Whether one is being made."""
    can_restore: bool
    """Whether nothing is under way."""

    @classmethod
    def build(cls, form: UploadForm | None = None) -> "BackupsPage":
        """Make it; two queries."""
        return cls(
            backups=backing_up.list_backups(),
            form=form or UploadForm(),
            kept=settings.BACKUPS_KEPT,
            is_busy=Job.objects.active().of(BACKUP.name).exists(),
            can_restore=not Job.objects.active().exists(),
        )


@owner_required
@require_GET
def backup_list(request: HtmxHttpRequest) -> HttpResponse:
    """Show the backups."""
    return render(request, page="system/backup_list.html", context=BackupsPage.build())


@owner_required
@require_POST
def make_backup(request: HtmxHttpRequest) -> HttpResponse:
    """Queue a backup."""
    enqueue(BACKUP, trigger=Job.Trigger.PERSON)
    messages.success(
        request, gettext("A backup is being made. It shows up here in a moment.")
    )
    return redirect("backup_list")


@owner_required
@require_GET
def download_backup(request: HtmxHttpRequest, name: str) -> HttpResponseBase:  # noqa: ARG001 - owners only
    """Give a backup as a file; it holds the key, so it belongs in safe hands."""
    try:
        backup = backing_up.find_backup(name)
    except BackupUnfit as unfit:
        raise Http404(unfit.message) from unfit
    return FileResponse(
        backup.path.open("rb"), as_attachment=True, filename=backup.name
    )


@dataclass(frozen=True, slots=True)
class RestorePage:
    """What a restore would do, before it is done."""

    backup: Backup


@owner_required
@require_http_methods(["GET", "POST"])
def restore_backup(request: HtmxHttpRequest, name: str) -> HttpResponse:
    """Say what a restore does; do it when that was read."""
    try:
        backup = backing_up.find_backup(name)
    except BackupUnfit as unfit:
        raise Http404(unfit.message) from unfit
    if request.method == "GET":
        page = "system/restore_backup.html"
        return render(request, page=page, context=RestorePage(backup))
    return _restore(request, backup.path)


@owner_required
@require_POST
def upload_backup(request: HtmxHttpRequest) -> HttpResponse:
    """Restore a backup that the browser sends."""
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return render(
            request,
            page="system/backup_list.html",
            context=BackupsPage.build(form),
            status=UNPROCESSABLE,
        )
    with tempfile.NamedTemporaryFile(dir=settings.DATA_DIR, suffix=".zip") as file:
        for block in form.cleaned_data["file"].chunks():
            file.write(block)
        file.flush()
        return _restore(request, Path(file.name))


def _restore(request: HtmxHttpRequest, path: Path) -> HttpResponse:
    try:
        done = backing_up.restore(path)
    except Refused as refused:
        say_error(request, refused.message, refused.advice)
        return redirect("backup_list")
    # The session may not be in the database any more: no message could be kept.
    page = "system/restored.html"
    return render(request, page=page, context=done)


@owner_required
@require_POST
def drop_backup(request: HtmxHttpRequest, name: str) -> HttpResponse:
    """Delete a backup."""
    try:
        backing_up.drop(name)
    except BackupUnfit as unfit:
        raise Http404(unfit.message) from unfit
    messages.success(request, gettext("The backup is deleted."))
    return redirect("backup_list")
