"""The way around the system's pages."""

from dataclasses import dataclass

from django import template
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop

register = template.Library()

TABS = (
    ("health_page", gettext_noop("Health")),
    ("schedule_list", gettext_noop("Schedules")),
    ("job_list", gettext_noop("Jobs")),
    ("statistics_page", gettext_noop("Statistics")),
    ("log_page", gettext_noop("Log")),
    ("edit_settings", gettext_noop("Settings")),
    ("source_list", gettext_noop("Sources")),
    ("edit_outgoing", gettext_noop("Notices")),
    ("person_list", gettext_noop("People")),
    ("audit_trail", gettext_noop("Audit trail")),
    ("backup_list", gettext_noop("Backups")),
    ("support_page", gettext_noop("Support")),
    ("about_page", gettext_noop("About")),
)


@dataclass(frozen=True, slots=True)
class Tab:
    """One page of the system."""

    url: str
    label: str
    is_current: bool


@register.inclusion_tag("system/partials/tabs.html")
def system_tabs(current: str) -> dict[str, object]:
    """Return links to all pages of the system; `current` is the url name of this one."""
    return {
        "tabs": [
            Tab(reverse(name), gettext(label), name == current) for name, label in TABS
        ]
    }
