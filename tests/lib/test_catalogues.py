"""Catalogues of translations, read and compiled without gettext."""

import gettext
import io
from pathlib import Path

import pytest
from django.conf import settings

from drivearr.lib.catalogues import (
    BrokenCatalogue,
    compile_all,
    compile_catalogue,
    languages_in,
    read_catalogue,
)

POLISH = r"""
# A remark.
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\n"
"Plural-Forms: nplurals=3; plural=n==1 ? 0 : n%10>=2 && n%10<=4 ? 1 : 2;\n"

#: templates/base.html
msgid "Drives"
msgstr "Dyski"

msgctxt "of a road"
msgid "Drives"
msgstr "Podjazdy"

#, fuzzy
#| msgid "Queue"
msgid "Queues"
msgstr "Kolejka"

msgid "Not said yet"
msgstr ""

#, python-brace-format
msgid "{n} file"
msgid_plural "{n} files"
msgstr[0] "{n} plik"
msgstr[1] "{n} pliki"
msgstr[2] ""
"{n} "
"plików"

msgid "Said \"so\"\tonce\n"
msgstr "Raz \"tak\"\n"

#~ msgid "Old"
#~ msgstr "Stare"
"""


def loaded(text: str) -> gettext.GNUTranslations:
    """What the standard library makes of it."""
    compiled = compile_catalogue(read_catalogue(text.splitlines()))
    return gettext.GNUTranslations(io.BytesIO(compiled))


class TestCompiledCatalogue:
    def test_says_what_was_written(self) -> None:
        polish = loaded(POLISH)

        assert polish.gettext("Drives") == "Dyski"
        assert polish.pgettext("of a road", "Drives") == "Podjazdy"
        assert polish.gettext('Said "so"\tonce\n') == 'Raz "tak"\n'

    def test_has_the_plural_forms_of_the_language(self) -> None:
        polish = loaded(POLISH)
        said = [polish.ngettext("{n} file", "{n} files", n) for n in (1, 3, 7)]

        assert said == ["{n} plik", "{n} pliki", "{n} plików"]

    @pytest.mark.parametrize("text", ["Queues", "Not said yet", "Old"])
    def test_leaves_english_what_is_guessed_unsaid_or_old(self, text: str) -> None:
        assert loaded(POLISH).gettext(text) == text

    def test_refuses_what_is_no_catalogue(self) -> None:
        with pytest.raises(BrokenCatalogue, match="Dyski"):
            loaded('msgid "Drives"\nDyski\n')


class TestFolderOfCatalogues:
    def test_is_a_list_of_languages(self, tmp_path: Path) -> None:
        for name in ("de", "pt_BR"):
            (tmp_path / name / "LC_MESSAGES").mkdir(parents=True)
            (tmp_path / name / "LC_MESSAGES" / "django.po").touch()
        (tmp_path / "fr").mkdir()

        assert languages_in(tmp_path) == ["de", "pt-br"]

    def test_is_compiled_beside(self, tmp_path: Path) -> None:
        written = tmp_path / "locale" / "pl" / "LC_MESSAGES" / "django.po"
        written.parent.mkdir(parents=True)
        written.write_text(POLISH)

        compile_all(tmp_path / "locale", to=tmp_path / "data")

        compiled = tmp_path / "data" / "pl" / "LC_MESSAGES" / "django.mo"
        with compiled.open("rb") as file:
            assert gettext.GNUTranslations(file).gettext("Drives") == "Dyski"
        assert [file.name for file in written.parent.iterdir()] == ["django.po"]

    def test_of_the_house_can_be_compiled(self, tmp_path: Path) -> None:
        compile_all(settings.LOCALE_PATHS[0], to=tmp_path)

        assert languages_in(settings.LOCALE_PATHS[0]) == sorted(
            file.parent.parent.name for file in tmp_path.glob("*/*/*.mo")
        )
