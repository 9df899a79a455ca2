"""Places in a page that apps above its owner may fill."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from drivearr.web.http import HtmxHttpRequest

Build = Callable[[HtmxHttpRequest, Any], object | None]


@dataclass(frozen=True, slots=True)
class Filler:
    """Who fills a slot, and with which template."""

    template: str
    build: Build
    """Makes the template's `panel` from the request and the page's subject, or None."""
    order: int


@dataclass(frozen=True, slots=True)
class Panel:
    """A filled slot: `{% include panel.template with panel=panel.content %}`."""

    template: str
    content: object


_fillers: dict[str, dict[str, Filler]] = {}


def register(slot: str, *, template: str, build: Build, order: int = 0) -> None:
    """Fill `slot` on every page that has it; called from AppConfig.ready."""
    _fillers.setdefault(slot, {})[template] = Filler(template, build, order)


def fill(slot: str, request: HtmxHttpRequest, subject: Any) -> tuple[Panel, ...]:
    """Build what apps put into `slot` for `subject`, in their order."""
    fillers = sorted(_fillers.get(slot, {}).values(), key=lambda each: each.order)
    built = ((each.template, each.build(request, subject)) for each in fillers)
    return tuple(Panel(template, content) for template, content in built if content)
