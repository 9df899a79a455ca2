"""What the settings page shows: each setting with its value and where it came from."""

from dataclasses import dataclass

from drivearr.env import Reading, readings

SERVICE_KEYS = frozenset({"TMDB_KEY", "TVDB_KEY", "TVDB_PIN"})
"""Keys of metadata services: a page takes them, tests them, and keeps them sealed in the
database. The settings file of this page holds nothing that must stay unread.
"""
SECRET_WORDS = ("KEY", "SECRET", "TOKEN", "PASSWORD", "DATABASE_URL", "REDIS_URL")
SOURCE_WORDS = {
    "ENVIRONMENT": "Environment",
    "PAGE": "This page",
    "DEFAULT": "Default",
}
GROUPS: dict[str, tuple[str, ...]] = {
    "Pages": ("TIME_ZONE", "POLL_SECONDS"),
    "Library": (
        *("METADATA_LANGUAGE", "MISSING_SHARE_PERCENT", "MISSING_KEPT_DAYS"),
        "BROWSE_ROOTS",
    ),
    "Metadata sources": ("TMDB_KEY", "TVDB_KEY", "TVDB_PIN"),
    "Plex": (
        *("PLEX_GONE_SHARE_PERCENT", "PLEX_GONE_KEPT_DAYS"),
        *("PLEX_RECORDS_KEPT_DAYS", "PLEX_CONNECT_SECONDS", "PLEX_RETRIES"),
    ),
    "Work": ("WORKER_THREADS", "COPY_THREADS", "COMPACT"),
    "Our own data": ("BACKUPS_KEPT", "LOG_LEVEL", "DATA_DIR", "DATABASE_URL"),
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
        *("BACKUPS_KEPT", "MISSING_KEPT_DAYS", "PLEX_GONE_SHARE_PERCENT"),
        *("PLEX_GONE_KEPT_DAYS", "PLEX_RECORDS_KEPT_DAYS", "PLEX_CONNECT_SECONDS"),
        "PLEX_RETRIES",
    }
)
"""What cannot lock anybody out; the rest is the environment's alone."""
LABELS = {
    "TIME_ZONE": "Time zone",
    "POLL_SECONDS": "Seconds between two looks",
    "METADATA_LANGUAGE": "Language of facts",
    "MISSING_SHARE_PERCENT": "Most that a scan marks missing, in percent",
    "MISSING_KEPT_DAYS": "Days a missing file is remembered",
    "BROWSE_ROOTS": "Places of the folder picker",
    "TMDB_KEY": "Key of TMDb",
    "TVDB_KEY": "Key of TheTVDB",
    "TVDB_PIN": "PIN of TheTVDB",
    "PLEX_GONE_SHARE_PERCENT": "Most that a look at Plex marks gone, in percent",
    "PLEX_GONE_KEPT_DAYS": "Days what is gone at Plex is remembered",
    "PLEX_RECORDS_KEPT_DAYS": "Days that records of Plex are kept",
    "PLEX_CONNECT_SECONDS": "Seconds a Plex server has to answer",
    "PLEX_RETRIES": "How often a Plex server is asked again",
    "WORKER_THREADS": "Works at the same time",
    "COPY_THREADS": "Drives written at the same time",
    "COMPACT": "Small machine",
    "BACKUPS_KEPT": "Backups kept",
    "LOG_LEVEL": "Least that is written to the log",
    "DATA_DIR": "Data folder",
    "DATABASE_URL": "Database",
    "HOST": "Address listened on",
    "PORT": "Port",
    "URL": "Address from outside",
    "BASE_URL": "Path before every page",
    "ALLOWED_HOSTS": "Names it answers to",
    "TRUSTED_PROXIES": "Trusted proxies",
    "FORWARD_AUTH_HEADER": "Header that names who is signed in",
    "OPEN_NETWORKS": "Networks without sign-in",
    "OPEN_AS": "Who one is in those networks",
}
"""Names for people; a setting without one goes by its own."""
HELP = {
    "TIME_ZONE": "Of times on pages and of schedules: Europe/Zurich.",
    "POLL_SECONDS": "How often a page asks for news while something runs.",
    "METADATA_LANGUAGE": "Of titles and descriptions: en-US.",
    "MISSING_SHARE_PERCENT": "A scan that would mark more of a folder stops and asks.",
    "BROWSE_ROOTS": "Nothing else is shown there.",
    "WORKER_THREADS": "Scans, look-ups and the like.",
    "COMPACT": "Fewer threads and processes, less memory.",
    "BACKUPS_KEPT": "Daily backups beyond this number go.",
    "URL": "Sets the names it answers to and the origins of forms.",
    "BASE_URL": "For a reverse proxy that has other things, too: /drivearr.",
    "TRUSTED_PROXIES": "Who may say from where a request came.",
    "FORWARD_AUTH_HEADER": "Believed from trusted proxies alone.",
}
CHOICES = {
    "LOG_LEVEL": (
        *(("DEBUG", "Everything"), ("INFO", "What happens")),
        *(("WARNING", "Warnings"), ("ERROR", "Errors")),
    ),
    "COMPACT": (("0", "No"), ("1", "Yes")),
}
"""Settings whose values are few."""
REST = "Everything else"


@dataclass(frozen=True, slots=True)
class Row:
    """One setting."""

    name: str
    """Without its prefix; the name of its field."""
    full_name: str
    label: str
    value: str
    """Empty for a secret, whatever it is."""
    default: str
    source: str
    source_words: str
    help: str
    is_secret: bool
    is_set: bool
    is_editable: bool
    is_service_key: bool = False
    """Whether the page of sources takes it too, and keeps it sealed."""
    error: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    """What it can be, and in words; empty: free."""


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
    return name in SERVICE_KEYS or any(word in name for word in SECRET_WORDS)


def _row(
    name: str, reading: Reading, sent: dict[str, str], errors: dict[str, str]
) -> Row:
    secret = is_secret(name)
    shown = "" if secret else sent.get(name, reading.raw or reading.default)
    return Row(
        name=name,
        full_name=reading.name,
        label=LABELS.get(name, ""),
        value=shown,
        default="" if secret else reading.default,
        source=reading.source,
        source_words=SOURCE_WORDS[reading.source],
        help=HELP.get(name, ""),
        is_secret=secret,
        is_set=bool(reading.raw),
        is_service_key=name in SERVICE_KEYS,
        # What the environment says outranks the page.
        is_editable=name in EDITABLE and reading.source != "ENVIRONMENT",
        error=errors.get(name, ""),
        choices=CHOICES.get(name, ()),
    )
