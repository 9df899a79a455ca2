"""Buttons of a wish. Not templates: a queue has hundreds."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from drivearr.web.templatetags.ui import icon
from syncqueue.contexts.wishes import WishRow

register = template.Library()
_CLASS = "button button--plain button--icon"


@register.simple_tag
def place_buttons(row: WishRow) -> SafeString:
    """Return what moves a wish among the others: a grip, earlier, later."""
    return format_html(
        '<span class="order"><button class="{} order__grip" type="button" data-grip '
        'id="grip-{}" title="{}" aria-keyshortcuts="ArrowUp ArrowDown Home End">{}'
        '<span class="unseen">{}</span></button>{}{}</span>',
        *(_CLASS, row.pk, gettext("Drag, or press the arrow keys")),
        icon("bars-2", "mini"),
        gettext("Move with the arrow keys: {name}").format(name=row.whole_name),
        _step(row, "earlier", gettext("Earlier"), "chevron-up"),
        _step(row, "later", gettext("Later"), "chevron-down"),
    )


def _step(row: WishRow, where: str, label: str, icon_name: str) -> SafeString:
    return format_html(
        '<button class="{}" name="where" value="{}" id="{}-{}" title="{}">{}'
        '<span class="unseen">{}: {}</span></button>',
        *(_CLASS, where, where, row.pk, label, icon(icon_name, "mini")),
        *(label, row.whole_name),
    )
