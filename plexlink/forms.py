"""What people may send about Plex, by page or by command."""

import drivearr.web.subscripts  # noqa: F401, I001 - before what it changes is used

from django import forms
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrPromise

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


_AT_ONCE, _SECONDS = (
    gettext_lazy("Requests at the same time"),
    gettext_lazy("Seconds to wait for an answer"),
)
_AS_OTHERS = gettext_lazy("Empty: as its server's other libraries.")


def _number(
    least: int,
    most: int,
    label: StrPromise,
    *,
    says: StrPromise | str = "",
    required: bool = True,
) -> forms.IntegerField:
    """Return a field that says its bounds in words."""
    return forms.IntegerField(
        min_value=least,
        max_value=most,
        label=label,
        help_text=says,
        required=required,
    )


class IntervalForm(forms.ModelForm[PlexLibrary]):
    """How often a library is looked at, and how hard."""

    refresh_hours = _number(
        0,
        HOURS_MOST,
        gettext_lazy("Look what changed every … hours"),
        says=gettext_lazy("0: only when asked."),
    )
    deep_hours = _number(
        0,
        HOURS_MOST,
        gettext_lazy("Look at everything again every … hours"),
        says=gettext_lazy("0: never."),
    )
    concurrency = _number(1, AT_ONCE_MOST, _AT_ONCE, says=_AS_OTHERS, required=False)
    timeout_seconds = _number(
        1, SECONDS_MOST, _SECONDS, says=_AS_OTHERS, required=False
    )

    class Meta:
        model = PlexLibrary
        fields = ("refresh_hours", "deep_hours", "concurrency", "timeout_seconds")


class ServerForm(forms.ModelForm[PlexServer]):
    """How a server is used."""

    concurrency = _number(1, AT_ONCE_MOST, _AT_ONCE)
    timeout_seconds = _number(1, SECONDS_MOST, _SECONDS)

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
        }
