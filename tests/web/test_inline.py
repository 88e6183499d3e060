"""Editing where a value stands: the same addresses for every field, with scripts and without."""

import json

import pytest

from app.contacts.models import Contact
from app.fields.models import CustomField
from app.fields.settings import settings_changed
from app.people.models import Account, Staff
from app.records.actor import SYSTEM
from app.records.models import Operation
from app.records.write import create, update
from tenants import db

from .inline import beside, contact, opened, save, where
from .screens import screen

# --- the three addresses ----------------------------------------------------------------------------------------------


@pytest.mark.feature("L065")
def test_a_cell_its_form_and_its_saving_are_fragments_for_htmx(world, cast):
    ann = world.staff("ann")
    cell = screen(ann.fragment(where(cast.ina, "notes"))).one("dd", id=f"contact-{cast.ina}-notes")
    edit = cell.one("a", cls="cell-edit")
    assert edit["hx-get"] == edit["href"] == where(cast.ina, "notes") + "/edit"
    assert edit["aria-label"] == "Edit Notes: What the desk knows of Ina."
    form = screen(ann.fragment(edit["href"])).one("dd", id=f"contact-{cast.ina}-notes").one("form")
    assert form["hx-post"] == form["action"] == where(cast.ina, "notes")
    assert form.value("value") == "What the desk knows of Ina." and form.value("v") == "1"
    assert form.one("textarea").get("autofocus") is None and "autofocus" in form.one("textarea").attributes
    cancel = next(one for one in form.all("a") if "data-cancel" in one.attributes)
    assert cancel["hx-get"] == where(cast.ina, "notes")
    answer = ann.fragment(form["action"], method="POST", data={"value": "two\r\nlines", "v": "1"})
    assert "two" in screen(answer).one("dd", id=f"contact-{cast.ina}-notes").text
    assert json.loads(answer.headers["HX-Trigger"]) == {"contact:changed": {"id": cast.ina}}
    assert contact(world, cast.ina).notes == "two\nlines"


