"""What the audit trail shows."""

from dataclasses import dataclass
from datetime import datetime

from django.http import QueryDict

from drivearr.jobs.subjects import name_subjects
from drivearr.web.models import AuditEntry
from drivearr.web.paging import Span
from drivearr.web.reading import read_choice, read_query

PER_PAGE = 50
DEED_WORDS = {
    "setup": "made the first account",
    "sign_in": "signed in",
    "sign_out": "signed out",
    "put_on_drive": "put a title on a drive",
    "put_many": "put titles on a drive",
    "send_missing": "sent all that is missing to a drive",
    "rename_on_drive": "let files on a drive be renamed",
    "limit_speed": "changed a drive's speed limit",
    "place_wish": "changed the order of a queue",
    "delete_from_drive": "deleted from a drive",
    "decide_files": "said what files are",
    "scan_root": "started a scan",
    "add_root": "named a library folder",
    "remove_root": "removed a library folder",
    "add_person": "added a person",
    "edit_person": "changed a person",
    "remove_person": "removed a person",
    "make_backup": "made a backup",
    "restore_backup": "restored a backup",
    "upload_backup": "restored a backup from a file",
    "drop_backup": "deleted a backup",
    "edit_settings": "changed settings",
    "edit_outgoing": "changed where notices go",
    "test_outgoing": "sent a test notice",
    "change_schedule": "changed a schedule",
    "change_password": "changed their password",
    "look_again": "ran the checks",
    "add_drive": "added a drive",
    "edit_drive": "changed a drive",
    "eject_drive": "ejected a drive",
    "forget_drive": "forgot a drive",
    "verify_drive": "let a drive be verified",
    "scan_drive": "let a drive be looked at",
    "accept_candidate": "said what a file is",
    "identify": "let files be identified",
    "cancel_wish": "took a wish back",
    "pause_wish": "paused a wish",
    "resume_wish": "let a wish go on",
    "retry_wish": "let a wish be tried again",
    "clear_finished": "cleared the queue's list",
    "pause_copying": "paused a drive's copying",
    "resume_copying": "let a drive's copying go on",
    "assign_drive": "gave a found drive to a known one",
    "cancel_job": "stopped a job",
    "resolve_errors": "resolved failures",
    "forget_missing": "forgot missing files",
    "bring_back": "brought missing files back",
    "begin_plex_sign_in": "began to sign in to Plex",
    "paste_plex_token": "gave a Plex token",
    "plex_sign_out": "signed out of Plex",
    "add_plex_server": "added a Plex server",
    "edit_plex_server": "changed a Plex server",
    "sync_plex_library": "let a Plex library be read",
    "choose_plex_library": "chose a Plex library",
    "edit_plex_library": "changed a Plex library",
    "undo": "took the last deed back",
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
    said = DEED_WORDS.get(entry.deed, entry.deed.rsplit(":", 1)[-1].replace("_", " "))
    about = [
        names.get(f"{ABOUT_WORDS.get(name, name)}:{value}", f"{_plain(name)} {value}")
        for name, value in entry.about.items()
        # Whoever signs in names themselves.
        if not (name == "username" and value == entry.who)
    ]
    return Row(
        at=entry.at,
        who=entry.who or "somebody",
        said=said,
        about=", ".join(about),
        address=entry.address,
        is_refused=entry.outcome == AuditEntry.Outcome.REFUSED,
    )


def _plain(name: str) -> str:
    return name.removesuffix("_id").replace("_", " ")
