"""Pictures out of our own cache; no request ever names a path."""

from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from drivearr.web.http import HtmxHttpRequest
from library.models import Artwork
from library.services.artwork import picture_path

YEAR_SECONDS = 365 * 24 * 3600


@require_safe
def artwork(
    request: HtmxHttpRequest,  # noqa: ARG001  # a view takes one
    artwork_id: int,
    width: int,
) -> FileResponse:
    """A kept picture at least `width` pixels wide; its address changes with it."""
    row = get_object_or_404(Artwork, pk=artwork_id)
    path = picture_path(artwork=row, width=width)
    if path is None:
        raise Http404
    try:
        # The response closes it.
        stream = path.open("rb")
    except OSError as error:
        raise Http404 from error
    response = FileResponse(stream, content_type="image/webp")
    response.headers["Cache-Control"] = f"private, max-age={YEAR_SECONDS}, immutable"
    return response
