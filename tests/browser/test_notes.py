"""Notes and files in the history beside a record: written, edited, marked, deleted and found where they stand."""

import os

import pytest
from playwright.sync_api import expect

from .test_accessibility import look
from .window import NARROW

PATH = "/contacts/{}"


@pytest.fixture
def page_of_ina(visit, cast):
    """Ann looks at Ina's page."""
    window = visit("ann")
    window.go(PATH.format(cast.ina))
    return window


def write(window, words: str) -> None:
    window.page.locator("#note-new > summary").click()
    window.expect_focus(window.field("New note"))
    window.type(words)
    with window.posting("/notes"):
        window.button("Add note").click()
    expect(window.page.locator(".note-words dd", has_text=words)).to_be_visible()


@pytest.mark.feature("C087", "C088", "C089", "C090", "B002")
def test_a_note_from_writing_to_undo(page_of_ina, cast):
    window, page = page_of_ina, page_of_ina.page
    write(window, "Prefers calls")
    expect(page.locator("#toasts")).to_contain_text("Note added")
    # The form is closed and empty again.
    expect(window.field("New note")).to_have_count(0)
    expect(page.locator("#note-text")).to_have_value("")
    note = page.locator(".note-body")
    note.locator(".note-tools a").click()
    control = note.get_by_role("textbox")
    window.expect_focus(control)
    control.fill("Prefers mails")
    window.press("Control+Enter")
    expect(note.get_by_role("link", name="Edit Note: Prefers mails")).to_be_focused()
    window.press("u")
    expect(note.get_by_role("link", name="Edit Note: Prefers calls")).to_be_visible()
    note.get_by_role("button", name="Delete").click()
    expect(note).to_have_count(0)
    expect(page.locator("#toasts")).to_contain_text("Note deleted")
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(page.locator(".note-words dd")).to_have_text("Prefers calls")
    assert page.url.endswith(PATH.format(cast.ina))


@pytest.mark.feature("I099", "I101", "I102", "I103", "I107")
def test_marks_filters_and_search_stay_in_the_address(page_of_ina, cast):
    window, page = page_of_ina, page_of_ina.page
    write(window, "Prefers calls")
    write(window, "Never on Fridays")
    page.locator(".note-body", has_text="Fridays").get_by_role("button", name="Mark as important").click()
    expect(page.locator(".note-mark")).to_have_count(1)
    window.link("Important").click()
    expect(page.locator(".note-words dd")).to_have_text(["Never on Fridays"])
    expect(page).to_have_url(f"{window.url}{PATH.format(cast.ina)}?show=important")
    page.reload()
    expect(page.locator(".note-words dd")).to_have_text(["Never on Fridays"])
    window.link("Feed").click()
    expect(page.locator(".note-words dd")).to_have_count(2)
    page.get_by_role("searchbox", name="Search the history").fill("prefers")
    window.press("Enter")
    expect(page.locator(".note-words dd")).to_have_text(["Prefers calls"])
    expect(page).to_have_url(f"{window.url}{PATH.format(cast.ina)}?q=prefers")
    page.get_by_role("searchbox", name="Search the history").fill("zzz")
    window.press("Enter")
    window.link("Show everything").click()
    expect(page.locator(".note-words dd")).to_have_count(2)
    expect(page).to_have_url(f"{window.url}{PATH.format(cast.ina)}")


@pytest.mark.feature("I109")
def test_a_file_is_attached_and_saved(page_of_ina, cast):
    window, page = page_of_ina, page_of_ina.page
    page.locator("#file-new > summary").click()
    page.locator("#file-chosen").set_input_files(
        {"name": "Plan für März.html", "mimeType": "text/html", "buffer": b"<script>document.title = 'x'</script>"}
    )
    with window.posting("/files"):
        window.button("Attach").click()
    expect(page.locator(".file-name")).to_have_text("Plan für März.html")
    with page.expect_download() as saved:
        page.locator(".file-name").click()
    assert saved.value.suggested_filename == "Plan für März.html"
    page.locator(".files").get_by_role("button", name="Delete").click()
    expect(page.locator(".file-name")).to_have_count(0)


@pytest.mark.feature("C088", "I109")
def test_without_scripts(visit, cast):
    window = visit("ann", scripts=False, size=NARROW)
    window.go(PATH.format(cast.ina))
    window.page.locator("#note-new > summary").click()
    window.field("New note").fill("Written without scripts")
    window.button("Add note").click()
    expect(window.page.locator(".note-words dd")).to_have_text("Written without scripts")
    window.page.locator(".note-body").get_by_role("button", name="Mark as important").click()
    expect(window.page.locator(".note-mark")).to_be_visible()
    window.page.locator(".note-body").get_by_role("button", name="Delete").click()
    expect(window.page.locator(".note-words dd")).to_have_count(0)


def test_the_history_is_well_made_in_all_colours_and_widths(page_of_ina, cast):
    window, page = page_of_ina, page_of_ina.page
    write(window, "Never on Fridays. " * 12)
    page.get_by_role("button", name="Mark as important").click()
    expect(page.locator(".note-mark")).to_be_visible()
    page.locator("#file-new > summary").click()
    page.locator("#file-chosen").set_input_files({"name": "x" * 90 + ".pdf", "mimeType": "", "buffer": b"%PDF-1.7"})
    window.button("Attach").click()
    expect(page.locator(".file-name")).to_be_visible()
    page.locator("#note-new > summary").click()
    page.locator("#file-new > summary").click()
    assert look(window, "history") == []
    if folder := os.environ.get("PICTURES"):
        for width, scheme in ((1280, "light"), (1280, "dark"), (360, "light")):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            page.locator("#history").screenshot(
                path=f"{folder}/history-{width}-{scheme}.png", caret="initial", animations="allow"
            )
