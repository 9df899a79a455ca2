"""News for the household: found in the rows, kept for the drawer, sent on."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop, ngettext

from drivearr.jobs.models import Job
from drivearr.lib.errors import Refused
from drivearr.lib.sealing import CannotUnseal
from drivearr.web.models import Kept, Notice
from drivearr.web.saying import tell_all
from drivearr.web.sealing import seal, unseal
from drives.models import HealthReading, SyncRecord
from syncqueue.models import QueueItem

logger = logging.getLogger(__name__)

SEEN, OUTGOING = "news-seen", "notices-outgoing"
NAMED = 3
"""So many titles are named in one notice; the others are counted."""
SENT_AT_ONCE = 40

EVENTS = {
    "done": gettext_noop("A title is whole on a drive"),
    "failed": gettext_noop("A copy failed"),
    "wont_fit": gettext_noop("Something will not fit on a drive"),
    "low_space": gettext_noop("A drive is low on space"),
    "attached": gettext_noop("A drive was plugged in"),
    "unplug": gettext_noop("A drive is safe to unplug"),
    "ailing": gettext_noop("A drive is ailing"),
    "credentials": gettext_noop("A key or sign-in must be renewed"),
    "health": gettext_noop("A check of the health page is not well any more"),
}
ROOM_CODES = frozenset({"DRIVE_FULL", "FILE_TOO_LARGE"})
EJECTED = ("eject", "unplug")


class NotSent(Refused):
    """A notice did not get to where it should."""

    code = "NOTICE_NOT_SENT"
    advice = gettext_noop(
        "Check the address, and whether this machine reaches the service."
    )


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Where notices go, and which."""

    urls: str = ""
    """Apprise addresses, sealed: they hold tokens."""
    events: list[str] = field(default_factory=list)
    digest_hours: int = 0
    """0: at once; else everything of so many hours in one message."""

    def addresses(self) -> list[str]:
        """Return the addresses in the clear; nothing when their seal is broken."""
        try:
            return unseal(self.urls).split()
        except CannotUnseal:
            return []


def read_outgoing() -> Outgoing:
    """Return what owners chose."""
    kept = Kept.read(OUTGOING, {})
    return Outgoing(**{name: kept[name] for name in asdict(Outgoing()) if name in kept})


def write_outgoing(*, urls: str | None, events: list[str], digest_hours: int) -> None:
    """Keep what owners chose; `urls` None keeps the addresses there are."""
    sealed = read_outgoing().urls if urls is None else seal(urls)
    Kept.write(OUTGOING, asdict(Outgoing(sealed, events, digest_hours)))


def gather_news() -> int:
    """Make notices of what happened since the last look; return how many."""
    now = timezone.now()
    seen = Kept.read(SEEN)
    Kept.write(SEEN, _newest(now))
    if not isinstance(seen, dict):
        # The first look ever: what lies before it is no news.
        return 0
    notices = [*_wishes(seen, now), *_drives(seen), *_health(seen), *_keys(seen)]
    return len(notices)


def _newest(now: datetime) -> dict[str, Any]:
    def last(rows: Any) -> int:
        return rows.order_by("-pk").values_list("pk", flat=True).first() or 0

    return {
        "at": now.isoformat(),
        "record": last(SyncRecord.objects.all()),
        "reading": last(HealthReading.objects.all()),
    }


def _wishes(seen: dict[str, Any], now: datetime) -> Iterator[Notice]:
    since = datetime.fromisoformat(seen["at"])
    ended = QueueItem.objects.filter(
        changed_at__gt=since,
        changed_at__lte=now,
        state__in=[QueueItem.State.DONE, QueueItem.State.FAILED],
    ).select_related("title", "drive")
    groups: dict[tuple[str, int], list[QueueItem]] = defaultdict(list)
    for wish in ended.order_by("changed_at", "pk"):
        groups[_event(wish), wish.drive_id].append(wish)
    for (event, drive_id), wishes in groups.items():
        url = reverse("drive_detail", args=[drive_id])
        if event != "done":
            url = f"{reverse('queue')}?drive={drive_id}"
        level = Notice.Level.DONE if event == "done" else Notice.Level.FAILED
        text = _say(event, wishes)
        yield tell_all(event=event, text=text, url=url, level=level)


def _event(wish: QueueItem) -> str:
    if wish.state == QueueItem.State.DONE:
        return "done"
    return "wont_fit" if wish.error_code in ROOM_CODES else "failed"


def _say(event: str, wishes: list[QueueItem]) -> str:
    names = list(dict.fromkeys(wish.title.label for wish in wishes))
    said = ", ".join(names[:NAMED])
    if len(names) > NAMED:
        said = gettext("{names} and {n} more").format(names=said, n=len(names) - NAMED)
    drive = wishes[0].drive.name
    if event == "done":
        return ngettext(
            "{names} is on “{drive}”, whole and read back.",
            "{names} are on “{drive}”, whole and read back.",
            len(names),
        ).format(names=said, drive=drive)
    reason = wishes[0].error_message
    if event == "wont_fit":
        sentence = gettext("{names} will not fit on “{drive}”.")
    else:
        sentence = gettext("{names} could not be copied to “{drive}”.")
    return f"{sentence.format(names=said, drive=drive)} {reason}".strip()


