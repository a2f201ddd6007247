from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from torc.client.client import Client

from .chromium import MILLISECONDS, chromium
from .lab import PASSWORD, Lab, TorcServer

#: The directory for pictures of pages that people can look at; without it none are taken.
PICTURES = os.environ.get("TORC_TEST_SCREENSHOTS")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TorcServer]:
    started = TorcServer(tmp_path_factory.mktemp("server"))
    yield started
    started.stop()


@pytest.fixture(scope="session")
def client(server: TorcServer) -> Iterator[Client]:
    with server.client() as opened:
        yield opened


@pytest.fixture(scope="session")
def lab(server: TorcServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    started = Lab(tmp_path_factory.mktemp("lab"), server.environment)
    yield started
    started.close()


# Of a module, not of the session: while Playwright lives no other test of the process can run an event loop.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def context(browser: Browser, lab: Lab) -> Iterator[BrowserContext]:
    """A browser whose user has logged in to Jupyter."""
    with logged_in(browser, lab.url) as opened:
        yield opened


@contextmanager
def logged_in(browser: Browser, url: str) -> Iterator[BrowserContext]:
    """Log in to the Jupyter server at an address."""
    opened = browser.new_context(viewport={"width": 1280, "height": 1000})
    opened.set_default_timeout(MILLISECONDS)
    page = opened.new_page()
    page.goto(f"{url}login")
    page.fill("input[type=password]", PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(lambda address: "login" not in address, wait_until="commit")
    page.close()
    yield opened
    opened.close()


class Watched:
    """A page, and what went wrong in it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.problems: list[str] = []
        self.outside: list[str] = []
        page.on("console", lambda message: self._note(message.type, message.text))
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("request", lambda request: self._ask(request.url))

    def _note(self, kind: str, text: str) -> None:
        if kind == "error":
            self.problems.append(text)

    def _ask(self, url: str) -> None:
        if not url.startswith(("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:")):
            self.outside.append(url)

    def run_notebook(self, address: str) -> None:
        """Open a notebook and run all of its cells."""
        page = self.page
        page.goto(address)
        page.wait_for_selector("#jupyterlab-splash", state="detached")
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.locator(".lm-Menu").get_by_text("Run All Cells", exact=True).click()

    def shot(self, name: str) -> None:
        """Keep a picture, if any are wanted."""
        if PICTURES:
            self.page.screenshot(path=Path(PICTURES) / f"{name}.png")


@pytest.fixture
def watched(context: BrowserContext) -> Iterator[Watched]:
    page = context.new_page()
    seen = Watched(page)
    yield seen
    page.close()
    assert seen.problems == []
    assert seen.outside == []
