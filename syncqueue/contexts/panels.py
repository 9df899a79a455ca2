"""What the queue puts on pages of titles and drives."""

from collections.abc import Callable
from dataclasses import dataclass

from django import forms

from drivearr.web.http import HtmxHttpRequest
from drives.models import Drive
from drives.waiting import Waiting
from library.models import Title
from syncqueue.contexts.lanes import find_waiting
from syncqueue.contexts.offers import OutdatedList
from syncqueue.contexts.placing import Placings
from syncqueue.models import SpeedLimit

OUTDATED_SHOWN = 5
"""On the drive's page; the plan has them all."""


def build_title_panel(
    request: HtmxHttpRequest,  # noqa: ARG001  # slots hand it over
    title: Title,
) -> Placings:
    """Fill the title page's slot."""
    return Placings.build(title)


@dataclass(frozen=True, slots=True)
class DrivePanel:
    """What a drive waits for, and how to wish for more."""

    drive: Drive
    waiting: Waiting | None
    limit: SpeedLimit | None
    limit_form: forms.Form
    outdated: OutdatedList


def build_drive_panel(
    request: HtmxHttpRequest,  # noqa: ARG001  # slots hand it over
    drive: Drive,
    *,
    make_form: Callable[[SpeedLimit | None], forms.Form],
) -> DrivePanel:
    """Fill the drive page's slot; `make_form` gives the form of a speed limit."""
    limit = SpeedLimit.objects.filter(drive=drive).first()
    return DrivePanel(
        drive=drive,
        waiting=find_waiting([drive.pk]).get(drive.pk),
        limit=limit,
        limit_form=make_form(limit),
        outdated=OutdatedList.build(drive, shown=OUTDATED_SHOWN),
    )
