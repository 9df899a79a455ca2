"""A real Chromium on the real pages; its own pytest run (`-m browser`)."""

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.conf import LazySettings
from django.core.cache import cache
from django.db import connection
from playwright.sync_api import ConsoleMessage, Page, ViewportSize

from drivearr.jobs.kinds import find_kind
from drivearr.jobs.models import Job

CHROMIUM = os.environ.get("DRIVEARR_TEST_CHROMIUM") or shutil.which("chromium")
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic"),
    *("--no-first-run", "--disable-background-networking", "--disable-sync"),
    *("--disable-component-update", "--disable-domain-reliability"),
    # Whatever a page asks for from elsewhere is not there.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
]
WIDE: ViewportSize = {"width": 1280, "height": 860}
PHONE: ViewportSize = {"width": 360, "height": 760}


@pytest.fixture(scope="session", autouse=True)
def _chromium() -> Iterator[None]:
    if not CHROMIUM:
        reason = "no Chromium: install it, or name it in DRIVEARR_TEST_CHROMIUM"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    # Playwright keeps an event loop in this thread, and Django would refuse to work.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    yield
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    return {"executable_path": CHROMIUM, "args": ARGUMENTS}


@pytest.fixture
def browser_context_args() -> dict[str, Any]:
    return {
        "viewport": WIDE,
        "locale": "en-GB",
        "reduced_motion": "reduce",
        "service_workers": "block",
    }


@pytest.fixture(autouse=True)
def _calm(settings: LazySettings) -> Iterator[None]:
    cache.clear()
    settings.POLL_SECONDS = 1
    yield
    cache.clear()


def watch(page: Page) -> list[str]:
    """Return the list that the page's errors will stand in."""
    errors: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            errors.append(f"{page.url}: {message.text}")

    page.on("console", hear)
    page.on("pageerror", lambda error: errors.append(f"{page.url}: {error}"))
    return errors


@pytest.fixture
def errors(page: Page) -> Iterator[list[str]]:
    """Fail the test when the page says anything in the console."""
    found = watch(page)
    yield found
    page.close()
    assert found == []


@pytest.fixture
def worker(transactional_db: None) -> Iterator[None]:
    """Work off queued jobs in a thread, as a worker does in its own process."""
    ended = threading.Event()
    current_app.loader.import_default_modules()

    def work() -> None:
        while not ended.wait(0.1):
            for job in Job.objects.filter(state=Job.State.QUEUED).order_by("pk"):
                kind = find_kind(job.kind)
                assert kind
                current_app.tasks[kind.task](job.pk)
        connection.close()

    thread = threading.Thread(target=work, name="worker")
    thread.start()
    yield
    ended.set()
    thread.join(timeout=30)


def sign_in(page: Page, server: str, name: str, password: str) -> None:
    """Sign in as a person does."""
    page.goto(f"{server}/sign-in/")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{server}/")


def write_video(path: Path, *, size_bytes: int) -> None:
    """Write a file that is as large as said and like no other."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(os.urandom(size_bytes))
