"""The pictures of the README: `python -m tests.browser.screenshots` makes them anew from the demo, into docs/images."""

import json
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from app.application import create_app
from app.config import load
from app.demo import demo
from tests.cluster import running
from tests.conftest import SECRET_KEY

from .server import serving
from .window import ARGUMENTS, CHROMIUM, Window

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
LARGEST = 200 * 1024


def shoot(page: Page, folder: Path, name: str, path: str) -> list[Path]:
    """One page, light and dark."""
    page.goto(path)
    made = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        made.append(folder / f"{name}-{scheme}.png")
        # Playwright would hide the caret by a style element, which the pages' policy refuses.
        page.screenshot(path=made[-1], caret="initial", animations="allow")
    return made


def main() -> None:
    """Start everything, make the demo, take the pictures."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with running() as cluster:
        settings = load(
            home=cluster.home, database_url=cluster.url("deskhand"), redis_url=cluster.valkey.url, secret_key=SECRET_KEY
        )
        app = create_app(settings, DATABASE_POOL=None)
        with app.app_context():
            demo.main([], obj=app, standalone_mode=False)
        known = json.loads((cluster.home / "demo.json").read_text())["staff"]
        with serving(app) as server, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
            window = Window(browser, server.url)
            window.go("/sign-in")
            window.field("E-mail or user name").fill(known["email"])
            window.field("Password").fill(known["password"])
            window.press("Enter")
            window.page.wait_for_url(f"{server.url}/")
            made = shoot(window.page, IMAGES, "companies", "/companies?size=25")
            window.go("/contacts?sort=-updated_at&columns=first_name,updated_at")
            contact = window.page.locator("[data-row] .cell-link").first.get_attribute("href")
            made += shoot(window.page, IMAGES, "contact", contact)
            complaints = window.close()
            browser.close()
    for path in made:
        print(f"{path}: {path.stat().st_size // 1024} KB")  # noqa: T201
        assert path.stat().st_size <= LARGEST, f"{path} is too large."
    assert not complaints, complaints


if __name__ == "__main__":
    main()
