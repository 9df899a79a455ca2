"""What the settings page shows: each setting with its value and where it came from."""

from dataclasses import dataclass

from drivearr.env import Reading, readings

SECRET_WORDS = ("KEY", "SECRET", "TOKEN", "PASSWORD", "DATABASE_URL", "REDIS_URL")
SOURCE_WORDS = {
    "ENVIRONMENT": "Environment",
    "PAGE": "This page",
    "DEFAULT": "Default",
}
GROUPS: dict[str, tuple[str, ...]] = {
    "Pages": ("TIME_ZONE", "POLL_SECONDS", "LOG_LEVEL"),
    "Library": ("METADATA_LANGUAGE", "MISSING_SHARE_PERCENT", "BROWSE_ROOTS"),
    "Work": ("WORKER_THREADS", "COPY_THREADS", "COMPACT"),
    "Our own data": ("BACKUPS_KEPT",),
    "Network": (
        *("HOST", "PORT", "URL", "BASE_URL", "ALLOWED_HOSTS", "TRUSTED_PROXIES"),
        *("FORWARD_AUTH_HEADER", "OPEN_NETWORKS", "OPEN_AS"),
    ),
}
"""The last group, of all that stands nowhere else, is made by the page."""
EDITABLE = frozenset(
    {
        *("TIME_ZONE", "POLL_SECONDS", "LOG_LEVEL", "METADATA_LANGUAGE"),
        *("MISSING_SHARE_PERCENT", "WORKER_THREADS", "COPY_THREADS", "COMPACT"),
        "BACKUPS_KEPT",
    }
)
"""What cannot lock anybody out; the rest is the environment's alone."""
HELP = {
    "TIME_ZONE": "Times on pages and of schedules: Europe/Zurich.",
    "POLL_SECONDS": "How often a page asks for news while something runs.",
    "LOG_LEVEL": "DEBUG, INFO, WARNING or ERROR.",
    "METADATA_LANGUAGE": "Language of titles and descriptions: en-US.",
    "MISSING_SHARE_PERCENT": "A scan that would mark more of a folder missing stops "
    "and asks.",
    "BROWSE_ROOTS": "Folders that the folder picker may show.",
    "WORKER_THREADS": "Scans, look-ups and the like at the same time.",
    "COPY_THREADS": "Drives that are written at the same time.",
    "COMPACT": "1: fewer threads and processes, less memory.",
    "BACKUPS_KEPT": "Daily backups beyond this number go.",
    "URL": "The address people use from outside.",
    "TRUSTED_PROXIES": "Who may say from where a request came.",
}
REST = "Everything else"


@dataclass(frozen=True, slots=True)
class Row:
    """One setting."""

    name: str
    """Without its prefix; the name of its field."""
    full_name: str
    value: str
    """Empty for a secret, whatever it is."""
    default: str
    source: str
    source_words: str
    help: str
    is_secret: bool
    is_set: bool
    is_editable: bool
    error: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Settings that belong together."""

    name: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class SettingsPage:
    """All settings in groups."""

    groups: tuple[Group, ...]
    has_errors: bool

    @classmethod
    def build(
        cls,
        *,
        sent: dict[str, str] | None = None,
        errors: dict[str, str] | None = None,
    ) -> "SettingsPage":
        """Make it from what was read at the start; `sent` is what a person typed."""
        sent, errors = sent or {}, errors or {}
        known = {
            name.removeprefix("DRIVEARR_"): each for name, each in readings.items()
        }
        grouped = {name for names in GROUPS.values() for name in names}
        groups = GROUPS | {REST: tuple(sorted(set(known) - grouped))}
        return cls(
            groups=tuple(
                Group(
                    title,
                    tuple(
                        _row(name, known[name], sent, errors)
                        for name in names
                        if name in known
                    ),
                )
                for title, names in groups.items()
            ),
            has_errors=bool(errors),
        )


def is_secret(name: str) -> bool:
    """Whether a setting's value must never be shown."""
    return any(word in name for word in SECRET_WORDS)


def _row(
    name: str, reading: Reading, sent: dict[str, str], errors: dict[str, str]
) -> Row:
    secret = is_secret(name)
    shown = "" if secret else sent.get(name, reading.raw or reading.default)
    return Row(
        name=name,
        full_name=reading.name,
        value=shown,
        default="" if secret else reading.default,
        source=reading.source,
        source_words=SOURCE_WORDS[reading.source],
        help=HELP.get(name, ""),
        is_secret=secret,
        is_set=bool(reading.raw),
        # What the environment says outranks the page.
        is_editable=name in EDITABLE and reading.source != "ENVIRONMENT",
        error=errors.get(name, ""),
    )
