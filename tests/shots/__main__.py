"""`make shots`: pictures of every page, wide and on a phone, light and dark."""

import argparse
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import django
from playwright.sync_api import Browser, BrowserContext, ViewportSize, sync_playwright

from drivearr.demo.household import OWNER, Household

HOUSE = Path(__file__).resolve().parents[2]
SIZES: dict[str, ViewportSize] = {
    "wide": {"width": 1280, "height": 860},
    "phone": {"width": 390, "height": 844},
}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
START_SECONDS = 90


def main() -> int:
    """Prepare the demo, start it, take the pictures, stop it."""
    parser = argparse.ArgumentParser(prog="tests.shots", description=__doc__)
    parser.add_argument("--to", type=Path, default=HOUSE / ".shots")
    parser.add_argument("--at", type=Path, help="a demo's folder; default: a fresh one")
    parser.add_argument("--only", nargs="*", default=[], help="names of pages")
    wished = parser.parse_args()
    with _folder(wished.at) as folder:
        household = Household(folder.absolute())
        household.settle(say=_say)
        with _running(household) as server:
            _take(household, server, to=wished.to, only=wished.only)
    return 0


@contextmanager
def _folder(named: Path | None) -> Iterator[Path]:
    if named:
        yield named
        return
    fresh = Path(tempfile.mkdtemp(prefix="drivearr-shots-"))
    try:
        yield fresh
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


@contextmanager
def _running(household: Household) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "drivearr", "up", "--port", str(port)]
    log = (household.folder / "up.log").open("wb")
    process = subprocess.Popen(
        command, env=household.environment(), stdout=log, stderr=subprocess.STDOUT
    )
    server = f"http://127.0.0.1:{port}"
    try:
        _wait(server, process)
        yield server
    finally:
        process.terminate()
        process.wait(timeout=30)
        log.close()


def _wait(server: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"{server}/health/", timeout=2).close()  # noqa: S310
        except OSError:
            time.sleep(0.3)
        else:
            return
    raise SystemExit("Drivearr did not start; see up.log in the demo's folder.")


def _take(household: Household, server: str, *, to: Path, only: list[str]) -> None:
    # Imported here: the settings are read when it is.
    django.setup()
    from tests.browser.conftest import ARGUMENTS, CHROMIUM, sign_in  # noqa: PLC0415
    from tests.shots.walking import find_pages  # noqa: PLC0415

    password = household.owner_line().rsplit(" ", 1)[1]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        first = _context(browser, "wide", "light")
        page = first.new_page()
        sign_in(page, server, OWNER, password)
        addresses = find_pages(page, server, starts=("/", "/more/"))
        state = first.storage_state()
        if only:
            addresses = [each for each in addresses if each.name in only]
        for size in SIZES:
            for scheme in SCHEMES:
                context = _context(browser, size, scheme)
                context.add_cookies(state["cookies"])  # type: ignore[arg-type] # the same shape
                shooting = context.new_page()
                for each in addresses:
                    shooting.goto(server + each.path)
                    file = to / f"{each.name}.{size}.{scheme}.png"
                    shooting.screenshot(path=file, full_page=True)
                context.close()
        _gate(browser, server, to)
        browser.close()
    _say(f"{len(addresses)} pages in {to}")


def _gate(browser: Browser, server: str, to: Path) -> None:
    """Take what stands before the sign-in."""
    for size in SIZES:
        for scheme in SCHEMES:
            context = _context(browser, size, scheme)
            page = context.new_page()
            page.goto(f"{server}/sign-in/")
            page.screenshot(path=to / f"sign_in.{size}.{scheme}.png", full_page=True)
            context.close()


def _context(
    browser: Browser, size: str, scheme: Literal["light", "dark"]
) -> BrowserContext:
    return browser.new_context(
        viewport=SIZES[size], color_scheme=scheme, reduced_motion="reduce"
    )


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
