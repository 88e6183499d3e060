"""axe over every page there is, in light and dark, wide and narrow; and over what opens on them. None may be at fault.

In each width a page is looked at by all rules once, and in the other colours by the rules about colours. The default
run takes a sample of them.
"""

from io import BytesIO

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import expect

from app.contacts.models import Contact
from app.records import write
from app.records.actor import Actor
from tenants import db
from tenants.jobs import Job
from tests.contacts.test_pictures import picture

from .addresses import pages
from .window import NARROW, WIDE, Window

LOOKS = (("light", WIDE), ("dark", WIDE), ("dark", NARROW), ("light", NARROW))
ALL_RULES = LOOKS[::2]
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],
    "iframes": False,
    "preload": False,
}
# Colours have transitions, however short, and a transition of the parent starts one of the child.
SETTLED = """async () => { for (let quiet = 0, frames = 0; quiet < 3 && frames < 60; frames++) {
    await new Promise(requestAnimationFrame);
    quiet = document.getAnimations().length ? 0 : quiet + 1;
} }"""
COLOURS = frozenset({"color-contrast", "link-in-text-block"})
# What lies over something while it is open: the small targets beneath are not meant to be hit meanwhile.
COVERED = "because it is partially obscured"


def faults(window: Window, where: str, only: frozenset[str] = frozenset()) -> list[str]:
    """What axe finds on the page as it is, by all rules or only by some."""
    if not window.page.evaluate("'axe' in window"):
        window.page.evaluate(AXE_SCRIPT)
    rules = RULES | ({"runOnly": {"type": "rule", "values": sorted(only)}} if only else {})
    found = window.page.evaluate("rules => axe.run(rules).then(result => result.violations)", rules)
    return [
        f"{where}: {one['id']} {node['target'][0]}: {' '.join(node['failureSummary'].split()[:40])}"
        for one in found
        for node in one["nodes"][:4]
        if COVERED not in node["failureSummary"]
    ]


def look(window: Window, where: str, looks=ALL_RULES) -> list[str]:
    """The page that is open, in these looks; at 360 pixels it must not scroll sideways either."""
    found = []
    for scheme, size in looks:
        window.page.set_viewport_size({"width": size[0], "height": size[1]})
        window.page.emulate_media(color_scheme=scheme)
        window.page.evaluate(SETTLED)
        rules = frozenset() if (scheme, size) in ALL_RULES else COLOURS
        found += faults(window, f"{where} ({scheme}, {size[0]})", rules)
        if size == NARROW:
            found += too_wide(window, where)
    return found


def too_wide(window: Window, where: str) -> list[str]:
    """What makes the page scroll sideways."""
    return window.page.evaluate(
        """where => {
            const page = document.documentElement;
            if (page.scrollWidth <= page.clientWidth) return [];
            const wide = [...document.querySelectorAll("body *")].filter(el => {
                if (el.getBoundingClientRect().right <= page.clientWidth + 1 || !el.checkVisibility()) return false;
                for (let up = el.parentElement; up; up = up.parentElement)
                    if (["auto", "scroll", "hidden", "clip"].includes(getComputedStyle(up).overflowX)) return false;
                return true;
            });
            return [`${where}: ${page.scrollWidth} pixels wide because of ` + wide.slice(0, 3).map(
                el => el.tagName + "." + el.className).join(", ")];
        }""",
        where,
    )


