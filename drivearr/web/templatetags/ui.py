"""How sizes, times, states and progress look on every page."""

from datetime import datetime, timedelta
from functools import lru_cache

import heroicons
import humanize
from django import template
from django.forms import BoundField
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from drivearr.lib.text import number_words, size_words

register = template.Library()

MINUTE_SECONDS, HOUR_MINUTES, LONG_HOURS = 60, 60, 48
TINTS = 8
"""How many colours placeholder posters and drives come in."""
ICONS_KEPT = 512


@register.filter
def size(size_bytes: int | float | None) -> str:
    """Return bytes as drives are sold: "4.7 GB"; an em dash when unknown."""
    if size_bytes is None:
        return "—"
    return size_words(size_bytes)


@register.filter
def rate(bytes_per_second: int | float | None) -> str:
    """Return "38.2 MB/s"; empty when unknown."""
    return f"{size(bytes_per_second)}/s" if bytes_per_second else ""


@register.filter
def duration(seconds: float | None) -> str:
    """Return "1 h 58 min", "4 min", "12 s"; empty when unknown."""
    if seconds is None or seconds < 0:
        return ""
    whole = round(seconds)
    if whole < MINUTE_SECONDS:
        return f"{whole} s"
    minutes = round(whole / MINUTE_SECONDS)
    if minutes < HOUR_MINUTES:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, HOUR_MINUTES)
    if hours < LONG_HOURS:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{hours // 24} days"


@register.filter
def runtime(minutes: int | None) -> str:
    """Return "1 h 58 min" from minutes."""
    return duration(minutes * 60) if minutes else ""


@register.filter
def count(number: int | None) -> str:
    """Return "12 345" with thin spaces."""
    return number_words(number or 0)


@register.simple_tag
def plural(number: int, one: str, many: str = "") -> str:
    """Return "1 file", "1 234 files"."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


@register.simple_tag
def ago(moment: datetime | None, otherwise: str = "never") -> str:
    """Return a moment as people say it, with the exact one in its title."""
    if moment is None:
        return otherwise
    delta = timezone.now() - moment
    said = (
        "just now"
        if abs(delta) < timedelta(seconds=10)
        else humanize.naturaltime(delta)
    )
    exact = date_format(timezone.localtime(moment), "j F Y, H:i:s")
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', moment.isoformat(), exact, said
    )


@register.simple_tag
def icon(
    name: str, style: str = "outline", label: str = "", **attrs: str
) -> SafeString:
    """Return an icon as SVG; hidden from screen readers unless it has a `label`."""
    extra = {"class": "icon"} | attrs
    extra |= {"aria-hidden": "false" if label else "true"}
    if label:
        extra |= {"role": "img", "aria-label": str(label)}
    return _draw(name, style, tuple(extra.items()))


@lru_cache(maxsize=ICONS_KEPT)
def _draw(name: str, style: str, attrs: tuple[tuple[str, str], ...]) -> SafeString:
    """Return the SVG; a page shows the same few icons a hundred times."""
    size_px = {"mini": 20, "micro": 16}.get(style, 24)
    drawn = heroicons._render_icon(style, name, size_px, dict(attrs))  # noqa: SLF001
    return mark_safe(drawn)  # noqa: S308


STATE_WORDS = {
    # on a drive
    "COMPLETE": ("Complete", "check-circle"),
    "PARTIAL": ("Partial", "minus-circle"),
    "MISSING": ("Missing", "x-circle"),
    "OUTDATED": ("Outdated", "arrow-path"),
    # jobs, wishes, copies
    "QUEUED": ("Waiting", "clock"),
    "WAITING": ("Waiting", "clock"),
    "RUNNING": ("Running", "play-circle"),
    "COPYING": ("Copying", "arrow-down-circle"),
    "VERIFYING": ("Verifying", "shield-check"),
    "PAUSED": ("Paused", "pause-circle"),
    "DONE": ("Done", "check-circle"),
    "SUCCEEDED": ("Done", "check-circle"),
    "FAILED": ("Failed", "exclamation-circle"),
    "CANCELLED": ("Cancelled", "no-symbol"),
    "LOST": ("Lost", "exclamation-circle"),
    # roots, drives, files
    "NEW": ("Not scanned yet", "sparkles"),
    "AVAILABLE": ("Available", "check-circle"),
    "UNAVAILABLE": ("Unavailable", "signal-slash"),
    "HELD": ("Needs your word", "hand-raised"),
    "ATTACHED": ("Attached", "bolt"),
    "ABSENT": ("Not attached", "signal-slash"),
    "READ_ONLY": ("Read only", "lock-closed"),
    "EJECTED": ("Safe to unplug", "arrow-up-on-square"),
    "PRESENT": ("Present", "check-circle"),
    "ALTERED": ("Altered", "pencil-square"),
    "VANISHED": ("Vanished", "x-circle"),
    "PENDING": ("Not looked at yet", "clock"),
    "MATCHED": ("Matched", "check-circle"),
    "SUGGESTED": ("Ambiguous", "question-mark-circle"),
    "UNMATCHED": ("Unmatched", "question-mark-circle"),
    "IGNORED": ("Ignored", "eye-slash"),
    # Plex
    "ONLINE": ("Online", "check-circle"),
    "UNREACHABLE": ("Not reachable", "signal-slash"),
    "UNAUTHORIZED": ("Sign-in refused", "lock-closed"),
    "RESTING": ("Left in peace", "pause-circle"),
    "EXPIRED": ("Sign-in expired", "clock"),
    "REVOKED": ("Sign-in revoked", "lock-closed"),
    "REMOTE_ONLY": ("Only at Plex", "cloud"),
    "NORMAL": ("Here", "check-circle"),
    # health
    "GOOD": ("Good", "check-circle"),
    "LIMITED": ("Limited", "exclamation-triangle"),
    "UNKNOWN": ("Unknown", "question-mark-circle"),
    "FAILING": ("Failing", "exclamation-circle"),
}


@register.filter
def state_word(state: str) -> str:
    """Return a state as a word for people."""
    return STATE_WORDS.get(state, (state.replace("_", " ").capitalize(), ""))[0]


@register.inclusion_tag("components/badge.html")
def badge(state: str, words: str = "") -> dict[str, str]:
    """Return a state with its icon; `words` in place of the usual word."""
    usual, icon_name = STATE_WORDS.get(state, (state_word(state), "minus-circle"))
    return {"state": state, "words": words or usual, "icon_name": icon_name}


@register.inclusion_tag("components/progress_bar.html")
def progress_bar(
    percent: float | None, label: str, state: str = "RUNNING"
) -> dict[str, object]:
    """Return a bar; None is "not known yet"."""
    return {"percent": percent, "label": label, "state": state}


@register.inclusion_tag("components/field.html")
def field(bound: BoundField) -> dict[str, object]:
    """Return a form's field with its label, help and errors, tied together."""
    kind = getattr(bound.field.widget, "input_type", "select")
    return {"field": bound, "kind": kind}


@register.filter
def tint(text: object) -> int:
    """Return which of the TINTS colours belongs to a name; always the same."""
    return sum(ord(c) * (place + 1) for place, c in enumerate(str(text))) % TINTS


@register.filter
def initials(name: str) -> str:
    """Return up to two first letters: "Night of the Hunter" → "NH"."""
    words = [w for w in name.split() if w[:1].isalnum()]
    big = [w for w in words if w[0].isupper() or w[0].isdigit()] or words
    return "".join(word[0].upper() for word in big[:1] + big[1:][-1:]) or "?"
