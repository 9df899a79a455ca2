"""What people may send about Plex."""

from django import forms
from django.utils.translation import gettext_lazy

from plexlink.models import PlexLibrary, PlexServer

HOURS_MOST, AT_ONCE_MOST, SECONDS_MOST = 10_000, 16, 600
_QUIET = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}


class TokenForm(forms.Form):
    """A token that somebody has."""

    token = forms.CharField(
        label=gettext_lazy("Token"),
        max_length=4000,
        widget=forms.PasswordInput(attrs=_QUIET, render_value=False),
        help_text=gettext_lazy("It is kept encrypted and never shown again."),
    )


class AddressForm(forms.Form):
    """A server by its address."""

    url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=500,
        widget=forms.TextInput(
            attrs=_QUIET | {"placeholder": "http://192.168.1.20:32400"}
        ),
    )
    token = forms.CharField(
        label=gettext_lazy("Its own token"),
        max_length=4000,
        required=False,
        widget=forms.PasswordInput(attrs=_QUIET, render_value=False),
        help_text=gettext_lazy("Only needed when nobody is signed in who may use it."),
    )


class MappingForm(forms.Form):
    """A folder as Plex names it, and the same folder here."""

    plex_path = forms.CharField(
        label=gettext_lazy("Folder at Plex"),
        max_length=1000,
        strip=False,
        widget=forms.TextInput(attrs=_QUIET | {"placeholder": "/data/Movies"}),
    )
    local_path = forms.CharField(
        label=gettext_lazy("The same folder here"),
        max_length=1000,
        strip=False,
        widget=forms.TextInput(attrs=_QUIET | {"placeholder": "/media/films"}),
    )


def _number(least: int, most: int, *, required: bool = True) -> forms.IntegerField:
    """Return a field that says its bounds in words."""
    return forms.IntegerField(min_value=least, max_value=most, required=required)


class IntervalForm(forms.ModelForm[PlexLibrary]):
    """How often a library is looked at, and how hard."""

    refresh_hours = _number(0, HOURS_MOST)
    deep_hours = _number(0, HOURS_MOST)
    concurrency = _number(1, AT_ONCE_MOST, required=False)
    timeout_seconds = _number(1, SECONDS_MOST, required=False)

    class Meta:
        model = PlexLibrary
        fields = ("refresh_hours", "deep_hours", "concurrency", "timeout_seconds")
        labels = {
            "refresh_hours": gettext_lazy("Look what changed every … hours"),
            "deep_hours": gettext_lazy("Look at everything again every … hours"),
            "concurrency": gettext_lazy("Requests at the same time"),
            "timeout_seconds": gettext_lazy("Seconds to wait for an answer"),
        }
        help_texts = {
            "refresh_hours": gettext_lazy("0: only when asked."),
            "deep_hours": gettext_lazy("0: never."),
            "concurrency": gettext_lazy("Empty: as its server's other libraries."),
            "timeout_seconds": gettext_lazy("Empty: as its server's other libraries."),
        }


class ServerForm(forms.ModelForm[PlexServer]):
    """How a server is used."""

    concurrency = _number(1, AT_ONCE_MOST)
    timeout_seconds = _number(1, SECONDS_MOST)

    class Meta:
        model = PlexServer
        fields = (
            *("is_live", "refreshes_sections", "writes_watched"),
            *("allows_http", "concurrency", "timeout_seconds"),
        )
        labels = {
            "is_live": gettext_lazy("Listen for news, so that changes come at once"),
            "refreshes_sections": gettext_lazy(
                "Let Plex look when files came: new ones here, copies on a drive"
            ),
            "writes_watched": gettext_lazy("Tell Plex what is marked as watched here"),
            "allows_http": gettext_lazy("Use addresses without encryption too"),
            "concurrency": gettext_lazy("Requests at the same time"),
            "timeout_seconds": gettext_lazy("Seconds to wait for an answer"),
        }
