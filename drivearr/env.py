"""DRIVEARR_* environment variables: typed, and plain about what is wrong."""

import ipaddress
import json
import os
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from drivearr.lib.wording import gettext

T = TypeVar("T")
PREFIX = "DRIVEARR_"
_PLAIN_PATH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]*(/[A-Za-z0-9][A-Za-z0-9._~-]*)*")
_LARGEST_PORT = 65_535
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Reading:
    """A setting as it was read at the start of this process."""

    name: str
    """With its prefix."""
    raw: str
    """As it was written; empty when nobody set it."""
    default: str
    source: str
    """ENVIRONMENT, PAGE or DEFAULT."""
    parse: Callable[[str], object]
    """Reads another text in its place; raises ImproperlyConfigured."""


readings: dict[str, Reading] = {}
"""All settings in the order they were read, by name."""
_from_page: dict[str, str] = {}


def load_page_settings(file: Path) -> None:
    """Take what owners set on the settings page; the environment outranks it.

    Raises:
        ImproperlyConfigured: the file is there, but cannot be read or is no such list.

    """
    _from_page.clear()
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        raise ImproperlyConfigured(
            gettext(
                "{file} cannot be read: {error}. Mend or delete it; it holds what "
                "was set on the settings page."
            ).format(file=file, error=error)
        ) from error
    if not isinstance(found, dict):
        raise ImproperlyConfigured(
            gettext("{file} must hold names and values.").format(file=file)
        )
    _from_page.update({str(name): str(value) for name, value in found.items()})


def _raw(name: str) -> str:
    """Return what was set, in the environment or on the page; empty when nothing."""
    return os.environ.get(PREFIX + name, "").strip() or _from_page.get(
        PREFIX + name, ""
    )


def _note(name: str, default: object, parse: Callable[[str], T]) -> T:
    """Remember how a setting is read, and read it."""
    raw = _raw(name)
    source = "DEFAULT"
    if raw:
        is_ours = bool(os.environ.get(PREFIX + name, "").strip())
        source = "ENVIRONMENT" if is_ours else "PAGE"
    full = PREFIX + name
    readings[full] = Reading(full, raw, str(default), source, parse)
    return parse(raw)


def env_str(name: str, default: str = "") -> str:
    """Text; an empty variable counts as unset."""
    return _note(name, default, lambda raw: raw or default)


def env_bool(name: str, *, default: bool = False) -> bool:
    """Read `1/0`, `true/false`, `yes/no` or `on/off`; anything else is refused."""

    def parse(raw: str) -> bool:
        if not raw:
            return default
        if raw.lower() in {"1", "true", "yes", "on"}:
            return True
        if raw.lower() in {"0", "false", "no", "off"}:
            return False
        raise ImproperlyConfigured(
            gettext(
                "{name} is {raw!r}, but must be 1 or 0 (true/false, yes/no, on/off)."
            ).format(name=PREFIX + name, raw=raw)
        )

    return _note(name, int(default), parse)


def env_choice(name: str, default: str, choices: list[str]) -> str:
    """Read one of a few words."""

    def parse(raw: str) -> str:
        if raw and raw not in choices:
            raise ImproperlyConfigured(
                gettext("{name} is {raw!r}, but must be one of {names}.").format(
                    name=PREFIX + name, raw=raw, names=", ".join(choices)
                )
            )
        return raw or default

    return _note(name, default, parse)


def env_int(name: str, default: int, *, least: int = 0, most: int | None = None) -> int:
    """Read a whole number between `least` and `most`."""

    def parse(raw: str) -> int:
        try:
            value = int(raw) if raw else default
        except ValueError:
            value = least - 1
        if value < least or (most is not None and value > most):
            span = gettext("a whole number from {least}").format(least=least)
            if most is not None:
                span = gettext("a whole number from {least} to {most}").format(
                    least=least, most=most
                )
            raise ImproperlyConfigured(
                gettext("{name} is {raw!r}, but must be {span}.").format(
                    name=PREFIX + name, raw=raw, span=span
                )
            )
        return value

    return _note(name, default, parse)


def env_list(name: str, default: list[str]) -> list[str]:
    """Comma-separated values without blanks."""

    def parse(raw: str) -> list[str]:
        return [part.strip() for part in raw.split(",") if part.strip()] or default

    return _note(name, ", ".join(default), parse)


