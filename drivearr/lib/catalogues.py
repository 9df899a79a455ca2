"""Catalogues of translations: read as people write them, written as gettext reads them.

So that a checkout needs no gettext: `.po` files are all that is kept.
Source: GNU gettext manual, "The Format of PO Files" and "The Format of GNU MO Files".
"""

import ast
import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

PO = Path("LC_MESSAGES") / "django.po"
_MAGIC, _HEAD_BYTES, _PLACE_BYTES = 0x950412DE, 28, 8
_LINE = re.compile(r'(?:(msgctxt|msgid_plural|msgid|msgstr)(?:\[(\d+)\])?\s+)?(".*")')


class BrokenCatalogue(ValueError):
    """A line of a `.po` file that is none."""


@dataclass(slots=True)
class Entry:
    """One text with its translations, in the order of the plural forms."""

    id: str = ""
    plural: str = ""
    context: str = ""
    said: dict[int, str] = field(default_factory=dict)
    is_fuzzy: bool = False
    """Guessed by a tool, and not looked at by a person yet."""

    @property
    def is_said(self) -> bool:
        """Whether every form has its words; the header counts."""
        return bool(self.said) and all(self.said.values()) and not self.is_fuzzy

    @property
    def key(self) -> bytes:
        """What gettext looks it up by."""
        start = f"{self.context}\x04" if self.context else ""
        return (start + "\0".join(filter(None, (self.id, self.plural)))).encode()

    @property
    def value(self) -> bytes:
        """What gettext finds."""
        return "\0".join(self.said[form] for form in sorted(self.said)).encode()


def read_catalogue(lines: Iterable[str]) -> Iterator[Entry]:
    """Yield the entries of a `.po` file, the header first; obsolete ones are left out.

    Raises:
        BrokenCatalogue: a line is neither text nor remark.

    """
    entry, part, form, flags = Entry(), "", 0, ""
    for line in map(str.strip, lines):
        if line.startswith("#,"):
            flags = line
        if not line or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line)
        if found is None:
            raise BrokenCatalogue(line)
        name = found[1] or part
        is_new = name == "msgctxt" or (name == "msgid" and part != "msgctxt")
        if found[1] and is_new and part:
            yield entry
            entry = Entry()
        if found[1] and is_new:
            entry.is_fuzzy, flags = "fuzzy" in flags, ""
        part, form = name, int(found[2] or 0) if found[1] else form
        _add(entry, part, form, ast.literal_eval(found[3]))
    if part:
        yield entry


def _add(entry: Entry, part: str, form: int, text: str) -> None:
    if part == "msgstr":
        entry.said[form] = entry.said.get(form, "") + text
    elif part == "msgid_plural":
        entry.plural += text
    elif part == "msgctxt":
        entry.context += text
    else:
        entry.id += text


def compile_catalogue(entries: Iterable[Entry]) -> bytes:
    """Return what is translated in the form that gettext loads."""
    said = sorted((entry.key, entry.value) for entry in entries if entry.is_said)
    keys, values = [key for key, _ in said], [value for _, value in said]
    first = _HEAD_BYTES + 2 * _PLACE_BYTES * len(said)
    places: list[int] = []
    for text in keys + values:
        places += (len(text), first)
        first += len(text) + 1
    head = (_MAGIC, 0, len(said), _HEAD_BYTES, _HEAD_BYTES + _PLACE_BYTES * len(said))
    numbers = (*head, 0, 0, *places)
    return struct.pack(f"<{len(numbers)}I", *numbers) + b"".join(
        text + b"\0" for text in keys + values
    )


def languages_in(folder: Path) -> list[str]:
    """Return the languages that have a catalogue, by code: `de`, `pt-br`."""
    found = (file.parent.parent.name for file in folder.glob(f"*/{PO}"))
    return sorted(name.replace("_", "-").lower() for name in found)


def compile_all(folder: Path, *, to: Path) -> None:
    """Write the compiled form of every catalogue of a folder below another one.

    Raises:
        BrokenCatalogue: one of them cannot be read.
        OSError: one cannot be written.

    """
    for file in sorted(folder.glob(f"*/{PO}")):
        with file.open(encoding="utf-8") as lines:
            compiled = compile_catalogue(read_catalogue(lines))
        target = (to / file.relative_to(folder)).with_suffix(".mo")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(compiled)
