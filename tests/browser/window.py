"""A browser window of somebody, and everything that its pages complained about."""

import os
import shutil

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, Response, expect

from tests.world import World

from .server import HOST

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
WIDE, NARROW = (1280, 800), (360, 740)
# What Chromium says of an answer that is not a good one, even if the page expects it.
STATUS = "Failed to load resource: the server responded with a status of"
# What an answer to a request may take here; the machine may be busy with other tests.
PATIENCE = 1000 * int(os.environ.get("BROWSER_PATIENCE", "15"))


class Window:
    """One browser context with one page. Whatever its console, its scripts or its requests say is kept."""

    def __init__(self, browser: Browser, url: str, *, size=WIDE, scripts: bool = True, dark: bool = False, **options):
        self.url = url
        self.complaints: list[str] = []
        self.posts: list[str] = []
        self._allowed: list[str] = []
        self.context = browser.new_context(
            base_url=url,
            viewport={"width": size[0], "height": size[1]},
            java_script_enabled=scripts,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            locale="en-GB",
            timezone_id="Europe/Berlin",
            **options,
        )
        self.context.set_default_timeout(PATIENCE)
        self.context.on("console", self._hear)
        self.context.on("weberror", lambda error: self.complaints.append(f"page error: {error.error}"))
        self.context.on("request", self._watch)
        self.page: Page = self.context.new_page()

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning") or any(part in message.text for part in self._allowed):
            return
        self.complaints.append(f"console {message.type}: {message.text} ({message.location.get('url')})")

    def _watch(self, request: Request) -> None:
        if request.method == "POST" and not request.url.endswith("/presence"):
            self.posts.append(request.url.removeprefix(self.url))
        if not request.url.startswith((self.url + "/", "data:", "blob:", "about:")):
            self.complaints.append(f"request to another origin: {request.url}")

    def allow(self, *expected: int | str) -> None:
        """What the console may say from now on: that the server answered one of these statuses, or a sentence."""
        self._allowed += [f"{STATUS} {one}" if isinstance(one, int) else one for one in expected]

    def sign_in(self, world: World, person: str, surface: str = "staff") -> None:
        """Bear the cookie of a session that is opened for this person."""
        client = (world.portal if surface == "portal" else world.staff)(person, host=HOST)
        cookie = client.get_cookie(f"deskhand_{surface}", HOST)
        self.context.add_cookies([{"name": cookie.key, "value": cookie.value, "domain": HOST, "path": "/"}])

    def go(self, path: str) -> Response:
        """Open an address of the application."""
        response = self.page.goto(path)
        assert response, f"{path} did not answer."
        return response

    def field(self, label: str) -> Locator:
        """The control with this label that can be seen."""
        return self.page.get_by_label(label, exact=True).filter(visible=True)

    def button(self, name: str) -> Locator:
        """The button with this name."""
        return self.page.get_by_role("button", name=name, exact=True)

    def link(self, name: str) -> Locator:
        """The link with this name."""
        return self.page.get_by_role("link", name=name, exact=True)

    def cell(self, id: str) -> Locator:
        """A cell by its id, such as 'contact-7-phone'."""
        return self.page.locator(f"#{id}")

    def open(self, id: str) -> Locator:
        """Click a cell, so that it becomes a form; returns its control, which has the focus."""
        self.cell(id).locator("[data-edit]").click()
        return self.editing(id)

    def editing(self, id: str) -> Locator:
        """The control of a cell that is being edited, once it has the focus."""
        control = self.page.locator(f"#{id}-input")
        expect(control).to_be_focused()
        return control

    def press(self, *keys: str) -> None:
        """Press keys one after the other, where the focus is."""
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        """Type where the focus is."""
        self.page.keyboard.type(text)

    def posting(self, part: str = ""):
        """`with window.posting() as posted:` waits for the answer to a POST; `posted.value` is it."""
        return self.page.expect_response(lambda answer: answer.request.method == "POST" and part in answer.url)

    def reach(self, target: Locator, most: int = 120) -> None:
        """Press Tab until something has the focus, as who uses no mouse does."""
        expect(target).to_be_visible(timeout=PATIENCE)
        for _stop in range(most):
            if target.evaluate("el => el === document.activeElement"):
                return
            self.press("Tab")
        raise AssertionError(f"{target} is not reached by {most} times Tab.")

    def focused(self) -> str:
        """The id of what has the focus, or of the nearest around it that has one."""
        return self.page.evaluate("document.activeElement.closest('[id]')?.id ?? ''")

    def expect_focus(self, target: Locator) -> None:
        """Wait until something has the focus."""
        expect(target).to_be_focused(timeout=PATIENCE)

    def close(self) -> list[str]:
        """Close the window; returns what it complained about."""
        self.context.close()
        return self.complaints
