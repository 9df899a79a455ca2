"""What people may send to the library."""

import re

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext, gettext_lazy

from library.models import Root

MOST_EPISODES = 50
_SPAN = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")


class PlaceForm(forms.Form):
    """A folder of the server."""

    path = forms.CharField(
        label=gettext_lazy("Folder"),
        max_length=1000,
        strip=False,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "none",
                "spellcheck": "false",
                "placeholder": "/media/…",
            }
        ),
        help_text=gettext_lazy(
            "On the machine Drivearr runs on. Type it, or pick it below."
        ),
    )


class RootForm(PlaceForm):
    """A folder and what is in it."""

    field_order = ("kind", "path")
    kind = forms.ChoiceField(
        label=gettext_lazy("What is in it"),
        choices=Root.Kind.choices,
        initial=Root.Kind.MOVIES,
        widget=forms.RadioSelect,
    )


class EpisodesField(forms.CharField):
    """Episode numbers in words: "5", "5-6", "5, 7"."""

    def clean(self, value: object) -> tuple[int, ...]:
        """Read them, in order and each once."""
        text = str(super().clean(value) or "").replace(" ", "")
        numbers: list[int] = []
        for part in filter(None, text.split(",")):
            match = _SPAN.fullmatch(part)
            if match is None:
                raise ValidationError(gettext("Write numbers, such as 5 or 5-6."))
            first, last = int(match[1]), int(match[2] or match[1])
            if last < first or last - first > MOST_EPISODES:
                raise ValidationError(gettext("From a smaller number to a larger one."))
            numbers.extend(range(first, last + 1))
        return tuple(dict.fromkeys(numbers))


class NumbersForm(forms.Form):
    """Which episode of a show a file is; both empty: its name says it."""

    season = forms.IntegerField(min_value=0, max_value=9999, required=False)
    episodes = EpisodesField(max_length=40, required=False)

    def clean(self) -> dict[str, object]:
        """Refuse a season without an episode: it would say nothing."""
        given = super().clean() or self.cleaned_data
        if given.get("episodes") and given.get("season") is None:
            given["season"] = 1
        return given


class KeyForm(forms.Form):
    """A key of a metadata source; never shown again."""

    key = forms.CharField(
        label=gettext_lazy("Key"),
        max_length=2000,
        widget=forms.PasswordInput(
            attrs={"autocomplete": "off", "spellcheck": "false"}
        ),
        help_text=gettext_lazy(
            "An API key or a read access token. It is kept sealed and never shown."
        ),
    )
    pin = forms.CharField(
        label=gettext_lazy("PIN"),
        max_length=100,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy(
            "Only for a key that TheTVDB gave to you as a subscriber."
        ),
    )


class GenresField(forms.CharField):
    """Genres with commas between them."""

    def clean(self, value: object) -> tuple[str, ...]:
        """Read them, each once."""
        text = str(super().clean(value) or "")
        names = (" ".join(part.split())[:100] for part in text.split(","))
        return tuple(dict.fromkeys(filter(None, names)))


class TitleForm(forms.Form):
    """What a person may write about a title."""

    name = forms.CharField(label=gettext_lazy("Title"), max_length=500)
    original_name = forms.CharField(
        label=gettext_lazy("Original title"), max_length=500, required=False
    )
    year = forms.IntegerField(
        label=gettext_lazy("Year"), min_value=1870, max_value=2200, required=False
    )
    tagline = forms.CharField(
        label=gettext_lazy("Tagline"), max_length=500, required=False
    )
    overview = forms.CharField(
        label=gettext_lazy("Plot"),
        max_length=20_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    genres = GenresField(
        label=gettext_lazy("Genres"),
        max_length=1000,
        required=False,
        help_text=gettext_lazy("With commas between."),
    )
    content_rating = forms.CharField(
        label=gettext_lazy("Certificate"), max_length=50, required=False
    )
    rating = forms.FloatField(
        label=gettext_lazy("Rating, of 10"), min_value=0, max_value=10, required=False
    )
    runtime_minutes = forms.IntegerField(
        label=gettext_lazy("Length in minutes"),
        min_value=1,
        max_value=6000,
        required=False,
    )
