"""Ways between the pages and the admin: each row has a door to its other side."""

from typing import Any

from django import template
from django.db.models import Model
from django.urls import NoReverseMatch, reverse

register = template.Library()

PAGES = {
    "library.title": ("title_detail", "pk"),
    "library.root": ("root_list", ""),
    "library.mediafile": ("title_detail", "title_id"),
    "library.item": ("title_detail", "title_id"),
    "drives.drive": ("drive_detail", "pk"),
    "drives.drivefile": ("drive_files", "drive_id"),
    "drives.syncrecord": ("drive_history", "drive_id"),
    "drives.drivescan": ("drive_detail", "drive_id"),
    "syncqueue.queueitem": ("queue", ""),
    "jobs.job": ("job_detail", "pk"),
    "jobs.jobissue": ("job_detail", "job_id"),
    "auth.user": ("edit_person", "pk"),
}
"""Which page shows a row, and which of its fields names it there; empty: none does."""


@register.simple_tag
def page_of(row: Model | None) -> str:
    """Return the address of the page that shows `row`; empty when none does."""
    label = row._meta.label_lower if row else ""  # noqa: SLF001 - Django's own door
    name, field = PAGES.get(label, ("", ""))
    arguments = [getattr(row, field, None)] if field else []
    return _reverse(name, arguments) if name and None not in arguments else ""


@register.simple_tag
def admin_of(label: str, pk: Any) -> str:
    """Return the address of a row in the admin: `{% admin_of "library.title" 3 %}`."""
    return _reverse(f"admin:{label.replace('.', '_')}_change", [pk])


def _reverse(name: str, arguments: list[Any]) -> str:
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return ""
