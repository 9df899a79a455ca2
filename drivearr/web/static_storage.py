"""Static files with hashed names, and one style sheet out of many."""

import posixpath
import re
from collections.abc import Callable, Iterator
from typing import Any

from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage
from whitenoise.storage import (  # type: ignore[import-untyped]  # it has no types
    CompressedManifestStaticFilesStorage,
)

SHEET = "css/app.css"
_IMPORT = re.compile(
    r"""@import\s+url\(["']?(?P<name>[^"')]+)["']?\)(?:\s+layer\((?P<layer>[\w.-]+)\))?\s*;"""
)

_COMMENT = re.compile(r"/\*.*?\*/\s*", re.DOTALL)


def inline_imports(sheet: str, *, read: Callable[[str], str]) -> str:
    """Replace each `@import url(x) layer(y);` of `sheet` by the text of x.

    `read` gives the text of a sheet by its name beside this one.
    """

    def text(match: re.Match[str]) -> str:
        body = read(match["name"]).strip()
        layer = match["layer"]
        return f"@layer {layer} {{\n{body}\n}}" if layer else body

    return _IMPORT.sub(text, sheet)


class _Bundle(Storage):
    """Gives one sheet, put together, in place of the sheet that imports the others."""

    def __init__(self, inner: Storage, folder: str) -> None:
        self._inner, self._folder = inner, folder

    def _text(self, name: str) -> str:
        with self._inner.open(name) as handle:
            return bytes(handle.read()).decode()

    def _beside(self, name: str) -> str:
        return self._text(posixpath.join(self._folder, name))

    def _open(self, name: str, _mode: str = "rb") -> "File[bytes]":
        sheet = _COMMENT.sub("", inline_imports(self._text(name), read=self._beside))
        return ContentFile(sheet.encode(), name)


class PageStaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # untyped base
    """Bundles the style sheet; a page whose files were never collected still shows."""

    def post_process(
        self, paths: dict[str, tuple[Storage, str]], *args: Any, **kwargs: Any
    ) -> Iterator[Any]:
        """See Django; the sheet is put together before its name is made."""
        if SHEET in paths:
            storage, path = paths[SHEET]
            paths = paths | {SHEET: (_Bundle(storage, posixpath.dirname(path)), path)}
        yield from super().post_process(paths, *args, **kwargs)

    def stored_name(self, name: str) -> str:
        """Return the hashed name; the plain one when the file was not collected."""
        try:
            return str(super().stored_name(name))
        except ValueError:
            return name
