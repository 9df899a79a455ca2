"""What people do with wishes: make, pause, resume, cancel, retry, clear."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy, ngettext
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
)

from drivearr.lib.errors import Refused
from drivearr.web.http import (
    HtmxHttpRequest,
    answer,
    render,
    safe_next,
    say_error,
    wants_part,
)
from drivearr.web.reading import read_choice, read_id
from drivearr.web.undoing import say_with_undo
from drives.models import Drive
from library.models import Title
from syncqueue.contexts.lanes import Queue
from syncqueue.contexts.placing import Placings
from syncqueue.forms import Scope, SpeedLimitForm
from syncqueue.models import QueueItem
from syncqueue.services import limiting, renaming, starting, wishing

LATE = gettext_lazy("That changed a moment ago; this is how it stands now.")
PLACINGS = "syncqueue/partials/placings.html"


@require_http_methods(["GET", "POST"])
def put_on_drive(request: HtmxHttpRequest) -> HttpResponse:
    """Choose a drive for a title, season or episode, and wish for it there."""
    if request.method == "POST":
        return _put(request)
    scope = Scope.read(request.GET)
    placings = Placings.build(scope.title, season=scope.season, item=scope.item)
    return render(
        request, page="syncqueue/put_on_drive.html", part=PLACINGS, context=placings
    )


def _put(request: HtmxHttpRequest) -> HttpResponse:
    scope = Scope.read(request.POST)
    drive = get_object_or_404(Drive, pk=read_id(request.POST.get("drive")))
    try:
        wish = wishing.add_wish(
            drive=drive,
            title=scope.title,
            season=scope.season,
            item=scope.item,
            by=request.user,
        )
    except Refused as refused:
        say_error(request, refused.message, refused.advice)
    else:
        starting.begin(drive=drive)
        told = _told(scope.title, drive)
        say_with_undo(request, told, name=wishing.WISHED, ids=[wish.pk])
    if wants_part(request):
        placings = Placings.build(scope.title, season=scope.season, item=scope.item)
        return answer(request, part=PLACINGS, context=placings)
    return HttpResponseRedirect(
        safe_next(request, reverse("title_detail", args=[scope.title.pk]))
    )


def _told(title: Title, drive: Drive) -> str:
    if drive.attachments.current().exists():
        return gettext("{label} goes on “{drive}”.").format(
            label=title.label, drive=drive.name
        )
    return gettext("{label} goes on “{drive}” as soon as it is plugged in.").format(
        label=title.label, drive=drive.name
    )


@require_POST
def send_missing(request: HtmxHttpRequest, drive_id: int) -> HttpResponse:
    """Wish for all of the library that a drive does not have."""
    drive = get_object_or_404(Drive, pk=drive_id)
    kind = read_choice(request.POST.get("kind"), Title.Kind.values)
    made = wishing.add_missing(drive=drive, kind=kind or None, by=request.user)
    if made:
        starting.begin(drive=drive)
        told = ngettext(
            "{n} title waits for “{drive}” now.",
            "{n} titles wait for “{drive}” now.",
            len(made),
        ).format(n=f"{len(made):,}", drive=drive.name)
        say_with_undo(
            request, told, name=wishing.WISHED, ids=[wish.pk for wish in made]
        )
    else:
        messages.info(
            request,
            gettext("“{drive}” has all of it, or waits for it already.").format(
                drive=drive.name
            ),
        )
    return redirect("plan_detail", drive.pk)


def _deed(request: HtmxHttpRequest, sent: QueryDict) -> HttpResponse:
    """Answer with the lanes as they are now, or go back to the queue."""
    if wants_part(request):
        return answer(
            request, part="syncqueue/partials/lanes.html", context=Queue.build(sent)
        )
    query = sent.urlencode()
    return redirect(reverse("queue") + (f"?{query}" if query else ""))


def _shown(request: HtmxHttpRequest) -> QueryDict:
    """Return which part of the queue the person was looking at."""
    shown = QueryDict(mutable=True)
    for name in ("drive", "page"):
        number = read_id(request.POST.get(f"shown_{name}"))
        if number is not None:
            shown[name] = str(number)
    return shown


def _change(
    request: HtmxHttpRequest, wish_id: int, change: Callable[..., bool]
) -> HttpResponse:
    wish = get_object_or_404(QueueItem.objects.select_related("drive"), pk=wish_id)
    if not change(wish=wish):
        messages.info(request, LATE)
    elif wish.state == QueueItem.State.WAITING:
        starting.begin(drive=wish.drive)
    return _deed(request, _shown(request))


@require_POST
def pause_wish(request: HtmxHttpRequest, wish_id: int) -> HttpResponse:
    """Stop working on a wish until it is resumed."""
    return _change(request, wish_id, wishing.pause_wish)


@require_POST
def resume_wish(request: HtmxHttpRequest, wish_id: int) -> HttpResponse:
    """Let a paused wish go on."""
    return _change(request, wish_id, wishing.resume_wish)


@require_POST
def retry_wish(request: HtmxHttpRequest, wish_id: int) -> HttpResponse:
    """Try a failed wish again."""
    return _change(request, wish_id, wishing.retry_wish)


@require_POST
def cancel_wish(request: HtmxHttpRequest, wish_id: int) -> HttpResponse:
    """Withdraw a wish."""
    wish = get_object_or_404(
        QueueItem.objects.select_related("drive", "title"), pk=wish_id
    )
    if wishing.cancel_wish(wish=wish):
        told = gettext("{label} does not go on “{drive}”.").format(
            label=wish.title.label, drive=wish.drive.name
        )
        say_with_undo(request, told, name=wishing.WITHDRAWN, ids=[wish.pk])
    else:
        messages.info(request, LATE)
    return _deed(request, _shown(request))


@require_POST
def place_wish(request: HtmxHttpRequest, wish_id: int) -> HttpResponse:
    """Let a wish be worked off earlier or later than others of its drive."""
    wish = get_object_or_404(QueueItem, pk=wish_id)
    where, beside = _place(request)
    if not where or not wishing.place_wish(wish=wish, where=where, beside=beside):
        messages.info(
            request, gettext("It cannot go any further; this is how it stands now.")
        )
    return _deed(request, _shown(request))


def _place(request: HtmxHttpRequest) -> tuple[str, QueueItem | None]:
    """Read where a wish goes: by a button, or beside the one it was dropped at."""
    for where in wishing.BESIDE:
        if pk := read_id(request.POST.get(where)):
            return where, QueueItem.objects.filter(pk=pk).first()
    return read_choice(request.POST.get("where"), wishing.PLACES), None


@require_POST
def rename_on_drive(request: HtmxHttpRequest, drive_id: int) -> HttpResponse:
    """Give the files on a drive the names their titles have today."""
    drive = get_object_or_404(Drive, pk=drive_id)
    try:
        renaming.start_rename(drive=drive)
    except Refused as refused:
        say_error(request, refused.message, refused.advice)
    else:
        messages.success(
            request,
            gettext("The files on “{drive}” are being renamed.").format(
                drive=drive.name
            ),
        )
    return redirect("drive_names", drive.pk)


@require_POST
def limit_speed(request: HtmxHttpRequest, drive_id: int) -> HttpResponse:
    """Set or lift a drive's speed limit."""
    drive = get_object_or_404(Drive, pk=drive_id)
    form = SpeedLimitForm(request.POST)
    if not form.is_valid():
        for errors in form.errors.values():
            messages.error(request, str(errors[0]))
    elif form.rate is None:
        limiting.lift_limit(drive=drive)
        messages.success(
            request,
            gettext("“{drive}” has no speed limit now.").format(drive=drive.name),
        )
    else:
        begins, ends = form.hours
        limiting.set_limit(
            drive=drive, bytes_per_second=form.rate, begins=begins, ends=ends
        )
        messages.success(
            request,
            gettext("The speed limit of “{drive}” holds from now on.").format(
                drive=drive.name
            ),
        )
    return redirect("drive_detail", drive.pk)


@require_POST
def pause_copying(request: HtmxHttpRequest, drive_id: int) -> HttpResponse:
    """Stop all copying to a drive at the next safe point."""
    wishing.pause_drive(drive=get_object_or_404(Drive, pk=drive_id))
    return _deed(request, _shown(request))


@require_POST
def resume_copying(request: HtmxHttpRequest, drive_id: int) -> HttpResponse:
    """Go on with copying to a drive."""
    drive = get_object_or_404(Drive, pk=drive_id)
    wishing.resume_drive(drive=drive)
    drive.refresh_from_db()
    starting.begin(drive=drive)
    return _deed(request, _shown(request))


@require_POST
def clear_finished(request: HtmxHttpRequest) -> HttpResponse:
    """Take what is over off the list."""
    number = read_id(request.POST.get("drive"))
    drive = get_object_or_404(Drive, pk=number) if number else None
    wishing.clear_finished(drive=drive)
    return _deed(request, _shown(request))
