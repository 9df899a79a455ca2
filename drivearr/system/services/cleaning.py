"""Drops what nobody will look at any more."""

from datetime import timedelta

from django.contrib.sessions.models import Session
from django.utils import timezone

from drivearr.jobs.models import Job
from drivearr.web import throttling
from drivearr.web.models import AuditEntry, Notice

NOTICES_FOR = timedelta(days=60)
AUDIT_FOR = timedelta(days=400)
JOBS_FOR = timedelta(days=120)


def clean_up() -> int:
    """Drop old notices, audit entries, ended jobs, tallies, sessions; return how many."""
    now = timezone.now()
    ended = Job.objects.exclude(state__in=Job.ACTIVE_STATES)
    return (
        Notice.objects.filter(at__lt=now - NOTICES_FOR).delete()[0]
        + AuditEntry.objects.filter(at__lt=now - AUDIT_FOR).delete()[0]
        + ended.filter(finished_at__lt=now - JOBS_FOR).delete()[0]
        + Session.objects.filter(expire_date__lt=now).delete()[0]
        + throttling.clean_up()
    )
