"""What people may send to the library."""

from django import forms

from library.models import Root


class RootForm(forms.Form):
    """A folder and what is in it."""

    kind = forms.ChoiceField(
        label="What is in it",
        choices=Root.Kind.choices,
        initial=Root.Kind.MOVIES,
        widget=forms.RadioSelect,
    )
    path = forms.CharField(
        label="Folder",
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
        help_text="On the machine Drivearr runs on. Type it, or pick it below.",
    )
