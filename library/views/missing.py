"""Missing files: seen, looked for again, forgotten."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from drivearr.web.access import owner_required
from drivearr.web.http import HtmxHttpRequest, render
from library.contexts.missing import MissingList
from library.models import MediaFile
from library.services import aging

IDS_MOST = 5000


@require_GET
def missing_list(request: HtmxHttpRequest) -> HttpResponse:
    """All files that a scan did not find any more."""
    return render(
        request,
        page="library/missing_list.html",
        part="library/partials/missing_rows.html",
        context=MissingList.build(number=request.GET.get("page", "")),
    )


@owner_required
@require_POST
def bring_back(request: HttpRequest) -> HttpResponse:
    """Look again where the chosen files lay, or all."""
    found = aging.bring_back(file_ids=_chosen(request))
    if found.back:
        messages.success(
            request,
            gettext("{back} of them there again, with their match.").format(
                back=found.back
            ),
        )
    if found.gone:
        messages.warning(
            request,
            gettext("{gone} still gone from where they lay.").format(gone=found.gone),
        )
    if found.away:
        messages.warning(
            request,
            gettext("{away} in folders that are away: mount them, then scan.").format(
                away=found.away
            ),
        )
    return redirect("missing_list")


@owner_required
@require_POST
def forget_missing(request: HttpRequest) -> HttpResponse:
    """Forget the chosen files and what they were matched to; no file is touched."""
    count = aging.forget(file_ids=_read_ids(request))
    messages.success(request, gettext("{count} forgotten.").format(count=count))
    return redirect("missing_list")


def _chosen(request: HttpRequest) -> list[int]:
    if "all" in request.POST:
        rows = MediaFile.objects.missing().order_by("-missing_since", "pk")
        return list(rows.values_list("pk", flat=True)[:IDS_MOST])
    return _read_ids(request)


def _read_ids(request: HttpRequest) -> list[int]:
    asked = request.POST.getlist("file")[:IDS_MOST]
    return [int(each) for each in asked if each.isascii() and each.isdecimal()]
