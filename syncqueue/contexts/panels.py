"""What the queue puts on pages of titles and drives."""

from dataclasses import dataclass

from drivearr.web.http import HtmxHttpRequest
from drives.models import Drive
from drives.waiting import Waiting
from library.models import Title
from syncqueue.contexts.lanes import find_waiting
from syncqueue.contexts.placing import Placings


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


def build_drive_panel(
    request: HtmxHttpRequest,  # noqa: ARG001  # slots hand it over
    drive: Drive,
) -> DrivePanel:
    """Fill the drive page's slot."""
    return DrivePanel(drive, find_waiting([drive.pk]).get(drive.pk))
