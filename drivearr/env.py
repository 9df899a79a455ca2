"""DRIVEARR_* environment variables: typed, and plain about what is wrong."""

import os
import secrets
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

_env = environ.Env()
PREFIX = "DRIVEARR_"


def _read(name: str, reader: str, default: Any, wanted: str) -> Any:
    try:
        return getattr(_env, reader)(PREFIX + name, default=default)
    except (ValueError, TypeError) as error:
        raw = os.environ.get(PREFIX + name, "")
        raise ImproperlyConfigured(
            f"{PREFIX}{name} is {raw!r}, but must be {wanted}."
        ) from error


def env_str(name: str, default: str = "") -> str:
    """Text; an empty variable counts as unset."""
    return str(_env.str(PREFIX + name, default="") or default)


def env_bool(name: str, *, default: bool = False) -> bool:
    """Read `1/0`, `true/false`, `yes/no` or `on/off`; anything else is refused."""
    raw = os.environ.get(PREFIX + name, "").strip().lower()
    if not raw:
        return default
    if raw in {"1", "true", "yes", "on"}:
        return True
    if raw in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(
        f"{PREFIX}{name} is {raw!r}, but must be 1 or 0 (true/false, yes/no, on/off)."
    )


def env_int(name: str, default: int, *, least: int = 0, most: int | None = None) -> int:
    """Read a whole number between `least` and `most`."""
    if not os.environ.get(PREFIX + name, "").strip():
        return default
    span = f"a whole number from {least}" + (f" to {most}" if most is not None else "")
    value = int(_read(name, "int", default, span))
    if value < least or (most is not None and value > most):
        raise ImproperlyConfigured(f"{PREFIX}{name} is {value}, but must be {span}.")
    return value


def env_list(name: str, default: list[str]) -> list[str]:
    """Comma-separated values without blanks."""
    raw = os.environ.get(PREFIX + name, "")
    return [part.strip() for part in raw.split(",") if part.strip()] or default


def env_paths(name: str, default: list[Path]) -> list[Path]:
    """Folders separated as in PATH; each must be absolute."""
    raw = os.environ.get(PREFIX + name, "")
    paths = [Path(part).expanduser() for part in raw.split(os.pathsep) if part]
    for path in paths:
        if not path.is_absolute():
            raise ImproperlyConfigured(
                f"{PREFIX}{name} names {str(path)!r}, but must hold absolute paths."
            )
    return paths or default


def env_path(name: str, default: Path) -> Path:
    """Read an absolute path; `~` is expanded, a relative one is taken from here."""
    raw = os.environ.get(PREFIX + name, "").strip()
    return (Path(raw).expanduser() if raw else default).absolute()


def env_secret(name: str, *, file: Path) -> str:
    """Return a secret from the variable, else from `file`, made on first use (0600).

    Raises:
        ImproperlyConfigured: `file` can be neither read nor made, or is readable
            for others.

    """
    value = os.environ.get(PREFIX + name, "").strip()
    if value:
        return value
    try:
        return _secret_from(file)
    except OSError as error:
        raise ImproperlyConfigured(
            f"The secret key file {file} can be neither read nor made: "
            f"{error.strerror}. Check DRIVEARR_DATA_DIR and its owner."
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
                f"The secret key file {file} is empty. Restore it from a backup, or "
                "delete it to make a new one (stored keys must then be entered again)."
            ) from None
        return secret
    with os.fdopen(handle, "w", encoding="ascii") as stream:
        secret = secrets.token_urlsafe(48)
        stream.write(secret + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    return secret
