"""What the audit trail shows."""

from dataclasses import dataclass
from datetime import datetime

from django.http import QueryDict
from django.utils.translation import gettext, gettext_noop

from drivearr.jobs.subjects import name_subjects
from drivearr.web.models import AuditEntry
from drivearr.web.paging import Span
from drivearr.web.reading import read_choice, read_query

PER_PAGE = 50
DEED_WORDS = {
    "setup": gettext_noop("made the first account"),
    "sign_in": gettext_noop("signed in"),
    "sign_out": gettext_noop("signed out"),
    "put_on_drive": gettext_noop("put a title on a drive"),
    "put_many": gettext_noop("put titles on a drive"),
    "send_missing": gettext_noop("sent all that is missing to a drive"),
    "rename_on_drive": gettext_noop("let files on a drive be renamed"),
    "limit_speed": gettext_noop("changed a drive's speed limit"),
    "place_wish": gettext_noop("changed the order of a queue"),
    "delete_from_drive": gettext_noop("deleted from a drive"),
    "decide_files": gettext_noop("said what files are"),
    "scan_root": gettext_noop("started a scan"),
    "add_root": gettext_noop("named a library folder"),
    "move_root": gettext_noop("said where a library folder lies now"),
    "remove_root": gettext_noop("removed a library folder"),
    "add_person": gettext_noop("added a person"),
    "edit_person": gettext_noop("changed a person"),
    "remove_person": gettext_noop("removed a person"),
    "make_backup": gettext_noop("made a backup"),
    "restore_backup": gettext_noop("restored a backup"),
    "upload_backup": gettext_noop("restored a backup from a file"),
    "drop_backup": gettext_noop("deleted a backup"),
    "edit_settings": gettext_noop("changed settings"),
    "edit_outgoing": gettext_noop("changed where notices go"),
    "test_outgoing": gettext_noop("sent a test notice"),
    "change_schedule": gettext_noop("changed a schedule"),
    "change_password": gettext_noop("changed their password"),
    "look_again": gettext_noop("ran the checks"),
    "add_drive": gettext_noop("added a drive"),
    "edit_drive": gettext_noop("changed a drive"),
    "eject_drive": gettext_noop("ejected a drive"),
    "forget_drive": gettext_noop("forgot a drive"),
    "verify_drive": gettext_noop("let a drive be verified"),
    "scan_drive": gettext_noop("let a drive be looked at"),
    "accept_candidate": gettext_noop("said what a file is"),
    "identify": gettext_noop("let files be identified"),
    "cancel_wish": gettext_noop("took a wish back"),
    "pause_wish": gettext_noop("paused a wish"),
    "resume_wish": gettext_noop("let a wish go on"),
    "retry_wish": gettext_noop("let a wish be tried again"),
    "clear_finished": gettext_noop("cleared the queue's list"),
    "pause_copying": gettext_noop("paused a drive's copying"),
    "resume_copying": gettext_noop("let a drive's copying go on"),
    "assign_drive": gettext_noop("gave a found drive to a known one"),
    "cancel_job": gettext_noop("stopped a job"),
    "resolve_errors": gettext_noop("resolved failures"),
    "forget_missing": gettext_noop("forgot missing files"),
    "bring_back": gettext_noop("brought missing files back"),
    "begin_plex_sign_in": gettext_noop("began to sign in to Plex"),
    "paste_plex_token": gettext_noop("gave a Plex token"),
    "plex_sign_out": gettext_noop("signed out of Plex"),
    "add_plex_server": gettext_noop("added a Plex server"),
    "edit_plex_server": gettext_noop("changed a Plex server"),
    "sync_plex_library": gettext_noop("let a Plex library be read"),
    "choose_plex_library": gettext_noop("chose a Plex library"),
    "edit_plex_library": gettext_noop("changed a Plex library"),
    "undo": gettext_noop("took the last deed back"),
}
ABOUT_WORDS = {"drive_id": "drive", "title_id": "title", "root_id": "root"}


@dataclass(frozen=True, slots=True)
class Row:
    """One entry in words."""

    at: datetime
    who: str
    said: str
    about: str
    address: str
    is_refused: bool


@dataclass(frozen=True, slots=True)
class AuditPage:
    """A page of entries, the newest first."""

    rows: tuple[Row, ...]
    span: Span
    query: str
    outcome: str

    @classmethod
    def build(cls, asked: QueryDict) -> "AuditPage":
        """Make it; three queries and one for each sort of subject."""
        query = read_query(asked.get("q"))
        outcome = read_choice(asked.get("outcome"), AuditEntry.Outcome.values)
        entries = AuditEntry.objects.all()
        if outcome:
            entries = entries.filter(outcome=outcome)
        if query:
            entries = entries.filter(who__icontains=query) | entries.filter(
                deed__icontains=query.replace(" ", "_")
            )
        span = Span.of(
            asked=asked.get("page"), total=entries.count(), per_page=PER_PAGE
        )
        shown = list(entries.order_by("-at", "-pk")[span.start : span.stop])
        names = name_subjects(_subjects(shown))
        return cls(
            rows=tuple(_row(entry, names) for entry in shown),
            span=span,
            query=query,
            outcome=outcome,
        )


def _subjects(entries: list[AuditEntry]) -> set[str]:
    return {
        f"{ABOUT_WORDS.get(name, name)}:{value}"
        for entry in entries
        for name, value in entry.about.items()
    }


def _row(entry: AuditEntry, names: dict[str, str]) -> Row:
    words = DEED_WORDS.get(entry.deed)
    plain = entry.deed.rsplit(":", 1)[-1].replace("_", " ")
    about = [
        names.get(f"{ABOUT_WORDS.get(name, name)}:{value}", f"{_plain(name)} {value}")
        for name, value in entry.about.items()
        # Whoever signs in names themselves.
        if not (name == "username" and value == entry.who)
    ]
    return Row(
        at=entry.at,
        who=entry.who or gettext("somebody"),
        said=gettext(words) if words else plain,
        about=", ".join(about),
        address=entry.address,
        is_refused=entry.outcome == AuditEntry.Outcome.REFUSED,
    )


def _plain(name: str) -> str:
    return name.removesuffix("_id").replace("_", " ")
