"""Whether background work gets done: the broker, the workers, nothing stuck."""

from collections.abc import Iterator
from datetime import timedelta

from celery import current_app
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from drivearr.jobs.models import Job
from drivearr.web.checking import Finding


def broker() -> Iterator[Finding]:
    """The broker answers, and workers listen."""
    try:
        with current_app.connection_for_read() as link:
            link.ensure_connection(max_retries=1, timeout=2)
        replies = current_app.control.ping(timeout=1.0) or []
    except Exception as error:  # noqa: BLE001 - whatever the transport raises
        yield Finding(
            gettext("broker"),
            ok=False,
            message=gettext("The broker does not answer ({name}).").format(
                name=type(error).__name__
            ),
            advice=gettext(
                "Start Drivearr (`drivearr up`), or check DRIVEARR_REDIS_URL."
            ),
        )
        return
    yield Finding(gettext("broker"), ok=True, message=gettext("The broker answers."))
    yield Finding(
        "workers",
        bool(replies),
        ngettext("{n} worker answers.", "{n} workers answer.", len(replies)).format(
            n=len(replies)
        ),
        "" if replies else gettext("Start Drivearr (`drivearr up`)."),
    )


def work() -> Iterator[Finding]:
    """No work is stuck."""
    now = timezone.now()
    silent = Job.objects.silent_since(now - timedelta(minutes=2)).count()
    stalled = Job.objects.stalled_since(now - timedelta(minutes=10)).count()
    waiting = Job.objects.filter(
        state=Job.State.QUEUED, queued_at__lt=now - timedelta(minutes=30)
    ).count()
    ok = not (silent or stalled or waiting)
    yield Finding(
        gettext("background work"),
        ok,
        gettext(
            "{silent} silent, {stalled} not moving, {waiting} waiting for half an hour."
        ).format(silent=silent, stalled=stalled, waiting=waiting),
        ""
        if ok
        else gettext("Look at the Jobs page; a disk may hang, or no worker runs."),
    )
