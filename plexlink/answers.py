"""Plex's answers, in JSON or XML, as plain dictionaries; and readers that trust nothing."""

import json
import re
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

Row = dict[str, Any]

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_CONTROL_BYTES = re.compile(b"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_LARGEST = 2**62


class Unreadable(ValueError):
    """An answer is neither JSON nor XML, or not of the shape it must have."""


def parse_body(body: bytes) -> Any:
    """Return the answer: JSON as it is, XML as dictionaries of attributes and children.

    Raises:
        Unreadable: cut off, a web page, or anything else.

    """
    text = body.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text[:1] in {b"{", b"["}:
        return _parse_json(text)
    if text[:1] == b"<" and not text[:15].lower().startswith((b"<!doctype", b"<html")):
        return _parse_xml(text)
    raise Unreadable("The answer is neither JSON nor XML.")


def _parse_json(body: bytes) -> Any:
    try:
        # Not strict: titles hold control characters now and then.
        return json.loads(body.decode("utf-8", "replace"), strict=False)
    except (ValueError, RecursionError):
        raise Unreadable("The answer is broken JSON.") from None


def _parse_xml(body: bytes) -> Any:
    try:
        root = _read_xml(body)
    except (ParseError, DefusedXmlException, ValueError):
        raise Unreadable("The answer is broken XML.") from None
    return {root.tag: _as_row(root)}


def _read_xml(body: bytes) -> Element:
    try:
        return fromstring(body)
    except ParseError:
        return fromstring(_CONTROL_BYTES.sub(b"", body))


def _as_row(element: Element) -> Row:
    row: Row = dict(element.attrib)
    for child in element:
        # What has a rating key stands under "Metadata" in JSON, whatever its XML name.
        name = "Metadata" if "ratingKey" in child.attrib else child.tag
        row.setdefault(name, []).append(_as_row(child))
    return row


def container_of(answer: Any) -> Row:
    """Return the MediaContainer of an answer.

    Raises:
        Unreadable: there is none.

    """
    container = answer.get("MediaContainer") if isinstance(answer, dict) else None
    if not isinstance(container, dict):
        raise Unreadable("The answer holds no MediaContainer.")
    return container


def rows_of(row: Row, name: str) -> list[Row]:
    """Return the children of that name; what is no row is left out."""
    children = row.get(name)
    if isinstance(children, dict):
        return [children]
    if not isinstance(children, list):
        return []
    return [child for child in children if isinstance(child, dict)]


def text_of(row: Row, name: str, *, most: int = 100_000) -> str:
    """Return text without control characters; empty when there is none."""
    value = row.get(name)
    if isinstance(value, bool) or value is None or isinstance(value, dict | list):
        return ""
    text = str(value)
    if not text.isprintable():
        text = _CONTROL.sub("", text).encode("utf-8", "replace").decode()
    return text[:most].strip()


def number_of(row: Row, name: str) -> int | None:
    """Return a whole number from zero up; None when there is none."""
    value = row.get(name)
    if isinstance(value, bool) or value is None:
        return None
    try:
        number = int(float(value)) if not isinstance(value, int) else value
    except (TypeError, ValueError, OverflowError):
        return None
    return number if 0 <= number < _LARGEST else None


def ratio_of(row: Row, name: str) -> float | None:
    """Return a number with a fraction; None when there is none."""
    try:
        value = float(row.get(name, ""))
    except (TypeError, ValueError):
        return None
    return value if abs(value) < _LARGEST else None


def flag_of(row: Row, name: str, *, otherwise: bool = False) -> bool:
    """Return whether something is so; Plex writes true, 1 and "1"."""
    value = row.get(name)
    if value is None:
        return otherwise
    return str(value).strip().casefold() in {"1", "true"}


def tags_of(row: Row, name: str) -> tuple[str, ...]:
    """Return the words of a list of tags, each once, in order."""
    words = (text_of(tag, "tag", most=300) for tag in rows_of(row, name))
    return tuple(dict.fromkeys(filter(None, words)))
