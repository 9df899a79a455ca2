"""Keeps what owners set on the settings page."""

import json
import os
import tempfile
import zoneinfo
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext

from drivearr.env import PREFIX, readings

LEVELS = frozenset({"DEBUG", "INFO", "WARNING", "ERROR"})
LONGEST = 200


def find_errors(sent: dict[str, str]) -> dict[str, str]:
    """Return what is wrong with each value, by its name without prefix."""
    errors = {}
    for name, raw in sent.items():
        try:
            _check(name, raw)
        except (ImproperlyConfigured, ValueError) as error:
            errors[name] = str(error).removeprefix(PREFIX)
    return errors


def _check(name: str, raw: str) -> None:
    if len(raw) > LONGEST or not raw.isprintable():
        raise ValueError(
            gettext("{name} is too long, or holds what cannot be printed.").format(
                name=name
            )
        )
    readings[PREFIX + name].parse(raw)
    if name == "TIME_ZONE" and raw:
        try:
            zoneinfo.ZoneInfo(raw)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(
                gettext("There is no time zone {raw}.").format(raw=raw)
            ) from error
    if name == "LOG_LEVEL" and raw and raw.upper() not in LEVELS:
        raise ValueError(gettext("The log level is DEBUG, INFO, WARNING or ERROR."))


def write(sent: dict[str, str], *, file: Path) -> bool:
    """Keep values that were checked; return whether anything changed.

    What equals the default is not kept, so that a later default counts.

    Raises:
        OSError: the data folder cannot be written.

    """
    there = _read(file)
    kept = dict(there)
    for name, raw in sent.items():
        full = PREFIX + name
        kept.pop(full, None)
        if raw and raw != readings[full].default:
            kept[full] = raw
    if kept == there:
        return False
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=".settings-")
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        json.dump(kept, stream, indent=2, sort_keys=True)
        stream.flush()
        os.fsync(stream.fileno())
    Path(temporary).replace(file)
    return True


def _read(file: Path) -> dict[str, str]:
    try:
        found = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