def _drives(seen: dict[str, Any]) -> Iterator[Notice]:
    fresh = SyncRecord.objects.filter(
        pk__gt=seen["record"],
        action__in=[SyncRecord.Action.ATTACHED, SyncRecord.Action.DETACHED],
    )
    for record in fresh.select_related("drive").order_by("pk"):
        url = reverse("drive_detail", args=[record.drive_id])
        name = record.drive.name
        if record.action == SyncRecord.Action.ATTACHED:
            yield tell_all(
                event="attached",
                text=gettext("“{name}” is plugged in.").format(name=name),
                url=url,
            )
        elif any(word in record.message.lower() for word in EJECTED):
            yield tell_all(
                event="unplug",
                text=gettext("“{name}” is safe to unplug.").format(name=name),
                url=url,
            )


def _health(seen: dict[str, Any]) -> Iterator[Notice]:
    fresh = HealthReading.objects.filter(
        pk__gt=seen["reading"], verdict__in=["LIMITED", "FAILING"]
    )
    told = set()
    for reading in fresh.select_related("drive").order_by("-pk"):
        if reading.drive_id in told:
            continue
        told.add(reading.drive_id)
        yield tell_all(
            event="ailing",
            text=gettext("“{drive}” is ailing. {message}")
            .format(drive=reading.drive.name, message=reading.message)
            .strip(),
            url=reverse("drive_detail", args=[reading.drive_id]),
            level=Notice.Level.FAILED,
        )


def _keys(seen: dict[str, Any]) -> Iterator[Notice]:
    since = datetime.fromisoformat(seen["at"])
    failed = Job.objects.filter(state=Job.State.FAILED, finished_at__gt=since)
    for job in failed.order_by("pk"):
        code = job.error_code
        if any(word in code for word in ("_KEY", "TOKEN", "UNAUTHORI", "UNSEAL")):
            yield tell_all(
                event="credentials",
                text=f"{job.error_message} {job.error_advice}".strip(),
                url=reverse("job_detail", args=[job.pk]),
                level=Notice.Level.HELD,
            )


def send_waiting() -> int:
    """Send on what is wanted outside and due; return how many notices went out."""
    now = timezone.now()
    waiting = Notice.objects.filter(user=None, sent_at=None).order_by("at", "pk")
    outgoing = read_outgoing()
    addresses = outgoing.addresses()
    unwanted = waiting if not addresses else waiting.exclude(event__in=outgoing.events)
    unwanted.update(sent_at=now)
    wanted = list(waiting.filter(event__in=outgoing.events)[:SENT_AT_ONCE])
    if not wanted or not addresses or not _is_due(outgoing, wanted[0], now):
        return 0
    try:
        send(addresses, title=_headline(wanted), body=_body(wanted))
    except NotSent as error:
        # They wait for the next turn; after a day they are no news any more.
        logger.warning("%s", error)
        waiting.filter(at__lt=now - timedelta(days=1)).update(sent_at=now)
        return 0
    Notice.objects.filter(pk__in=[each.pk for each in wanted]).update(sent_at=now)
    return len(wanted)


def _is_due(outgoing: Outgoing, first: Notice, now: datetime) -> bool:
    return now - first.at >= timedelta(hours=outgoing.digest_hours)


def _headline(notices: list[Notice]) -> str:
    if len(notices) == 1:
        words = EVENTS.get(notices[0].event)
        return f"Drivearr: {gettext(words) if words else gettext('news')}"
    return gettext("Drivearr: {n} notices").format(n=len(notices))


def _body(notices: Iterable[Notice]) -> str:
    return "\n".join(f"{each.text}{_address(each)}" for each in notices)


def _address(notice: Notice) -> str:
    base = settings.PUBLIC_URL.removesuffix(settings.BASE_URL)
    return f" {base}{notice.url}" if base and notice.url else ""


def send(addresses: list[str], *, title: str, body: str) -> None:
    """Send one message to every address.

    Raises:
        NotSent: an address is none, or the service did not take it.

    """
    # 16 MB: only loaded where something is sent.
    import apprise  # noqa: PLC0415

    sender = apprise.Apprise()
    for address in addresses:
        if not sender.add(address):
            # Never the address itself: it holds a token.
            kind = address.partition("://")[0][:20]
            raise NotSent(
                gettext("An address ({kind}://…) is none that Apprise knows.").format(
                    kind=kind
                )
            )
    if not sender.notify(title=title, body=body):
        raise NotSent(gettext("The message was not taken."))