@pytest.fixture
def busy(world, cast, run_jobs):
    """Something for every page to show: history, jobs in every state, a custom field."""
    with world.inside("harbor"):
        ina, ann = db.session.get(Contact, cast.ina), Actor("Ann Tanner", cast.accounts["ann"])
        write.update(ina, {"job_title": "Head of IT", "notes": None, "city": "Kiel"}, actor=ann)
        for account in (cast.accounts["ann"], cast.accounts["adam"]):
            for state, error in (
                ("done", ""),
                ("failed", "The file ended in the middle."),
                ("running", ""),
                ("cancelled", ""),
            ):
                job = Job(kind="tests.none", label="Import of people.csv", account_id=account, state=state, error=error)
                job.done, job.total, job.link = 4, 9, "/contacts"
                db.session.add(job)
    adam = world.staff("adam")
    adam.post_form(f"/contacts/{cast.dora}/erasure", {"name": str(cast.dora), "reason": "Asked for it"})
    adam.post_form(f"/contacts/{cast.ina}/picture", {"file": (BytesIO(picture()), "ina.png")})
    adam.post_form(f"/contacts/{cast.ina}/notes", {"text": "Prefers calls."})
    adam.post_form(f"/contacts/{cast.ina}/files", {"file": (BytesIO(b"%PDF-1.7"), "plan.pdf")})
    adam.post_form("/admin/fields/contact", {"kind": "text", "label": "Shoe size", "nonce": "one"})
    adam.post_form("/groups", {"name": "Board", "kind": "workgroup", "active": "1", "shown": "1"})
    for record in (f"/contacts/{world.cast.ina}", f"/companies/{world.cast.acme}"):
        adam.post_form(f"{record}/groups", {"group_id_text": "Board"})
    form = adam.post_form("/admin/forms", {"name": "Access", "about": "both"}).headers["Location"]
    gate, badges = (
        {"kind": "yes_no", "label": "Gate"},
        {"kind": "choices", "label": "Badges", "choices": "Guest\nStaff"},
    )
    code = {"kind": "text", "label": "Code", "required": "1", "show_field": "gate", "show_verb": "is_not"}
    for question in (gate, badges, code | {"show_value": "yes", "section": "Getting in"}):
        adam.post_form(f"{form}/questions", question | {"portal": "view"})
    adam.post_form(f"{form}/versions")
    for record in (f"/contacts/{cast.ina}", f"/companies/{cast.acme}"):
        adam.post_form(f"{record}/forms", {"form_id": form.rpartition("/")[2]})
    adam.post_form(f"{form}/questions", {"kind": "date", "label": "Since", "portal": "none"})
    adam.post_form("/exports/contacts")
    adam.post_form("/bulk/contacts", {"id": str(cast.ina), "verb": "edit"})
    adam.post_form("/views/contacts", {"name": "In Kiel", "query": "city.is=Kiel"})
    adam.post_form(f"/contacts/{cast.nora}/deletion", {"reason": "Asked for it"})
    sheet = b"First Name,Last Name,Email Address,Shoe\nAda,Lovelace,ada@acme.example,38\nNo,Body,no address,40\n"
    begun = adam.post_form("/imports", {"file": (BytesIO(sheet), "people.csv")}).headers["Location"].split("/")[2]
    run_jobs(failing=True)
    adam.post_form(f"/imports/{begun}/plan")
    run_jobs(failing=True)


def makeup(window: Window, where: str) -> list[str]:
    """What a page lacks that every page has: a language, a title of its own, one heading of the first level."""
    has = window.page.evaluate(
        """() => ({lang: document.documentElement.lang, title: document.title.split(" · ")[0].trim(),
            headings: [...document.querySelectorAll("h1")].map(el => el.textContent.trim())})"""
    )
    fine = has["lang"] and has["title"] and len(has["headings"]) == 1 and has["headings"][0]
    return [] if fine else [f"{where}: {has}"]


# The desk has so many pages that they are looked at in parts, by as many browsers as there are.
PARTS = 6


@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.thorough, id="whole")])
@pytest.mark.parametrize(
    ("surface", "person", "least", "part", "parts"),
    [
        *(("staff", "adam", 30, part, PARTS) for part in range(PARTS)),
        ("admin", "adam", 5, 0, 1),
        ("portal", "ina", 5, 0, 1),
    ],
)
def test_every_page(app, world, visit, busy, surface, person, least, part, parts, whole):
    client = world.portal(person) if surface == "portal" else world.staff(person)
    window = visit(person, "portal" if surface == "portal" else "staff")
    addresses, without = pages(app, world, client, surface)
    found = []
    for place, address in enumerate(addresses[part::parts]):
        assert window.go(address).ok, address
        # In the default run one page is looked at wide and light, and the next narrow and dark.
        found += makeup(window, address) + look(window, address, LOOKS if whole else [ALL_RULES[place % 2]])
    assert not found, "\n".join(found)
    assert len(addresses) >= least
    assert without == [], "No address was found for these: tell tests/browser/addresses.py what stands in their places."


