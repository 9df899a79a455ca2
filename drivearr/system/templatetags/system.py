"""The way around the system's pages."""

from dataclasses import dataclass

from django import template
from django.urls import reverse

register = template.Library()

TABS = (
    ("health_page", "Health"),
    ("schedule_list", "Schedules"),
    ("job_list", "Jobs"),
    ("statistics_page", "Statistics"),
    ("log_page", "Log"),
    ("edit_settings", "Settings"),
    ("source_list", "Sources"),
    ("edit_outgoing", "Notices"),
    ("person_list", "People"),
    ("audit_trail", "Audit trail"),
    ("backup_list", "Backups"),
    ("support_page", "Support"),
    ("about_page", "About"),
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
        "tabs": [Tab(reverse(name), label, name == current) for name, label in TABS]
    }
