"""The style sheet, and every file that a page names."""

import gzip
import re
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import override_settings

from drivearr.web.static_storage import inline_imports

TEMPLATES = Path(settings.BASE_DIR) / "templates"
CSS = Path(settings.BASE_DIR) / "static" / "css"


class TestInlineImports:
    def test_keeps_the_layer_of_each_sheet(self) -> None:
        sheets = {"a.css": "a{}", "b.css": "b{}"}
        sheet = '@layer x;\n@import url("a.css") layer(x);\n@import url(b.css);'

        joined = inline_imports(sheet, read=sheets.__getitem__)

        assert joined == "@layer x;\n@layer x {\na{}\n}\nb{}"

    def test_leaves_no_sheet_out(self) -> None:
        named = re.findall(r'url\("([^"]+)"\)', (CSS / "app.css").read_text())
        there = {str(path.relative_to(CSS)) for path in CSS.rglob("*.css")}

        # The admin is not of our frame and has its own sheet.
        assert {*named} == there - {"app.css", "admin.css"}
        assert len(named) == len({*named})


class TestCollecting:
    @pytest.fixture
    def collected(self, tmp_path: Path) -> Path:
        storages = {
            "default": settings.STORAGES["default"],
            "staticfiles": {
                "BACKEND": "drivearr.web.static_storage.PageStaticFilesStorage"
            },
        }
        with override_settings(STATIC_ROOT=tmp_path, STORAGES=storages):
            call_command("collectstatic", interactive=False, stdout=StringIO())
        return tmp_path

    def test_makes_one_small_sheet_of_many(self, collected: Path) -> None:
        (sheet,) = (collected / "css").glob("app.????????????.css")
        text = sheet.read_text()

        assert "@import" not in text
        assert "--paper" in text
        assert ".poster-card" in text
        assert len(gzip.compress(sheet.read_bytes())) < 12_000


class TestTemplates:
    def test_name_only_static_files_that_exist(self) -> None:
        named = {
            name
            for page in TEMPLATES.rglob("*.html")
            for name in re.findall(r"{% static ['\"]([^'\"]+)", page.read_text())
        }

        assert named
        assert [name for name in sorted(named) if not finders.find(name)] == []

    def test_carry_no_style_or_script_of_their_own(self) -> None:
        inline = re.compile(
            r"\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)|<style|hx-on|js:"
        )
        guilty = [
            str(page.relative_to(TEMPLATES))
            for page in TEMPLATES.rglob("*.html")
            if inline.search(page.read_text())
        ]

        assert guilty == []

    def test_load_nothing_from_elsewhere(self) -> None:
        foreign = re.compile(r"""(?:src|srcset|action)=["']https?:""")

        assert not any(foreign.search(p.read_text()) for p in TEMPLATES.rglob("*.html"))