def test_pages_of_nobody_and_pages_of_errors(visit, world, cast):
    window = visit(None)
    window.allow(400, 403, 404, 405, 422, 500)
    found = []
    for address in ("/sign-in", "/portal/sign-in", "/nowhere"):
        window.go(address)
        found += look(window, address, LOOKS)
    window.go("/sign-in")
    window.field("E-mail or user name").fill("ann@desk.example")
    window.field("Password").fill("wrong")
    window.press("Enter")
    expect(window.page.locator("[aria-invalid]").first).to_be_visible()
    found += look(window, "/sign-in, refused")
    ann = visit("ann")
    ann.allow(403, 404, 405, 422, 500)
    for address, status in (("/admin/", 403), ("/contacts/99999", 404), ("/sign-out", 405)):
        assert ann.go(address).status == status
        found += look(ann, address)
    world.sql(f"ALTER TABLE {world.schema()}.contact RENAME TO contact_away")
    assert ann.go("/contacts").status == 500
    found += look(ann, "500")
    world.sql(f"ALTER TABLE {world.schema()}.contact_away RENAME TO contact")
    assert not found, "\n".join(found)


def test_what_opens_on_a_list(visit, cast, busy):
    window = visit("ann")
    window.allow(422)
    found = []
    window.go("/contacts?city.contains=e")
    for name in ("Filter", "Columns"):
        window.page.locator("summary", has_text=name).click()
        expect(window.page.locator("details[open] form.menu-panel")).to_be_visible()
        found += look(window, name)
        window.press("Escape")
    window.page.set_viewport_size({"width": 1280, "height": 800})
    window.page.locator("#jobs summary").click()
    expect(window.page.locator(".jobs-panel .job").first).to_be_visible()
    found += look(window, "jobs panel")
    window.press("Escape")
    window.page.get_by_label("Your menu: Ann Tanner").click()
    found += look(window, "own menu")
    window.press("Escape", "?")
    found += look(window, "keys")
    window.press("Escape")
    window.open(f"contact-{cast.ina}-job_title")
    found += look(window, "editor in a row")
    window.type("x")
    window.press("Enter")
    expect(window.page.locator("[data-toast]")).to_be_visible()
    found += look(window, "message")
    window.page.locator("input[name=last_name]:visible").first.fill("Lovelace")
    window.button("Add").click()
    expect(window.page.locator("[aria-invalid]").first).to_be_visible()
    found += look(window, "add row with faults")
    window.go("/contacts?q=nobody")
    found += look(window, "nothing found")
    window.go("/contracts?starts_on.after=soonish")
    found += look(window, "a filter that makes no sense")
    window.page.set_viewport_size({"width": 360, "height": 740})
    window.go("/contacts")
    window.button("Menu").click()
    found += look(window, "menu")
    assert not found, "\n".join(found)


def test_what_opens_on_a_record(visit, world, cast, busy):
    window = visit("ann")
    window.allow(409, 422)
    found = []
    window.go(f"/contacts/{cast.ina}")
    for name in ("notes", "country", "active", "email"):
        window.open(f"contact-{cast.ina}-{name}")
        found += look(window, f"editor of {name}")
        if name != "email":
            window.press("Escape")
            expect(window.page.locator("form[data-cell]")).to_have_count(0)
    window.type("no address")
    window.press("Enter")
    expect(window.page.locator("[aria-invalid]")).to_be_visible()
    found += look(window, "422")
    window.press("Escape")
    expect(window.page.locator("form[data-cell]")).to_have_count(0)
    cell = window.cell(f"contact-{cast.ina}-line_manager_id")
    cell.locator("[data-edit]").click()
    expect(window.page.locator(".ts-dropdown:visible [data-selectable]").first).to_be_visible()
    found += look(window, "combobox")
    window.press("Escape")
    expect(window.page.locator("form[data-cell]")).to_have_count(0)
    window.open(f"contact-{cast.ina}-job_title")
    with world.inside("harbor"):
        write.update(db.session.get(Contact, cast.ina), {"job_title": "Hers"}, actor=Actor("Sue Palmer", None))
    window.type("Mine")
    window.press("Enter")
    expect(window.page.locator("[data-conflict]")).to_be_visible()
    found += look(window, "409")
    window.go("/contacts/new")
    window.button("Add contact").click()
    expect(window.page.locator("[aria-invalid]").first).to_be_visible()
    found += look(window, "form with faults")
    assert not found, "\n".join(found)
