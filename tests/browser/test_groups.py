"""Groups and companies on a contact's page, in the browser: what a company brings along is offered and not forced."""

import pytest
from playwright.sync_api import expect

from .window import PATIENCE


@pytest.fixture
def grouped(world, cast):
    """Nordlys is in a group."""
    adam = world.staff("adam")
    adam.post_form("/groups", {"name": "Northern lights", "kind": "group", "active": "1"})
    adam.post_form(f"/companies/{cast.nordlys}/groups", {"group_id_text": "Northern lights"})


def choose(window, typed: str, option: str) -> None:
    """Choose in the list that opens where one types the name of a company."""
    window.page.locator("#join-company").click()
    box = window.page.get_by_role("combobox", name="Belongs to one more company")
    expect(box).to_be_focused(timeout=PATIENCE)
    window.type(typed)
    window.page.get_by_role("option", name=option).click(timeout=PATIENCE)


@pytest.mark.feature("I059")
def test_the_groups_of_a_company_are_offered_when_somebody_joins_it(visit, grouped, cast):
    window = visit("ann")
    window.go(f"/contacts/{cast.otto}")
    part = window.page.locator(f"#contact-{cast.otto}-in-groups")
    choose(window, "Nord", "Nordlys")
    window.page.locator("form.join").first.get_by_role("button", name="Add", exact=True).click()
    expect(part).to_contain_text("Northern lights", timeout=PATIENCE)
    part.get_by_role("link", name="Dismiss").click()
    expect(part).to_contain_text("In no group yet.", timeout=PATIENCE)
    window.go(f"/contacts/{cast.otto}?offer=groups")
    window.button("Add to this group").click()
    expect(part.get_by_role("link", name="Northern lights")).to_be_visible(timeout=PATIENCE)
    window.button("Undo").click()
    expect(part).to_contain_text("In no group yet.", timeout=PATIENCE)


@pytest.mark.feature("I045", "I059")
def test_without_scripts_it_is_the_same(visit, grouped, cast):
    window = visit("ann", scripts=False)
    window.go(f"/contacts/{cast.otto}")
    window.page.locator("#join-company").fill("Nordlys")
    window.page.locator("form.join").first.get_by_role("button", name="Add", exact=True).click()
    part = window.page.locator(f"#contact-{cast.otto}-in-groups")
    window.button("Add to this group").click()
    expect(part.get_by_role("link", name="Northern lights")).to_be_visible()
    window.button("Remove from Northern lights").click()
    expect(part).to_contain_text("In no group yet.")