@pytest.mark.feature("L065")
def test_without_scripts_they_are_pages_that_lead_back(world, cast):
    ann = world.staff("ann")
    assert ann.get(where(cast.ina, "notes")).headers["Location"] == f"/contacts/{cast.ina}"
    page = screen(ann.get(where(cast.ina, "notes") + "/edit"))
    assert page.one("h1").text == "Notes" and page.all("nav")
    form = page.one("form", cls="cell-form")
    typed = {name: values[0] for name, values in form.values().items()}
    answer = ann.post(form["action"], data=typed | {"value": "Mind the dog"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/contacts/{cast.ina}")
    assert contact(world, cast.ina).notes == "Mind the dog"
    # Where it was opened from is where it leads; never to another site.
    for context, place in (
        ("/contacts?sort=-email", "/contacts?sort=-email"),
        ("//evil.example", f"/contacts/{cast.ina}"),
    ):
        answer = ann.post_form(where(cast.ina, "notes"), {"value": context, "context": context})
        assert answer.headers["Location"] == place


def test_without_scripts_errors_and_conflicts_are_pages_with_what_was_typed(world, cast):
    ann = world.staff("ann")
    page = screen(ann.post_form(where(cast.ina, "email"), {"value": "no address", "v": "1"}), 422)
    assert page.all("h1") and page.one("form", cls="cell-form").value("value") == "no address"
    world.staff("sue").post_form(where(cast.ina, "email"), {"value": "sue@acme.example", "v": "1"})
    page = screen(ann.post_form(where(cast.ina, "email"), {"value": "ann@acme.example", "v": "1"}), 409)
    form = page.one("form", cls="cell-form")
    assert form.value("value") == "ann@acme.example" and "sue@acme.example" in form.text
    assert (
        ann.post_form(where(cast.ina, "email"), {"value": "ann@acme.example", "v": form.value("v")}).status_code == 303
    )
    assert contact(world, cast.ina).email == "ann@acme.example"


def test_a_cell_in_a_row_stays_a_cell_of_a_row(world, cast):
    ann = world.staff("ann")
    page = screen(ann.get("/contacts"))
    edit = page.one("td", id=f"contact-{cast.ina}-phone").all("a")[-1]
    assert edit["href"].endswith("?in=row")
    form = screen(ann.fragment(edit["href"])).one("td", id=f"contact-{cast.ina}-phone").one("form")
    saved = save(ann, form["action"], "030 1", v=form.value("v"))
    assert saved.one("td", id=f"contact-{cast.ina}-phone").text and not saved.all("dd")


def test_what_does_not_exist_or_is_not_edited_here_is_not_found(world, cast):
    ann = world.staff("ann")
    for address in (
        where(cast.ina, "nope"),
        where(cast.ina, "company_ids"),
        where(cast.ina, "search_text"),
        where(cast.ina, "version"),
        where(cast.ina, "custom-nope"),
        where(10**12, "phone"),
        where(cast.acme, "phone"),
        where(cast.acme, "name", "companies"),
        where(cast.acme, "number", "companies"),
        where(cast.acme_subscription, "company_id", "contracts"),
    ):
        assert ann.fragment(f"{address}/edit").status_code == 404, address
        assert ann.fragment(address, method="POST", data={"value": "1"}).status_code == 404, address


# --- saving -----------------------------------------------------------------------------------------------------------


def test_saving_what_is_there_already_writes_nothing(world, cast):
    ann = world.staff("ann")
    with world.inside():
        before = db.session.scalar(db.select(db.func.max(Operation.id)))
    for name, value in (
        ("phone", "+49 30 901820"),
        ("phone", " +49  30 901820 "),
        ("company", str(cast.acme)),
        ("department", str(cast.acme_purchasing)),
        ("country", "Germany"),
        ("active", "1"),
    ):
        answer = save(ann, where(cast.ina, name), value, v="1")
        assert not answer.all(cls="toast-line"), name
    with world.inside():
        assert db.session.scalar(db.select(db.func.max(Operation.id))) == before
    assert contact(world, cast.ina).version == 1


def test_a_refused_edit_leaves_nothing_in_the_journal(world, cast):
    ann = world.staff("ann")
    save(world.staff("sue"), where(cast.ina, "user_name"), "sues", v="1")
    with world.inside():
        before = db.session.scalar(db.select(db.func.max(Operation.id)))
    save(ann, where(cast.ina, "user_name"), "otto", status=422)
    save(ann, where(cast.ina, "user_name"), "other", status=409, v="1")
    save(ann, where(cast.ina, "company"), str(cast.nils), status=422)
    with world.inside():
        assert db.session.scalar(db.select(db.func.count(Operation.id)).where(Operation.id > before)) == 0
    assert contact(world, cast.ina).user_name == "sues"


def test_a_stale_form_is_merged_when_others_changed_other_fields(world, cast):
    ann, sue = world.staff("ann"), world.staff("sue")
    save(sue, where(cast.ina, "phone"), "030 1", v="1")
    save(sue, where(cast.ina, "company"), str(cast.nordlys), v="1")
    save(ann, where(cast.ina, "city"), "Kiel", v="1")
    found = contact(world, cast.ina)
    assert (found.phone, found.city, found.company_ids, found.version) == ("030 1", "Kiel", [cast.nordlys], 4)


@pytest.mark.threat("T-107")
def test_the_same_field_is_a_conflict_with_both_values(world, cast):
    ann, sue = world.staff("ann"), world.staff("sue")
    save(sue, where(cast.ina, "company"), str(cast.nordlys), v="1")
    form = save(ann, where(cast.ina, "company"), str(cast.xacme), status=409, v="1").one("form")
    assert "Sue Palmer changed this to “Nordlys”" in form.text and "data-conflict" in form.attributes
    box = next(one for one in form.all("input") if "data-combobox" in one.attributes)
    assert (box["value"], box["data-value"]) == ("Xacme", str(cast.xacme))
    # Giving in shows theirs; insisting overwrites.
    assert "Nordlys" in screen(ann.fragment(where(cast.ina, "company"))).text
    save(ann, where(cast.ina, "company"), str(cast.xacme), v=form.value("v"))
    assert contact(world, cast.ina).company_ids == [cast.xacme]


@pytest.mark.feature("L021")
def test_a_taken_value_is_said_at_the_cell(world, cast):
    form = save(world.staff("ann"), where(cast.ina, "user_name"), "OTTO", status=422).one("form")
    assert "Another contact has this user name." in form.one("p", cls="field-error").text
    assert form.value("value") == "OTTO"


def test_what_can_no_longer_be_chosen_stays_until_something_else_is(world, cast):
    with world.inside():
        choices = {"choices": [["gold", "Gold"], ["old", "Old plan"]]}
        values = {"of_noun": "contact", "key": "plan", "kind": "choice", "label": "Plan", "options": choices}
        field = create(CustomField, values, actor=SYSTEM)
        settings_changed()
        update(db.session.get(Contact, cast.ina), {"custom-plan": "old"}, actor=SYSTEM)
        update(db.session.get(CustomField, field), {"options": {"choices": [["gold", "Gold"]]}}, actor=SYSTEM)
        settings_changed()
        update(db.session.get(Staff, cast.sue), {"active": False}, actor=SYSTEM)
    ann = world.staff("ann")
    form = screen(ann.fragment(where(cast.ina, "custom-plan") + "/edit")).one("form")
    assert form.value("value") == "old" and [one.text for one in form.all("option")] == ["–", "old", "Gold"]
    save(ann, where(cast.ina, "custom-plan"), "old", v=form.value("v"))
    # Sue has left, and is still the manager until somebody else is.
    address = where(cast.acme_subscription, "support_manager_id", "contracts")
    box = next(one for one in screen(ann.fragment(address + "/edit")).all("input") if "data-combobox" in one.attributes)
    assert (box["value"], box["data-value"]) == ("Sue Palmer", str(cast.sue))
    save(ann, address, str(cast.sue), v="1")
    save(ann, where(cast.acme_subscription, "support_contact_id", "contracts"), str(cast.sue), status=422, v="1")


def test_a_tick_is_taken_away(world, cast):
    ann = world.staff("ann")
    saved = save(ann, where(cast.ina, "active"), v="1")
    assert "No" in saved.one("dd", id=f"contact-{cast.ina}-active").text and contact(world, cast.ina).active is False
    save(ann, where(cast.ina, "active"), "1", v="2")
    assert contact(world, cast.ina).active is True


def test_several_choices_are_ticked_and_stay_ticked_after_an_error(world, cast):
    with world.inside():
        choices = {"choices": [["gold", "Gold"], ["a, b", "A and B"], ["c", "C"]]}
        values = {"of_noun": "contact", "key": "plans", "kind": "choices", "label": "Plans", "options": choices}
        create(CustomField, values, actor=SYSTEM)
        settings_changed()
    ann, address = world.staff("ann"), where(cast.ina, "custom-plans")
    save(ann, address, ["gold", "a, b"], v="1")
    form = screen(ann.fragment(address + "/edit")).one("form")
    assert form.values()["value"] == ["gold", "a, b"]
    wrong = save(ann, address, ["c", "bronze"], status=422, v="2").one("form")
    assert wrong.values()["value"] == ["c"]
    save(ann, address, [], v="2")
    assert contact(world, cast.ina).custom == {}


@pytest.mark.parametrize(
    ("locale", "typed", "shown"),
    [
        ("en", "12/31/2026", "Dec 31, 2026"),
        ("de", "31.12.2026", "31.12.2026"),
        ("de", "2026-12-31", "31.12.2026"),
        ("", "31 December 2026", "Dec 31, 2026"),
    ],
)
def test_dates_are_read_and_shown_in_the_viewers_language(world, cast, locale, typed, shown):
    with world.inside():
        db.session.get(Account, cast.accounts["ann"]).locale = locale
    ann, address = world.staff("ann"), where(cast.acme_subscription, "starts_on", "contracts")
    assert shown in save(ann, address, typed, v="1").one(id=f"contract-{cast.acme_subscription}-starts_on").text
    form = screen(ann.fragment(address + "/edit"))
    assert form.value("value") == "2026-12-31"
    assert save(ann, address, "31/12/26", status=422).one("form").value("value") == "31/12/26"


# --- what follows -----------------------------------------------------------------------------------------------------


@pytest.mark.feature("L044", "L057")
def test_a_country_brings_its_time_zone_beside_it_unless_one_was_chosen(world, cast):
    ann = world.staff("ann")
    saved = save(ann, where(cast.ina, "country"), "AT", v="1")
    assert beside(saved) == {f"contact-{cast.ina}-time_zone": "Europe/Vienna"}
    assert contact(world, cast.ina).time_zone == "Europe/Vienna"
    assert beside(save(ann, where(cast.ina, "country"), "NO", v="2")) == {
        f"contact-{cast.ina}-time_zone": "Europe/Oslo"
    }
    save(ann, where(cast.ina, "time_zone"), "Asia/Tokyo", v="3")
    assert beside(save(ann, where(cast.ina, "country"), "AT", v="4")) == {}
    assert contact(world, cast.ina).time_zone == "Asia/Tokyo"


@pytest.mark.feature("I021", "I023", "L042", "L044")
def test_states_are_those_of_the_country_and_go_with_it(world, cast):
    ann = world.staff("ann")
    options = [one["value"] for one in screen(ann.fragment(where(cast.ina, "state") + "/edit")).all("option")]
    assert "Bayern" in options and "Tirol" not in options
    save(ann, where(cast.ina, "state"), "Bayern", v="1")
    saved = save(ann, where(cast.ina, "country"), "AT", v="2")
    assert beside(saved)[f"contact-{cast.ina}-state"] == "–" and contact(world, cast.ina).state is None
    options = [one["value"] for one in screen(ann.fragment(where(cast.ina, "state") + "/edit")).all("option")]
    assert "Tirol" in options and "Bayern" not in options
    save(ann, where(cast.ina, "state"), "Bayern", status=422, v="3")
    # Without a country, and where none are listed, any text is taken.
    save(ann, where(cast.ina, "country"), "", v="3")
    assert screen(ann.fragment(where(cast.ina, "state") + "/edit")).one("input", name="value").get("type") == "text"
    save(ann, where(cast.ina, "state"), "Anywhere", v="4")
    assert contact(world, cast.ina).state == "Anywhere"


@pytest.mark.feature("B005")
def test_a_new_company_leaves_the_department_and_the_list_shows_only_what_it_has(world, cast):
    ann = world.staff("ann")
    saved = save(ann, where(cast.ina, "company"), str(cast.nordlys), v="1")
    assert beside(saved)[f"contact-{cast.ina}-department"] == "–"
    in_row = save(ann, where(cast.otto, "company") + "?in=row", str(cast.nordlys), v="1")
    assert beside(in_row) == {}
    url = {"HX-Current-URL": "http://harbor.test/contacts?columns=last_name,company,department"}
    in_row = save(ann, where(cast.nils, "company") + "?in=row", str(cast.acme), headers=url)
    assert list(beside(in_row)) == [f"contact-{cast.nils}-department"]


@pytest.mark.threat("T-003")
def test_references_stay_within_the_company(world, cast):
    ann = world.staff("ann")
    for address, stranger in (
        (where(cast.ina, "department"), cast.nordlys_office),
        (where(cast.acme_subscription, "customer_contact_id", "contracts"), cast.xena),
        (where(cast.ina, "company"), 10**12),
        (where(cast.ina, "line_manager_id"), cast.acme),
        (where(cast.acme, "account_manager_id", "companies"), cast.ina),
    ):
        answer = save(ann, address, str(stranger), status=422)
        assert "This cannot be chosen here." in answer.text, address
    # The search of the control is limited in the same way.
    box = screen(ann.fragment(where(cast.ina, "department") + "/edit")).one("input", name="value_text")
    assert box["data-combobox"] == f"/options/department?company={cast.acme}"
    assert [one["text"] for one in ann.get(box["data-combobox"]).get_json()] == ["Purchasing", "Support"]


def test_what_stands_in_the_membership_needs_a_company(world, cast):
    ann = world.staff("ann")
    save(ann, where(cast.ina, "company"), "", v="1")
    for name, value in (("department", str(cast.acme_support)), ("company_primary", "1"), ("department_primary", "1")):
        assert "Choose the company first" in save(ann, where(cast.ina, name), value, status=422).text
    assert contact(world, cast.ina).company_ids == []


# --- Tab --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "then", "neighbour"),
    [
        *(
            ("title", "next", "first_name"),
            ("first_name", "prev", "title"),
            ("title", "prev", "full_name"),
            ("full_name", "prev", None),
        ),
        *(("email", "next", "addresses"), ("time_zone", "next", "language")),
        # The last of a section leads to the first of the next, as they stand on the page.
        *(("notes", "next", "job_title"), ("phone", "prev", "sla_level"), ("title", "elsewhere", None)),
    ],
)
def test_tab_opens_the_neighbour_on_the_page(shared_world, cast, name, then, neighbour):
    page = screen(shared_world.staff("ann").get(f"/contacts/{cast.nora}"))
    cells = [cell["id"] for cell in page.all("dd", cls="cell")]
    value = screen(shared_world.staff("ann").fragment(where(cast.nora, name) + "/edit")).value("value")
    answer = save(shared_world.staff("ann"), where(cast.nora, name), value, _then=then)
    wanted = [f"contact-{cast.nora}-{neighbour}"] if neighbour else []
    assert opened(answer) == wanted
    if wanted and then == "next":
        assert cells.index(wanted[0]) == cells.index(f"contact-{cast.nora}-{name}") + 1


@pytest.mark.parametrize(
    ("url", "name", "then", "neighbour"),
    [
        ("/contacts", "phone", "next", "company"),
        ("/contacts", "company", "next", "job_title"),
        ("/contacts", "job_title", "next", None),
        ("/contacts", "email", "prev", "last_name"),
        ("/companies/{nordlys}/contacts", "phone", "next", "job_title"),
        ("/contacts?columns=city,nope,phone,created_at,email", "phone", "next", "email"),
        ("/contacts?columns=city,phone", "phone", "prev", "city"),
        ("/contacts?columns=city", "phone", "prev", None),
    ],
)
def test_tab_in_a_row_follows_the_columns_that_are_shown(shared_world, cast, url, name, then, neighbour):
    ann, url = shared_world.staff("ann"), url.format(nordlys=cast.nordlys)
    value = screen(ann.fragment(where(cast.nora, name) + "/edit")).all("input", cls="form-control")[0]
    typed = value.get("data-value") if "data-combobox" in value.attributes else value["value"]
    headers = {"HX-Current-URL": f"http://harbor.test{url}"}
    answer = save(ann, where(cast.nora, name) + "?in=row", typed, headers=headers, _then=then)
    assert opened(answer) == ([f"contact-{cast.nora}-{neighbour}"] if neighbour else [])
    shown = [cell["id"] for cell in screen(ann.get(url)).all("td") if cell.get("id")]
    assert all(cell in shown for cell in opened(answer))


def test_tab_skips_what_cannot_be_edited_and_replaces_what_followed(world, cast):
    ann = world.staff("ann")
    url = {"HX-Current-URL": "http://harbor.test/companies?columns=email,number,name,users,phone"}
    answer = save(
        ann, where(cast.acme, "email", "companies") + "?in=row", "office@acme.example", headers=url, _then="next"
    )
    assert opened(answer) == [f"company-{cast.acme}-phone"]
    # The country takes the state along, which is the neighbour: it comes once, as a form.
    save(ann, where(cast.ina, "state"), "Bayern", v="1")
    answer = save(ann, where(cast.ina, "country"), "AT", v="2", _then="next")
    assert (
        opened(answer) == [f"contact-{cast.ina}-state"] and len(answer.all("dd", id=f"contact-{cast.ina}-state")) == 1
    )


def test_an_edit_takes_as_many_statements_however_much_history_there_is(world, cast, statements):
    ann = world.staff("ann")
    save(ann, where(cast.ina, "phone"), "030 0")
    counts = set()
    for n in range(1, 30):
        with statements() as sent:
            save(ann, where(cast.ina, "phone"), f"030 {n}", v=str(n + 1))
        counts.add(len(sent))
    assert len(counts) == 1 and counts.pop() <= 9
