"""A real browser in front of a real server. Tests here are left out where there is no Chromium.

    window = visit("ann")              a window in which this person is signed in; None for nobody
    window = visit("ina", "portal")    the same on the portal
    window = visit("ann", size=NARROW, dark=True, scripts=False)
    window.go("/contacts"); window.page is Playwright's page

Each test has a database of its own (`world`). A test fails when a page logs an error or a warning, throws, breaks the
content security policy, or asks another origin for anything.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from .server import Server, serving
from .window import ARGUMENTS, CHROMIUM, PATIENCE, Window

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items):
    """Everything in this folder needs the browser."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if not CHROMIUM:
                item.add_marker(pytest.mark.skip(reason="No Chromium on this machine (chromium, google-chrome)."))


@pytest.fixture(scope="package")
def chromium():
    """One browser for all tests of this process."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def server(app):
    """The application on a port; which database it serves is decided by `world`."""
    with serving(app) as server:
        yield server


@pytest.fixture
def visit(world, server: Server, chromium: Browser) -> Callable[..., Window]:
    """Open windows; at the end none of them may have complained."""
    windows: list[Window] = []

    def open_window(person: str | None = "ann", surface: str = "staff", **options) -> Window:
        window = Window(chromium, server.url, **options)
        windows.append(window)
        if person:
            window.sign_in(world, person, surface)
        return window

    yield open_window
    complaints = [complaint for window in windows for complaint in window.close()]
    server.quiet()
    assert not complaints, "\n".join(complaints)
