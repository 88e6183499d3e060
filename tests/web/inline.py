"""Editing in place as a test does it: the addresses of a field, saving it, and what comes back beside it."""

from app.contacts.models import Contact
from tenants import db

from .screens import Element, screen


def where(record: int, name: str, noun: str = "contacts") -> str:
    return f"/{noun}/{record}/fields/{name}"


def save(browser, address: str, value="", status: int = 200, headers: dict | None = None, **more) -> Element:
    answer = browser.fragment(address, method="POST", data={"value": value, **more}, headers=headers)
    return screen(answer, status)


def contact(world, record_id: int) -> Contact:
    with world.inside():
        found = db.session.get(Contact, record_id)
        db.session.expunge_all()
        return found


def opened(answer: Element) -> list[str]:
    """The ids of the cells that came as forms beside the saved one."""
    return [form["id"] for form in answer.all("dd", cls="cell-open") + answer.all("td", cls="cell-open")]


def beside(answer: Element) -> dict[str, str]:
    """What came out of band: id and text of the cells."""
    cells = [one for one in answer.all() if one.get("hx-swap-oob") == "true"]
    return {cell["id"]: cell.text for cell in cells}
