"""How sizes, times, states and progress look on every page."""

from collections.abc import Hashable, Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Protocol

import heroicons
import humanize
from django import template
from django.forms import BoundField, CheckboxSelectMultiple
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, gettext_noop, to_locale

from drivearr.lib.counting import counted, counted_of
from drivearr.lib.text import number_words, size_words

register = template.Library()

MINUTE_SECONDS, HOUR_MINUTES, LONG_HOURS = 60, 60, 48
TINTS = 8
"""How many colours placeholder posters and drives come in."""
ICONS_KEPT = 512
_not_humanized: set[str] = set()
"""Languages that humanize was asked for in vain."""


@register.filter
def size(size_bytes: int | float | None) -> str:
    """Return bytes as drives are sold: "4.7 GB"; an em dash when unknown."""
    if size_bytes is None:
        return "—"
    return size_words(size_bytes)


@register.filter
def rate(bytes_per_second: int | float | None) -> str:
    """Return "38.2 MB/s"; empty when unknown."""
    if not bytes_per_second:
        return ""
    return gettext("{size}/s").format(size=size(bytes_per_second))


@register.filter
def duration(seconds: float | None) -> str:
    """Return "1 h 58 min", "4 min", "12 s"; empty when unknown."""
    if seconds is None or seconds < 0:
        return ""
    whole = round(seconds)
    if whole < MINUTE_SECONDS:
        return gettext("{seconds} s").format(seconds=whole)
    minutes = round(whole / MINUTE_SECONDS)
    if minutes < HOUR_MINUTES:
        return gettext("{minutes} min").format(minutes=minutes)
    hours, minutes = divmod(minutes, HOUR_MINUTES)
    if hours < LONG_HOURS:
        said = gettext("{hours} h {minutes} min") if minutes else gettext("{hours} h")
        return said.format(hours=hours, minutes=minutes)
    return counted(hours // 24, "day")


@register.filter
def runtime(minutes: int | None) -> str:
    """Return "1 h 58 min" from minutes."""
    return duration(minutes * 60) if minutes else ""


@register.filter
def count(number: int | None) -> str:
    """Return "12 345" with thin spaces."""
    return number_words(number or 0)


@register.simple_tag
def plural(number: int, noun: str) -> str:
    """Return "1 file", "1 234 files"; the nouns stand in drivearr.lib.counting."""
    return counted(number, noun)


@register.simple_tag
def plural_of(done: int, total: int, noun: str) -> str:
    """Return "3 of 12 files"."""
    return counted_of(done, total, noun)


def _humanized(delta: timedelta) -> str:
    """Return "3 hours ago" in the language of the moment, else in English."""
    _activate_humanize(to_locale(get_language() or "en"))
    return str(humanize.naturaltime(delta))


def _activate_humanize(language: str) -> None:
    """Let it speak a language; it knows its own English without a catalogue."""
    if language.startswith("en") or language in _not_humanized:
        humanize.deactivate()
        return
    try:
        humanize.activate(language)
    except FileNotFoundError:
        _not_humanized.add(language)
        humanize.deactivate()


@register.simple_tag
def ago(moment: datetime | None, otherwise: str = "") -> str:
    """Return a moment as people say it, with the exact one in its title."""
    if moment is None:
        return otherwise or gettext("never")
    delta = timezone.now() - moment
    said = (
        gettext("just now") if abs(delta) < timedelta(seconds=10) else _humanized(delta)
    )
    exact = _exactly(timezone.localtime(moment), get_language())
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', moment.isoformat(), exact, said
    )


