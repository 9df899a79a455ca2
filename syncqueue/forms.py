"""What people send about the queue: which part of which title, how fast at most."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any

from django import forms
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext, gettext_lazy

from drivearr.web.reading import read_id
from library.models import Item, Season, Title
from syncqueue.models import SpeedLimit


class SpeedLimitForm(forms.Form):
    """How fast a drive is copied to at most; an empty speed lifts the limit."""

    megabytes = forms.FloatField(
        label=gettext_lazy("At most"),
        required=False,
        min_value=0.1,
        max_value=100_000,
        help_text=gettext_lazy("Megabytes a second; empty: as fast as it is."),
    )
    begins = forms.TimeField(
        label=gettext_lazy("From"),
        required=False,
        widget=forms.TimeInput({"type": "time"}),
    )
    ends = forms.TimeField(
        label=gettext_lazy("Until"),
        required=False,
        widget=forms.TimeInput({"type": "time"}),
    )

    @classmethod
    def of(cls, limit: SpeedLimit | None) -> "SpeedLimitForm":
        """Return it filled with what holds."""
        if limit is None:
            return cls()
        has_hours = limit.begins != limit.ends
        return cls(
            initial={
                "megabytes": f"{limit.bytes_per_second / 1_000_000:g}",
                "begins": f"{limit.begins:%H:%M}" if has_hours else "",
                "ends": f"{limit.ends:%H:%M}" if has_hours else "",
            }
        )

    def clean(self) -> dict[str, Any]:
        """Ask for both hours or none: half a span is no span."""
        values = super().clean() or self.cleaned_data
        if (values.get("begins") is None) != (values.get("ends") is None):
            raise forms.ValidationError(
                gettext("Name both hours, or none for all day.")
            )
        return values

    @property
    def rate(self) -> int | None:
        """Bytes a second; None lifts the limit."""
        megabytes = self.cleaned_data["megabytes"]
        return int(megabytes * 1_000_000) if megabytes else None

    @property
    def hours(self) -> tuple[time, time]:
        """Return from when until when; equal: all day."""
        begins, ends = self.cleaned_data["begins"], self.cleaned_data["ends"]
        return begins or time(0), ends or time(0)


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
