"""A person's picture from the portal to the desk, and a person who is erased, in a browser."""

import pytest
from playwright.sync_api import expect

from tests.contacts.test_pictures import SVG, picture

from .test_accessibility import look
from .window import NARROW

# Whether a picture is there, and how large the browser found it.
LOADED = "img => img.decode().then(() => img.naturalWidth)"


@pytest.mark.feature("I024", "I025")
def test_a_picture_that_is_sent_in_the_portal_is_seen_on_the_desk(visit, cast):
    window = visit("otto", "portal", size=NARROW)
    window.allow(422)
    window.go("/portal/me")
    window.link("My picture").click()
    file = window.page.locator("#upload-file")
    file.set_input_files({"name": "me.png", "mimeType": "image/png", "buffer": SVG})
    window.button("Keep this picture").click()
    expect(window.page.locator("#upload-words [role=alert]")).to_contain_text("use a JPEG, PNG, WebP or GIF")
    file.set_input_files({"name": "me.jpg", "mimeType": "image/jpeg", "buffer": picture("JPEG", (900, 600), "teal")})
    window.button("Keep this picture").click()
    window.page.wait_for_url("**/portal/me")
    own = window.page.locator(".page-head img.portrait")
    assert own.evaluate(LOADED) == 128
    desk = visit("ann")
    desk.go(f"/contacts/{cast.otto}")
    assert desk.page.locator(".page-head img.portrait").evaluate(LOADED) == 128
    desk.go("/contacts")
    face = desk.page.locator(f"#contact-{cast.otto}-first_name img.portrait")
    assert face.evaluate(LOADED) == 64
    # It stays where it is when the cell beside it was edited in place.
    desk.open(f"contact-{cast.otto}-first_name").fill("Ottokar")
    desk.press("Enter")
    expect(desk.cell(f"contact-{cast.otto}-first_name")).to_contain_text("Ottokar")
    expect(face).to_be_visible()
    expect(desk.page.locator(f"#contact-{cast.ina}-first_name svg.portrait")).to_be_visible()
    window.link("My picture").click()
    window.button("Remove the picture").click()
    window.page.wait_for_url("**/portal/me")
    expect(window.page.locator(".page-head svg.portrait")).to_be_visible()


@pytest.mark.feature("B028", "B027")
@pytest.mark.parametrize("scripts", [True, False])
def test_a_person_is_erased_by_hand(visit, cast, scripts):
    window = visit("adam", scripts=scripts)
    window.allow(422)
    window.go(f"/contacts/{cast.otto}")
    window.page.locator("#more summary").click()
    window.link("Erase personal data…").click()
    expect(window.page.locator("#erasure-warning")).to_contain_text("cannot be undone")
    window.page.locator("#erasure-name").fill("Otto Lund")
    window.page.locator("#erasure-reason").fill("Request 4711")
    window.button("Erase for good").click()
    expect(window.page.locator("#erasure-name-error")).to_contain_text("Otto Lind")
    expect(window.page.locator("#erasure-reason")).to_have_value("Request 4711")
    window.page.locator("#erasure-name").fill("Otto Lind")
    window.button("Erase for good").click()
    expect(window.page.locator("h1")).to_contain_text("Certificate of erasure")
    expect(window.page.locator("main")).to_contain_text("Request 4711")
    expect(window.page.locator("body")).not_to_contain_text("Lind")
    if scripts:
        assert look(window, "certificate") == []