@lru_cache(maxsize=1024)
def _exactly(moment: datetime, _language: str | None) -> str:
    return date_format(moment, "j F Y, H:i:s")


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
    "COMPLETE": (gettext_noop("Complete"), "check-circle"),
    "PARTIAL": (gettext_noop("Partial"), "minus-circle"),
    "MISSING": (gettext_noop("Missing"), "x-circle"),
    "OUTDATED": (gettext_noop("Outdated"), "arrow-path"),
    # jobs, wishes, copies
    "QUEUED": (gettext_noop("Waiting"), "clock"),
    "WAITING": (gettext_noop("Waiting"), "clock"),
    "RUNNING": (gettext_noop("Running"), "play-circle"),
    "COPYING": (gettext_noop("Copying"), "arrow-down-circle"),
    "VERIFYING": (gettext_noop("Verifying"), "shield-check"),
    "PAUSED": (gettext_noop("Paused"), "pause-circle"),
    "DONE": (gettext_noop("Done"), "check-circle"),
    "SUCCEEDED": (gettext_noop("Done"), "check-circle"),
    "FAILED": (gettext_noop("Failed"), "exclamation-circle"),
    "CANCELLED": (gettext_noop("Cancelled"), "no-symbol"),
    "LOST": (gettext_noop("Lost"), "exclamation-circle"),
    # roots, drives, files
    "NEW": (gettext_noop("Not scanned yet"), "sparkles"),
    "AVAILABLE": (gettext_noop("Available"), "check-circle"),
    "UNAVAILABLE": (gettext_noop("Unavailable"), "signal-slash"),
    "HELD": (gettext_noop("Needs your word"), "hand-raised"),
    "ATTACHED": (gettext_noop("Attached"), "bolt"),
    "ABSENT": (gettext_noop("Not attached"), "signal-slash"),
    "READ_ONLY": (gettext_noop("Read only"), "lock-closed"),
    "EJECTED": (gettext_noop("Safe to unplug"), "arrow-up-on-square"),
    "PRESENT": (gettext_noop("Present"), "check-circle"),
    "ALTERED": (gettext_noop("Altered"), "pencil-square"),
    "VANISHED": (gettext_noop("Vanished"), "x-circle"),
    "PENDING": (gettext_noop("Not looked at yet"), "clock"),
    "MATCHED": (gettext_noop("Matched"), "check-circle"),
    "SUGGESTED": (gettext_noop("Ambiguous"), "question-mark-circle"),
    "UNMATCHED": (gettext_noop("Unmatched"), "question-mark-circle"),
    "IGNORED": (gettext_noop("Ignored"), "eye-slash"),
    # Plex
    "ONLINE": (gettext_noop("Online"), "check-circle"),
    "UNREACHABLE": (gettext_noop("Not reachable"), "signal-slash"),
    "UNAUTHORIZED": (gettext_noop("Sign-in refused"), "lock-closed"),
    "RESTING": (gettext_noop("Left in peace"), "pause-circle"),
    "EXPIRED": (gettext_noop("Sign-in expired"), "clock"),
    "REVOKED": (gettext_noop("Sign-in revoked"), "lock-closed"),
    "REMOTE_ONLY": (gettext_noop("Only at Plex"), "cloud"),
    "NORMAL": (gettext_noop("Here"), "check-circle"),
    # health
    "GOOD": (gettext_noop("Good"), "check-circle"),
    "LIMITED": (gettext_noop("Limited"), "exclamation-triangle"),
    "UNKNOWN": (gettext_noop("Unknown"), "question-mark-circle"),
    "FAILING": (gettext_noop("Failing"), "exclamation-circle"),
}


@register.filter
def state_word(state: str) -> str:
    """Return a state as a word for people."""
    known = STATE_WORDS.get(state)
    return gettext(known[0]) if known else state.replace("_", " ").capitalize()


class _Mark(Hashable, Protocol):
    @property
    def state(self) -> str: ...

    @property
    def words(self) -> str: ...


@register.simple_tag
def marks_of(marks: Iterable[_Mark]) -> SafeString:
    """Return the small signs of a title, one for each place.

    Not a template: a page has hundreds, and a third of its time went there.
    """
    language = get_language()
    drawn = "".join([_mark_html(mark, language) for mark in marks])
    return mark_safe(f'<span class="marks">{drawn}</span>' if drawn else "")  # noqa: S308 - escaped there


@lru_cache(maxsize=4096)
def _mark_html(mark: _Mark, _language: str | None) -> str:
    # Remembered: a thousand marks on a page are a few dozen different ones.
    state, words = escape(mark.state), escape(mark.words)
    return (
        f'<span class="mark" data-state="{state}" title="{words}">'
        f'<svg aria-hidden="true"><use href="#mark-{state}"/></svg>'
        f'<span class="unseen">{words}. </span></span>'
    )


@register.simple_tag
def badge(state: str, words: str = "") -> SafeString:
    """Return a state with its icon; `words` in place of the usual word."""
    return _badge_html(state, str(words), get_language())


@lru_cache(maxsize=1024)
def _badge_html(state: str, words: str, _language: str | None) -> SafeString:
    _usual, icon_name = STATE_WORDS.get(state, ("", "minus-circle"))
    return format_html(
        '<span class="badge" data-state="{}">{}{}</span>',
        *(state, icon(icon_name, "mini"), words or state_word(state)),
    )


class _Deed(Protocol):
    element: str
    """Id of its button on the page."""
    url: str
    icon: str
    label: str


@register.simple_tag
def deed_button(deed: _Deed, of: str, look: str = "icon") -> SafeString:
    """Return a small button, one of several in a form, that posts to its own address.

    `of`: what it is done to, for screen readers; `look`: "icon" or "words".
    """
    drawn, label = icon(deed.icon, "mini"), deed.label
    if look == "words":
        inner = format_html('{}{}<span class="unseen"> {}</span>', drawn, label, of)
        kind = "button--small"
    else:
        inner = format_html('{}<span class="unseen">{}: {}</span>', drawn, label, of)
        kind = "button--plain button--icon"
    return format_html(
        '<button class="button {1}" formaction="{0}" hx-post="{0}" id="{2}" title="{3}">{4}</button>',
        *(deed.url, kind, deed.element, label, inner),
    )


@register.inclusion_tag("components/progress_bar.html")
def progress_bar(
    percent: float | None, label: str, state: str = "RUNNING"
) -> dict[str, object]:
    """Return a bar; None is "not known yet"."""
    return {"percent": percent, "label": label, "state": state}


@register.inclusion_tag("components/field.html")
def field(bound: BoundField) -> dict[str, object]:
    """Return a form's field with its label, help and errors, tied together."""
    widget = bound.field.widget
    kind = getattr(widget, "input_type", "select")
    if isinstance(widget, CheckboxSelectMultiple):
        kind = "ticks"
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
