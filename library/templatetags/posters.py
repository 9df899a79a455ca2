"""Posters and what is around them.

Not templates: a shelf has sixty, and half of its time went there.
"""

from typing import Protocol

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from drivearr.web.templatetags.ui import initials, marks_of, tint
from library.contexts.posters import Poster
from library.marks import Mark

register = template.Library()


class _Entry(Protocol):
    pk: int
    name: str
    facts: str
    poster: Poster
    marks: tuple[Mark, ...]
    size_bytes: int


@register.simple_tag
def poster(drawn: Poster) -> SafeString:
    """Return a title's poster; without a picture its name on a colour of its own."""
    if not drawn.url:
        return format_html(
            '<div class="poster"><div class="poster__made" data-tint="{}" aria-hidden="true">'
            '<span class="poster__letters">{}</span><span class="poster__name">{}</span>'
            "</div></div>",
            *(tint(drawn.name), initials(drawn.name), drawn.name),
        )
    larger = ""
    if drawn.large_url:
        larger = format_html(' srcset="{} 1x, {} 2x"', drawn.url, drawn.large_url)
    return format_html(
        '<div class="poster"><img src="{}"{} alt="" width="200" height="300" '
        'loading="lazy" decoding="async"></div>',
        *(drawn.url, larger),
    )


@register.simple_tag
def poster_card(entry: _Entry) -> SafeString:
    """Return the link to a title: its poster, name, facts and marks."""
    return format_html(
        '<a class="poster-card" href="{}">{}<span class="poster-card__text">'
        '<span class="poster-card__name" title="{}">{}</span>'
        '<span class="poster-card__facts">{}</span>{}</span></a>',
        *(reverse("title_detail", args=[entry.pk]), poster(entry.poster)),
        *(entry.name, entry.name, entry.facts or "\N{NO-BREAK SPACE}"),
        marks_of(entry.marks),
    )


@register.simple_tag
def pick(entry: _Entry, kind: str = "pick") -> SafeString:
    """Return the box that chooses a title among others."""
    return format_html(
        '<label class="{}"><input type="checkbox" name="title" value="{}" data-bytes="{}">'
        '<span class="unseen">{}</span></label>',
        *(kind, entry.pk, entry.size_bytes),
        gettext("Choose {name}").format(name=entry.name),
    )
