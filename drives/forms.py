"""What people may send about drives."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext, gettext_lazy

from drivearr.web.reading import read_id
from drives.models import Drive
from library.models import Root

_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_SIZE = re.compile(r"\s*(\d{1,6}(?:[.,]\d{1,3})?)\s*([KMGT]?B)\s*", re.IGNORECASE)


class AddDriveForm(forms.Form):
    """A place that shall be a drive."""

    path = forms.CharField(max_length=1000, strip=False, label=gettext_lazy("Folder"))
    name = forms.CharField(
        max_length=100,
        required=False,
        label=gettext_lazy("Name"),
        help_text=gettext_lazy("As you call it: “Car”, “Cabin”. Empty: its own label."),
        # The folder picker brings the form anew, perhaps while a name is typed.
        widget=forms.TextInput(attrs={"hx-preserve": "true"}),
    )


class ReserveField(forms.CharField):
    """A size in words: "256 MB"."""

    def prepare_value(self, value: object) -> object:
        """Show bytes as people write them."""
        if not isinstance(value, int):
            return value
        for unit in ("TB", "GB", "MB"):
            if value >= _UNITS[unit]:
                return (
                    f"{value / _UNITS[unit]:.3f}".rstrip("0").rstrip(".") + f" {unit}"
                )
        return f"{value} B"

    def clean(self, value: object) -> int:
        """Read it."""
        text = str(super().clean(value))
        match = _SIZE.fullmatch(text)
        if match is None:
            raise ValidationError(
                gettext("Write a number and a unit, such as 500 MB or 2 GB.")
            )
        return int(float(match[1].replace(",", ".")) * _UNITS[match[2].upper()])


class SourcesField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg] # not generic at run time
    """Library folders, each with its path."""

    widget = forms.CheckboxSelectMultiple

    def clean(self, value: Any) -> Any:
        """Refuse what can be no row's id before the database is asked."""
        if any(read_id(str(each)) is None for each in value or ()):
            raise ValidationError(gettext("Choose among the folders that are shown."))
        return super().clean(value)

    def label_from_instance(self, obj: Root) -> str:
        """Return what stands beside the tick."""
        return str(obj.path)


class ProfileForm(forms.ModelForm[Drive]):
    """How a drive wants to be filled."""

    sources = SourcesField(
        queryset=Root.objects.in_order(),
        required=False,
        label=gettext_lazy("Fill it from"),
        help_text=gettext_lazy("None ticked: from all library folders."),
    )

    reserve_bytes = ReserveField(
        label=gettext_lazy("Keep free"),
        max_length=30,
        help_text=gettext_lazy("Left free whatever is wished, such as 500 MB or 2 GB."),
    )

    class Meta:
        model = Drive
        fields = (
            "name",
            "owner",
            "side_files",
            "verification",
            "engine",
            "rsync_flags",
            "sources",
            "outdated",
            "makes_room",
            "verify_days",
            "reserve_bytes",
        )
        labels = {
            "owner": gettext_lazy("Belongs to"),
            "side_files": gettext_lazy("Beside the videos, copy"),
            "verification": gettext_lazy("After writing"),
            "engine": gettext_lazy("Written by"),
            "rsync_flags": gettext_lazy("Options for rsync"),
            "outdated": gettext_lazy("When the library has a newer file"),
            "makes_room": gettext_lazy("To make room, suggest"),
            "verify_days": gettext_lazy("Read all of it again every so many days"),
        }
        help_texts = {
            "engine": gettext_lazy(
                "Both resume, read back and mend alike. rsync must be installed; its "
                "copies count as written only a little behind."
            ),
            "rsync_flags": gettext_lazy(
                "Counts when rsync writes, such as --bwlimit=20M --timeout=300. What is "
                "copied and how it is checked stays Drivearr's."
            ),
            "outdated": gettext_lazy(
                "“Ask me” shows it in the plan and on the drive's page. Replacing keeps "
                "the old copy until the new one is whole."
            ),
            "makes_room": gettext_lazy(
                "When wishes do not fit, the plan says what could go. Nothing is "
                "deleted before the owner saw the files and said yes."
            ),
            "owner": gettext_lazy("For people; may stay empty."),
            "verify_days": gettext_lazy(
                "Finds what a drive forgets with the years. 0: only when you ask."
            ),
            "verification": gettext_lazy(
                "Reading back is what makes “Done” true. It takes about as long as "
                "reading the drive."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["engine"].required = False
        self.fields["outdated"].required = False
        self.fields["makes_room"].required = False

    def clean_makes_room(self) -> str:
        """Keep the rule where a form does not ask for one."""
        return str(self.cleaned_data["makes_room"] or self.instance.makes_room)

    def clean_outdated(self) -> str:
        """Keep the policy where a form does not ask for one."""
        return str(self.cleaned_data["outdated"] or self.instance.outdated)

    def clean_engine(self) -> str:
        """Keep the engine where a form does not ask for one."""
        return str(self.cleaned_data["engine"] or self.instance.engine)