def env_paths(name: str, default: list[Path]) -> list[Path]:
    """Folders separated as in PATH; each must be absolute."""

    def parse(raw: str) -> list[Path]:
        paths = [Path(part).expanduser() for part in raw.split(os.pathsep) if part]
        for path in paths:
            if not path.is_absolute():
                raise ImproperlyConfigured(
                    gettext(
                        "{name} names {path!r}, but must hold absolute paths."
                    ).format(name=PREFIX + name, path=str(path))
                )
        return paths or default

    return _note(name, os.pathsep.join(map(str, default)), parse)


def env_networks(name: str) -> list[Network]:
    """Networks or single addresses, comma-separated: `172.18.0.0/16, ::1`."""

    def parse(raw: str) -> list[Network]:
        parts = [part.strip() for part in raw.split(",") if part.strip()]
        try:
            return [ipaddress.ip_network(part, strict=False) for part in parts]
        except ValueError as error:
            raise ImproperlyConfigured(
                gettext(
                    "{name} is {raw!r}, but must hold addresses or networks "
                    "such as 172.18.0.0/16."
                ).format(name=PREFIX + name, raw=raw)
            ) from error

    return _note(name, "", parse)


def env_base(name: str) -> str:
    """Return a path the pages live under: `/drivearr`; empty for none."""

    def parse(raw: str) -> str:
        base = raw.strip("/")
        if base and not _PLAIN_PATH.fullmatch(base):
            raise ImproperlyConfigured(
                gettext(
                    "{name} is {raw!r}, but must be a plain path such as /drivearr."
                ).format(name=PREFIX + name, raw=raw)
            )
        return f"/{base}" if base else ""

    return _note(name, "", parse)


def env_url(name: str, default: str = "") -> str:
    """Return an address of the web without its last slash; empty when unset."""

    def parse(raw: str) -> str:
        url = (raw or default).rstrip("/")
        parts = urlsplit(url)
        if url and (parts.scheme not in {"http", "https"} or not parts.hostname):
            raise ImproperlyConfigured(
                gettext(
                    "{name} is {raw!r}, but must be a whole address such as "
                    "https://films.example."
                ).format(name=PREFIX + name, raw=raw)
            )
        return url

    return _note(name, default, parse)


def env_endpoint(name: str, default: str) -> tuple[str, int]:
    """Read an IPv4 address with a port: `239.0.0.250:32414`."""

    def parse(raw: str) -> tuple[str, int]:
        host, _, port = (raw or default).rpartition(":")
        try:
            address, number = ipaddress.IPv4Address(host), int(port)
        except ValueError:
            address, number = None, 0
        if address is None or not 0 < number <= _LARGEST_PORT:
            raise ImproperlyConfigured(
                gettext(
                    "{name} is {raw!r}, but must be an address with a port such as "
                    "{default}."
                ).format(name=PREFIX + name, raw=raw, default=default)
            )
        return str(address), number

    return _note(name, default, parse)


def env_path(name: str, default: Path) -> Path:
    """Read an absolute path; `~` is expanded, a relative one is taken from here."""

    def parse(raw: str) -> Path:
        return (Path(raw).expanduser() if raw else default).absolute()

    return _note(name, default, parse)


def env_secret(name: str, *, file: Path) -> str:
    """Return a secret from the variable, else from `file`, made on first use (0600).

    Raises:
        ImproperlyConfigured: `file` can be neither read nor made, or is readable
            for others.

    """
    value = _note(name, "", str)
    if value:
        return value
    try:
        return _secret_from(file)
    except OSError as error:
        raise ImproperlyConfigured(
            gettext(
                "The secret key file {file} can be neither read nor made: "
                "{strerror}. Check DRIVEARR_DATA_DIR and its owner."
            ).format(file=file, strerror=error.strerror)
        ) from error


def _secret_from(file: Path) -> str:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        if file.stat().st_mode & 0o077:
            file.chmod(0o600)
        secret = file.read_text(encoding="ascii").strip()
        if not secret:
            raise ImproperlyConfigured(
                gettext(
                    "The secret key file {file} is empty. Restore it from a backup, or "
                    "delete it to make a new one (stored keys must then be entered "
                    "again)."
                ).format(file=file)
            ) from None
        return secret
    with os.fdopen(handle, "w", encoding="ascii") as stream:
        secret = secrets.token_urlsafe(48)
        stream.write(secret + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    return secret
