"""Forms that belong to no app: the first account, sign-in, another password."""

from django import forms
from django.contrib.auth.forms import (
    AuthenticationForm,
    BaseUserCreationForm,
    PasswordChangeForm,
)
from django.contrib.auth.models import User
from django.utils.translation import gettext, gettext_lazy


class SetupForm(BaseUserCreationForm):  # type: ignore[type-arg] # not at run time
    """The owner's account."""

    class Meta:
        model = User
        fields = ("username",)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        name, first, again = (
            self.fields[key] for key in ("username", "password1", "password2")
        )
        name.label, name.help_text = (
            gettext("Your name"),
            gettext("To sign in with. You can change it."),
        )
        first.label, again.label = gettext("Password"), gettext("Password again")
        first.help_text, again.help_text = gettext("At least 8 characters."), ""


class SignInForm(AuthenticationForm):
    """Name and password."""

    error_messages = {
        "invalid_login": gettext_lazy("That name and password do not belong together."),
        "inactive": gettext_lazy(
            "This account is switched off. Ask an owner of this household."
        ),
    }

    username = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=150,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none"}
        ),
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        max_length=4096,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class PasswordForm(PasswordChangeForm):
    """Another password for oneself."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["old_password"].label = gettext("Password now")
        self.fields["new_password1"].label = gettext("New password")
        self.fields["new_password2"].label = gettext("New password again")
        self.fields["new_password1"].help_text = gettext("At least 8 characters.")
