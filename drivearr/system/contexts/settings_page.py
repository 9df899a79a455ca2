"""What the settings page shows: each setting with its value and where it came from."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext, gettext_noop

from drivearr.env import Reading, readings

SERVICE_KEYS = frozenset({"TMDB_KEY", "TVDB_KEY", "TVDB_PIN"})
"""Keys of metadata services: a page takes them, tests them, and keeps them sealed in the
database. The settings file of this page holds nothing that must stay unread.
"""
SECRET_WORDS = ("KEY", "SECRET", "TOKEN", "PASSWORD", "DATABASE_URL", "REDIS_URL")
SOURCE_WORDS = {
    "ENVIRONMENT": gettext_noop("Environment"),
    "PAGE": gettext_noop("This page"),
    "DEFAULT": gettext_noop("Default"),
}
GROUPS: dict[str, tuple[str, ...]] = {
    gettext_noop("Pages"): ("LANGUAGE", "TIME_ZONE", "POLL_SECONDS"),
    gettext_noop("Library"): (
        *("METADATA_LANGUAGE", "MISSING_SHARE_PERCENT", "MISSING_KEPT_DAYS"),
        "BROWSE_ROOTS",
    ),
    gettext_noop("Metadata sources"): ("TMDB_KEY", "TVDB_KEY", "TVDB_PIN"),
    gettext_noop("Plex"): (
        *("PLEX_GONE_SHARE_PERCENT", "PLEX_GONE_KEPT_DAYS"),
        *("PLEX_RECORDS_KEPT_DAYS", "PLEX_CONNECT_SECONDS", "PLEX_RETRIES"),
        *("PLEX_RETRY_WAIT_MS", "PLEX_PAGE_ROWS"),
    ),
    gettext_noop("Work"): ("WORKER_THREADS", "COPY_THREADS", "COMPACT"),
    gettext_noop("Our own data"): (
        "BACKUPS_KEPT",
        "LOG_LEVEL",
        "DATA_DIR",
        "DATABASE_URL",
    ),
    gettext_noop("Network"): (
        *("HOST", "PORT", "URL", "BASE_URL", "ALLOWED_HOSTS", "TRUSTED_PROXIES"),
        *("FORWARD_AUTH_HEADER", "OPEN_NETWORKS", "OPEN_AS"),
    ),
}
"""The last group, of all that stands nowhere else, is made by the page."""
EDITABLE = frozenset(
    {
        *("LANGUAGE", "TIME_ZONE", "POLL_SECONDS", "LOG_LEVEL", "METADATA_LANGUAGE"),
        *("MISSING_SHARE_PERCENT", "WORKER_THREADS", "COPY_THREADS", "COMPACT"),
        *("BACKUPS_KEPT", "MISSING_KEPT_DAYS", "PLEX_GONE_SHARE_PERCENT"),
        *("PLEX_GONE_KEPT_DAYS", "PLEX_RECORDS_KEPT_DAYS", "PLEX_CONNECT_SECONDS"),
        *("PLEX_RETRIES", "PLEX_RETRY_WAIT_MS", "PLEX_PAGE_ROWS"),
    }
)
"""What cannot lock anybody out; the rest is the environment's alone."""
LABELS = {
    "LANGUAGE": gettext_noop("Language where no browser asks"),
    "TIME_ZONE": gettext_noop("Time zone"),
    "POLL_SECONDS": gettext_noop("Seconds between two looks"),
    "METADATA_LANGUAGE": gettext_noop("Language of facts"),
    "MISSING_SHARE_PERCENT": gettext_noop("Most that a scan marks missing, in percent"),
    "MISSING_KEPT_DAYS": gettext_noop("Days a missing file is remembered"),
    "BROWSE_ROOTS": gettext_noop("Places of the folder picker"),
    "TMDB_KEY": gettext_noop("Key of TMDb"),
    "TVDB_KEY": gettext_noop("Key of TheTVDB"),
    "TVDB_PIN": gettext_noop("PIN of TheTVDB"),
    "PLEX_GONE_SHARE_PERCENT": gettext_noop(
        "Most that a look at Plex marks gone, in percent"
    ),
    "PLEX_GONE_KEPT_DAYS": gettext_noop("Days what is gone at Plex is remembered"),
    "PLEX_RECORDS_KEPT_DAYS": gettext_noop("Days that records of Plex are kept"),
    "PLEX_CONNECT_SECONDS": gettext_noop("Seconds a Plex server has to answer"),
    "PLEX_RETRIES": gettext_noop("How often a Plex server is asked again"),
    "PLEX_RETRY_WAIT_MS": gettext_noop(
        "Milliseconds before a Plex server is asked again"
    ),
    "PLEX_PAGE_ROWS": gettext_noop("Rows in one answer of a Plex server"),
    "WORKER_THREADS": gettext_noop("Works at the same time"),
    "COPY_THREADS": gettext_noop("Drives written at the same time"),
    "COMPACT": gettext_noop("Small machine"),
    "BACKUPS_KEPT": gettext_noop("Backups kept"),
    "LOG_LEVEL": gettext_noop("Least that is written to the log"),
    "DATA_DIR": gettext_noop("Data folder"),
    "DATABASE_URL": gettext_noop("Database"),
    "HOST": gettext_noop("Address listened on"),
    "PORT": gettext_noop("Port"),
    "URL": gettext_noop("Address from outside"),
    "BASE_URL": gettext_noop("Path before every page"),
    "ALLOWED_HOSTS": gettext_noop("Names it answers to"),
    "TRUSTED_PROXIES": gettext_noop("Trusted proxies"),
    "FORWARD_AUTH_HEADER": gettext_noop("Header that names who is signed in"),
    "OPEN_NETWORKS": gettext_noop("Networks without sign-in"),
    "OPEN_AS": gettext_noop("Who one is in those networks"),
}
"""Names for people; a setting without one goes by its own."""
HELP = {
    "LANGUAGE": gettext_noop("Of background work, notices and commands."),
    "TIME_ZONE": gettext_noop("Of times on pages and of schedules: Europe/Zurich."),
    "POLL_SECONDS": gettext_noop(
        "How often a page asks for news while something runs."
    ),
    "METADATA_LANGUAGE": gettext_noop("Of titles and descriptions: en-US."),
    "MISSING_SHARE_PERCENT": gettext_noop(
        "A scan that would mark more of a folder stops and asks."
    ),
    "BROWSE_ROOTS": gettext_noop("Nothing else is shown there."),
    "PLEX_RETRY_WAIT_MS": gettext_noop(
        "Milliseconds before a Plex server is asked again"
    ),
    "PLEX_PAGE_ROWS": gettext_noop("Rows in one answer of a Plex server"),
    "WORKER_THREADS": gettext_noop("Scans, look-ups and the like."),
    "COMPACT": gettext_noop("Fewer threads and processes, less memory."),
    "BACKUPS_KEPT": gettext_noop("Daily backups beyond this number go."),
    "URL": gettext_noop("Sets the names it answers to and the origins of forms."),
    "BASE_URL": gettext_noop(
        "For a reverse proxy that has other things, too: /drivearr."
    ),
    "TRUSTED_PROXIES": gettext_noop("Who may say from where a request came."),
    "FORWARD_AUTH_HEADER": gettext_noop("Believed from trusted proxies alone."),
}
CHOICES: dict[str, tuple[tuple[str, str], ...]] = {
    "LANGUAGE": tuple(settings.LANGUAGES),
    "LOG_LEVEL": (
        *(
            ("DEBUG", gettext_noop("Everything")),
            ("INFO", gettext_noop("What happens")),
        ),
        *(("WARNING", gettext_noop("Warnings")), ("ERROR", gettext_noop("Errors"))),
    ),
    "COMPACT": (("0", gettext_noop("No")), ("1", gettext_noop("Yes"))),
}
"""Settings whose values are few."""
REST = gettext_noop("Everything else")


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
                    gettext(title),
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
        label=gettext(LABELS[name]) if name in LABELS else "",
        value=shown,
        default="" if secret else reading.default,
        source=reading.source,
        source_words=gettext(SOURCE_WORDS[reading.source]),
        help=gettext(HELP[name]) if name in HELP else "",
        is_secret=secret,
        is_set=bool(reading.raw),
        is_service_key=name in SERVICE_KEYS,
        # What the environment says outranks the page.
        is_editable=name in EDITABLE and reading.source != "ENVIRONMENT",
        error=errors.get(name, ""),
        choices=tuple(
            (value, gettext(words)) for value, words in CHOICES.get(name, ())
        ),
    )
