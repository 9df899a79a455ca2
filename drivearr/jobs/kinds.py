"""Kinds of background work, declared by the apps that own them."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class JobKind:
    """One kind of work."""

    name: str
    """`<app>.<verb>`, stored in Job.kind."""
    label: str
    """For a person: "Library scan"."""
    task: str
    """Dotted path of the Celery task: `library.tasks.scan_library`."""
    queue: str = "default"
    """Celery queue; `copy` is kept apart so that a stuck disk starves nobody."""
    page: str = ""
    """Name of the url that shows the work's own page, without arguments; may be empty."""
    attempts: int = 10
    """How often a lost run is started again."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A default entry for Celery Beat; a person's edit of it is kept."""

    name: str
    """For a person, and the key of the entry: "Library: incremental scan"."""
    task: str
    """Dotted path of a plain Celery task that enqueues what is due."""
    every: timedelta
    arguments: dict[str, object] | None = None
    description: str = ""
    kind: str = ""
    """Name of the job kind it starts, whose runs say how long it takes."""


_kinds: dict[str, JobKind] = {}
_schedules: dict[str, Schedule] = {}


def register(*kinds: JobKind, schedules: tuple[Schedule, ...] = ()) -> None:
    """Make kinds and schedules known; called from AppConfig.ready."""
    for kind in kinds:
        _kinds[kind.name] = kind
    for schedule in schedules:
        _schedules[schedule.name] = schedule


def find_kind(name: str) -> JobKind | None:
    """Return the kind of that name; None when its app is gone."""
    return _kinds.get(name)


def all_kinds() -> tuple[JobKind, ...]:
    """Return all kinds, by name."""
    return tuple(_kinds[name] for name in sorted(_kinds))


def all_schedules() -> tuple[Schedule, ...]:
    """Return all default schedules, by name."""
    return tuple(_schedules[name] for name in sorted(_schedules))
