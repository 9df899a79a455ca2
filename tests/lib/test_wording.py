"""Words of plain modules, said in the language of whoever reads."""

from django.utils import translation

from drivearr.lib import wording
from drivearr.lib.errors import Refused


class Shut(Refused):
    """A refusal with advice of its class."""

    advice = wording.gettext_noop("Enter a valid value.")


class TestGettext:
    def test_asks_for_the_language_of_the_moment(self) -> None:
        # A text that Django's own catalogues know.
        text = "Enter a valid value."
        with translation.override("de"):
            german = wording.gettext(text)

        assert german not in {"", text}
        assert wording.gettext(text) == text

    def test_leaves_nothing_as_nothing(self) -> None:
        with translation.override("de"):
            assert wording.gettext("") == ""


class TestNgettext:
    def test_takes_the_form_of_the_number(self) -> None:
        said = [wording.ngettext("{n} file", "{n} files", n) for n in (0, 1, 2)]

        assert said == ["{n} files", "{n} file", "{n} files"]


class TestAdvice:
    def test_of_a_class_is_said_in_the_language_of_the_moment(self) -> None:
        with translation.override("de"):
            german = Shut("No.").advice

        assert german not in {"", Shut.advice}
        assert Shut("No.").advice == Shut.advice

    def test_that_is_given_is_taken_as_it_is(self) -> None:
        assert Shut("No.", advice="").advice == ""
