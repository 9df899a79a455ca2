"""The library's shelf, and the page of a title."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_GET

from drivearr.web.http import HtmxHttpRequest, render, wants_part
from drivearr.web.reading import read_choice, read_id
from library import origins
from library.contexts.filters import Filters
from library.contexts.seasons import OpenedSeason
from library.contexts.shelves import Shelf, weigh
from library.contexts.titles import TitlePage
from library.contexts.together import Together
from library.contexts.whereabouts import Whereabouts
from library.models import Collection, Person, Title


@require_GET
def title_list(request: HtmxHttpRequest) -> HttpResponse:
    """All titles that the library has files of."""
    return render(
        request,
        page="library/title_list.html",
        part="library/partials/shelf.html",
        context=Shelf.build(request.GET),
    )


@require_GET
def titles_weight(request: HtmxHttpRequest) -> HttpResponse:
    """How much all titles that were asked for weigh; asked when all of them are chosen."""
    weight = weigh(Filters.read(request.GET))
    return render(request, page="library/partials/weight.html", context=weight)


@require_GET
def where_list(request: HtmxHttpRequest) -> HttpResponse:
    """Which title is on which drive, also on those in the drawer."""
    return render(
        request,
        page="library/where_list.html",
        part="library/partials/whereabouts.html",
        context=Whereabouts.build(request.GET),
    )


@require_GET
def title_detail(request: HtmxHttpRequest, title_id: int) -> HttpResponse:
    """One title with its seasons, its files, and how it stands on each drive."""
    title = get_object_or_404(Title, pk=title_id)
    today = timezone.localdate()
    if wants_part(request) and (season_id := read_id(request.GET.get("season"))):
        opened = OpenedSeason.build(title, season_id, today=today)
        if opened is None:
            raise Http404
        return render(
            request, page="library/partials/opened_season.html", context=opened
        )
    return render(
        request,
        page="library/title_detail.html",
        context=TitlePage.build(request, title, today=today),
    )


@require_GET
def person_detail(request: HtmxHttpRequest, person_id: int) -> HttpResponse:
    """All that the library has of a person's work."""
    person = get_object_or_404(Person, pk=person_id)
    return render(
        request,
        page="library/together.html",
        context=Together.of_person(
            person, page=request.GET.get("page"), origin=_origin_of(request)
        ),
    )


@require_GET
def collection_detail(request: HtmxHttpRequest, collection_id: int) -> HttpResponse:
    """All that the library has of a collection."""
    collection = get_object_or_404(Collection, pk=collection_id)
    return render(
        request,
        page="library/together.html",
        context=Together.of_collection(
            collection, page=request.GET.get("page"), origin=_origin_of(request)
        ),
    )


def _origin_of(request: HtmxHttpRequest) -> str:
    return read_choice(request.GET.get("from"), origins.values())
