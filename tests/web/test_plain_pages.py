"""Every page works with scripts off: what can be pressed is a link with an address or the button of a form."""

import pytest

from tests.browser.addresses import pages

from .screens import Element, Reader, screen

# Buttons that a browser serves itself, or that only stand in what a script brings.
NATIVE = ("popovertarget", "hidden", "disabled")


def _addresses(form: Element, page: Element) -> list[str]:
    """Where the buttons of a form lead that has no address itself; one that leads nowhere when it has none to press."""
    buttons = [*form.all("button"), *page.all("button", form=form.get("id") or "-")]
    return [one.get("formaction") or "" for one in buttons if one.get("type") != "button"] or [""]


def dead(page: Element) -> list[str]:
    """What can be pressed and does nothing, and forms that lead nowhere, but for what scripts put in."""
    outside = [one for template in page.all("template") for one in template.all()]
    found = []
    forms = [form for form in page.all("form") if form not in outside]
    named = {form.get("id") for form in forms}
    for form in forms:
        # Each of its buttons may have an address of its own.
        leads = [form.get("action") or ""] if "action" in form.attributes else _addresses(form, page)
        if not all(address.startswith(("/", "?")) for address in leads):
            found.append(f"a form without an address: {form.attributes}")
        # The token may come with the button that sends the form.
        sends = any(button.get("name") == "csrf_token" and button.get("value") for button in form.all("button"))
        if form.get("method") == "post" and not sends and not form.values().get("csrf_token"):
            found.append(f"a form without its token: {form.attributes}")
        buttons = [one for one in form.all("button") if one.get("type") in (None, "submit")]
        others = [one for one in page.all("button", form=form.get("id") or "-")]
        single = len([one for one in form.all("input") if one.get("type") in ("search", "text")]) == 1
        if not (buttons or others or single or form.get("id") == "fields-order"):
            found.append(f"a form without a button: {form.attributes}")
    inside = [one for form in forms for one in form.all("button")]
    for button in page.all("button"):
        if button in outside or any(name in button.attributes for name in NATIVE):
            continue
        belongs = button in inside or button.get("form") in named
        if button.get("type") == "button" or not belongs:
            found.append(f"a button that does nothing: {button.attributes} {button.text!r}")
    for link in page.all("a"):
        if link not in outside and not link.get("href"):
            found.append(f"a link that leads nowhere: {link.attributes} {link.text!r}")
    return found


@pytest.mark.feature("B027")
@pytest.mark.parametrize(("surface", "person"), [("staff", "adam"), ("admin", "adam"), ("portal", "ina")])
def test_nothing_on_any_page_needs_a_script(app, shared_world, surface, person):
    client = shared_world.portal(person) if surface == "portal" else shared_world.staff(person)
    addresses, _without = pages(app, shared_world, client, surface)
    found = [f"{address}: {one}" for address in addresses for one in dead(screen(client.get(address)))]
    assert len(addresses) >= 5
    assert not found, "\n".join(sorted(set(found)))


@pytest.mark.parametrize(
    "html",
    [
        "<button type=button>Show</button>",
        "<button>Save</button>",
        "<form action=/x><input type=checkbox name=a></form>",
        "<form method=post action=/x><button>Save</button></form>",
        "<form><button>Save</button></form>",
        "<a class=more>More</a>",
    ],
)
def test_what_needs_a_script_is_found(html):
    assert dead(Reader(f"<main>{html}</main>").root)
