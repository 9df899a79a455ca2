"""Finds the pages of a running Drivearr: one address for each url name, by its links."""

from collections import deque
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.urls import Resolver404, resolve
from playwright.sync_api import Page

NO_PAGES = ("/static/", "/artwork/", "/admin/", "/health/", "/sign-out/")
"""Begin addresses that are no page of ours to look at."""
MOST_LOOKED_AT = 200


@dataclass(frozen=True, slots=True)
class Address:
    """A page to look at."""

    name: str
    """Of its url, fit for a file's name."""
    path: str


def find_pages(page: Page, server: str, *, starts: tuple[str, ...]) -> list[Address]:
    """Follow the links from `starts`; return one address for each sort of page."""
    found: dict[str, str] = {}
    waiting = deque(starts)
    seen = set(starts)
    while waiting and len(seen) < MOST_LOOKED_AT:
        path = waiting.popleft()
        name = _name_of(path)
        if not name or name in found:
            continue
        answer = page.goto(server + path)
        if answer is None or answer.status != 200:
            continue
        if "text/html" not in answer.headers.get("content-type", ""):
            continue
        found[name] = path
        fresh = [link for link in _links(page) if link not in seen]
        seen.update(fresh)
        waiting.extend(fresh)
    return [Address(name, path) for name, path in found.items()]


def _name_of(path: str) -> str:
    """Return the url name of a path; empty for what is no page of ours."""
    if path.startswith(NO_PAGES):
        return ""
    try:
        name = resolve(urlsplit(path).path).url_name
    except Resolver404:
        return ""
    return name or ""


def _links(page: Page) -> list[str]:
    hrefs: list[str] = page.eval_on_selector_all(
        "a[href]:not([download])",
        "all => all.filter(a => a.origin === location.origin)"
        ".map(a => a.pathname + a.search)",
    )
    return list(dict.fromkeys(hrefs))
