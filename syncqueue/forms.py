"""Reads which part of which title a person wishes for."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import Http404
from django.shortcuts import get_object_or_404

from drivearr.web.reading import read_id
from library.models import Item, Season, Title


@dataclass(frozen=True, slots=True)
class Scope:
    """A title, or a season or an item of it."""

    title: Title
    season: Season | None
    item: Item | None

    @classmethod
    def read(cls, sent: Mapping[str, str]) -> "Scope":
        """Read `title`, `season` and `item`.

        Raises: Http404 when one is no id, or does not belong to the title.
        """
        title = get_object_or_404(Title, pk=read_id(sent.get("title")))
        season = item = None
        if sent.get("season"):
            seasons = Season.objects.filter(title=title)
            season = get_object_or_404(seasons, pk=read_id(sent.get("season")))
        if sent.get("item"):
            items = Item.objects.filter(title=title, season=season)
            item = get_object_or_404(items, pk=read_id(sent.get("item")))
        if item is not None and season is None and title.kind == Title.Kind.SHOW:
            raise Http404
        return cls(title, season, item)
