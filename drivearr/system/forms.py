"""Forms of the system's pages."""

from django import forms
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext, gettext_lazy

from drivearr.system.services.telling import EVENTS
from drivearr.web.rights import ROLE_WORDS, Role, narrowed_to, role_of
from drives.models import Drive

DIGESTS = [
    ("0", gettext_lazy("At once")),
    ("24", gettext_lazy("Once a day, all in one message")),
]


class PersonForm(forms.Form):
    """A person's name, role, drives and, for a new one, the first password."""

    username = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=150,
        validators=[User.username_validator],
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    password = forms.CharField(
        label=gettext_lazy("First password"),
        required=False,
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    role = forms.ChoiceField(
        label=gettext_lazy("May do"),
        choices=[
            (role.value, gettext_lazy(words[0])) for role, words in ROLE_WORDS.items()
        ],
        widget=forms.RadioSelect,
        initial=Role.MEMBER.value,
    )
    all_drives = forms.BooleanField(
        label=gettext_lazy("May put titles on every drive"),
        required=False,
        initial=True,
    )
    drives = forms.MultipleChoiceField(
        label=gettext_lazy("Only on these"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    is_active = forms.BooleanField(
        label=gettext_lazy("May sign in"),
        required=False,
        initial=True,
        widget=forms.CheckboxInput,
    )

    def __init__(
        self, sent: QueryDict | None = None, *, person: User | None = None
    ) -> None:
        self.person = person
        super().__init__(sent, initial=_initial(person) if person else {})
        drives = Drive.objects.by_name()
        self.fields["drives"].choices = [(d.subject, d.name) for d in drives]  # type: ignore[attr-defined] # it has choices
        password = self.fields["password"]
        if person:
            password.label = gettext("New password")
            password.help_text = gettext("Leave it empty to keep the one there is.")
        else:
            password.required = True
            password.help_text = gettext(
                "At least 8 characters; the person can change it."
            )

    def clean_username(self) -> str:
        """Refuse a name that somebody has, in any case."""
        name: str = self.cleaned_data["username"]
        others = User.objects.filter(username__iexact=name)
        if self.person:
            others = others.exclude(pk=self.person.pk)
        if others.exists():
            raise ValidationError(gettext("Somebody has that name."))
        return name

    def clean_password(self) -> str:
        """Refuse a password that is easily guessed."""
        password: str = self.cleaned_data["password"]
        if password:
            validate_password(password, self.person)
        return password

    def subjects(self) -> list[str] | None:
        """Return the drives the person is narrowed to; None: all."""
        given = self.cleaned_data
        return None if given["all_drives"] else list(given["drives"])


def _initial(person: User) -> dict[str, object]:
    narrowed = narrowed_to(person)
    return {
        "username": person.username,
        "role": role_of(person).value,
        "all_drives": narrowed is None,
        "drives": sorted(narrowed or ()),
        "is_active": person.is_active,
    }


class OutgoingForm(forms.Form):
    """Where notices go, and which."""

    urls = forms.CharField(
        label=gettext_lazy("Addresses"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(
            attrs={
                "rows": 3,
                "autocomplete": "off",
                "spellcheck": "false",
                "placeholder": gettext_lazy("ntfy://… one on each line"),
            }
        ),
        help_text=gettext_lazy(
            "Apprise addresses: e-mail, ntfy, Telegram, Matrix and a hundred "
            "more. Stored encrypted and never shown again; leave it empty to "
            "keep them."
        ),
    )
    forget = forms.BooleanField(
        label=gettext_lazy("Forget the addresses there are"), required=False
    )
    events = forms.MultipleChoiceField(
        label=gettext_lazy("Tell when"),
        required=False,
        choices=[(event, gettext_lazy(words)) for event, words in EVENTS.items()],
        widget=forms.CheckboxSelectMultiple,
    )
    digest_hours = forms.TypedChoiceField(
        label=gettext_lazy("How"),
        choices=DIGESTS,
        coerce=int,
        widget=forms.RadioSelect,
        initial="0",
    )


class UploadForm(forms.Form):
    """A backup from elsewhere."""

    file = forms.FileField(
        label=gettext_lazy("A backup file"),
        widget=forms.ClearableFileInput(attrs={"accept": ".zip"}),
    )
