"""Changing many records at once: ticked in a list, looked at before and after, written as one operation, undone."""

import pytest
from sqlalchemy import func, select

from app.companies.models import Company
from app.contacts.models import Contact
from app.contracts.models import Contract
from app.records.actor import SYSTEM
from app.records.models import Change, Operation
from app.records.write import Create, Withdraw, apply, begin, update
from tenants import db
from tests.pages import visible_text

from .screens import ids, screen


@pytest.fixture
def ann(world):
    return world.staff("ann")


def choose(browser, noun: str, *numbers: int, verb: str = "edit", **more) -> str:
    """Tick these rows and press a button; returns the address of what follows."""
    answer = browser.post_form(f"/bulk/{noun}", {"id": list(map(str, numbers)), "verb": verb, **more})
    assert answer.status_code == 303, visible_text(answer)
    return answer.headers["Location"]


def say(browser, where: str, field: str, value=None, action: str = "set", status: int = 303):
    sent = {"field": field, "action": action} | ({} if value is None else {"value": value})
    answer = browser.post_form(f"{where}/change", sent)
    assert answer.status_code == status, visible_text(answer)
    return answer


def numbers(page) -> list[str]:
    return [one.text for one in page.all("ul", cls="confirm-items")[0].all("li")]


def cities(world) -> dict[int, str]:
    with world.inside():
        return dict(db.session.execute(select(Contact.id, Contact.city)).all())


@pytest.mark.feature("B001", "B021")
def test_a_field_of_many_is_looked_at_changed_at_once_and_undone(world, ann, cast):
    with world.inside():
        update(db.session.get(Contact, cast.ben), {"city": "Kiel"}, actor=SYSTEM)
    before = cities(world)
    where = choose(ann, "contacts", cast.ina, cast.otto, cast.ben, back="/contacts?sort=-email")
    assert "3 records are selected" in screen(ann.get(where)).text
    assert screen(ann.get(f"{where}?field=city")).one("input", id="bulk-value")
    say(ann, where, "city", "Kiel")
    assert cities(world) == before
    page = screen(ann.get(where))
    assert numbers(page) == ["2 records will change", "1 is so already"]
    shown = {row.one("a").text: [one.text for one in row.all("td")] for row in page.one("tbody").all("tr")}
    assert shown["Ina Berg"] == ["Berlin", "Kiel", "–"]
    assert shown["Ben Ruiz"] == ["Kiel", "Kiel", "has this value already"]
    assert page.one("button", cls="btn-primary").text == "Change 2 records"
    answer = ann.post_form(f"{where}/application", {"reason": "They moved"})
    assert answer.headers["Location"] == where
    page = screen(ann.get(where))
    assert numbers(page) == ["2 records were changed", "1 was so already"]
    assert page.one("a", cls="btn-primary")["href"] == "/contacts?sort=-email"
    assert [cities(world)[one] for one in (cast.ina, cast.otto, cast.ben)] == ["Kiel"] * 3
    with world.inside():
        operation = db.session.scalars(select(Operation).order_by(Operation.id.desc())).first()
        assert (operation.kind, operation.reason, operation.title) == ("bulk", "They moved", "City of 3 records")
        assert db.session.scalar(select(func.count()).where(Change.operation_id == operation.id)) == 2
        undo = f"/operations/{operation.id}/undo"
    # Pressing the button twice writes once.
    assert ann.post_form(f"{where}/application").status_code == 409
    assert ann.post_form(page.one("form", action=undo)["action"]).status_code == 303
    assert cities(world) == before


@pytest.mark.feature("B001")
def test_what_somebody_changed_after_the_look_is_left_alone_and_named(world, ann, cast):
    where = choose(ann, "contacts", cast.ina, cast.otto)
    say(ann, where, "city", "Kiel")
    with world.inside():
        update(db.session.get(Contact, cast.otto), {"city": "Jena"}, actor=SYSTEM)
    changed = "1 is left alone: somebody changed it after you chose it"
    assert numbers(screen(ann.get(where))) == ["1 record will change", changed]
    ann.post_form(f"{where}/application")
    page = screen(ann.get(where))
    assert "1 record was left alone" in page.text and page.one("a", href=f"/contacts/{cast.otto}").text == "Otto Lind"
    assert cities(world)[cast.otto] == "Jena" and cities(world)[cast.ina] == "Kiel"


@pytest.mark.feature("B021")
def test_all_that_match_are_changed_on_whatever_page_they_stand(world, ann, cast):
    with world.inside():
        person = {"first_name": "P", "last_name": "Crowd", "email": "p@x.example", "company": cast.nordlys}
        made = [Create(Contact, person | {"first_name": f"P{n}", "user_name": f"p{n}"}) for n in range(30)]
        apply(begin(SYSTEM, "import"), made)
    page = screen(ann.get("/contacts?size=10&last_name.is=Crowd"))
    bar = page.one("form", id="contacts-pick")
    assert "All that match (30)" in bar.text
    where = choose(ann, "contacts", all="1", back=bar.value("back"))
    assert "30 records are selected" in screen(ann.get(where)).text
    say(ann, where, "job_title", action="clear")
    say(ann, where, "time_zone", "Europe/Oslo")
    ann.post_form(f"{where}/application")
    with world.inside():
        oslo = select(func.count()).where(Contact.time_zone == "Europe/Oslo")
        assert db.session.scalar(oslo) == 30
    # Of a company's own list only its people, of a search what it finds.
    assert "6 records" not in screen(ann.get(choose(ann, "contacts", all="1", back="/contacts?q=ina"))).text
    of_acme = choose(ann, "contacts", all="1", back=f"/companies/{cast.acme}/contacts")
    assert "4 records are selected" in screen(ann.get(of_acme)).text
    # An address that is no list of ours selects nothing.
    assert choose(ann, "contacts", all="1", back="/companies") == "/companies"
    assert choose(ann, "contacts", 999, back="//evil.example") == "/contacts"


@pytest.mark.feature("B021")
def test_what_is_ticked_and_gone_or_elsewhere_or_too_much_is_left_out_and_said(world, ann, cast):
    with world.inside():
        apply(begin(SYSTEM, "withdraw"), [Withdraw(Contact, cast.ben)])
    where = choose(ann, "contacts", cast.ina, cast.ben, 999_999, cast.ina, back="/contacts")
    page = screen(ann.get(where))
    assert "1 record is selected: Ina Berg" in page.text
    assert "2 ticked rows are not there any more." in page.text
    assert choose(ann, "contacts", cast.ben, back="/contacts") == "/contacts"
    assert "Nothing is selected" in screen(ann.get("/contacts")).text
    assert choose(ann, "contacts", *range(1, 5002), back="/contacts?sort=email") == "/contacts?sort=email"
    assert "At most 5,000 rows can be ticked" in screen(ann.get("/contacts")).text


@pytest.mark.feature("B001", "B021")
def test_more_than_some_hundred_are_changed_by_a_worker(world, ann, run_jobs):
    with world.inside():
        made = apply(begin(SYSTEM, "import"), [Create(Company, {"name": f"Firm {n:04}"}) for n in range(520)]).ids
    where = choose(ann, "companies", all="1", back="/companies?name.starts=Firm")
    say(ann, where, "country", "NO")
    answer = ann.post_form(f"{where}/application", {"reason": "All of them"})
    assert answer.headers["Location"].startswith("/jobs/")
    assert "Not finished yet" in screen(ann.get(where)).text
    assert run_jobs() == ["done"]
    assert numbers(screen(ann.get(where))) == ["520 records were changed"]
    with world.inside():
        norway = select(func.count()).where(Company.country == "NO", Company.id.in_(made))
        assert db.session.scalar(norway) == 520


@pytest.mark.feature("B021")
def test_lists_of_values_are_added_to_and_taken_from(world, ann, cast):
    where = choose(ann, "contacts", cast.ina, cast.otto)
    form = screen(ann.get(f"{where}?field=addresses"))
    assert [one.text for one in form.all("label") if one.all("input", name="action")] == [
        "Add",
        "Remove",
        "Replace by",
        "Clear",
    ]
    say(ann, where, "addresses", "desk@acme.example", "add")
    ann.post_form(f"{where}/application")
    assert "desk@acme.example, otto.lind@acme.example" in visible_text(ann.get(f"/contacts/{cast.otto}"))
    where = choose(ann, "contacts", cast.ina, cast.otto)
    say(ann, where, "addresses", "otto.lind@acme.example", "remove")
    assert numbers(screen(ann.get(where))) == ["1 record will change", "1 is so already"]
    ann.post_form(f"{where}/application")
    assert "otto.lind" not in visible_text(ann.get(f"/contacts/{cast.otto}")).split("History")[0]


@pytest.mark.feature("B021")
def test_a_field_that_stands_in_other_rows_is_changed_too(world, ann, cast):
    where = choose(ann, "contacts", cast.ina, cast.otto)
    say(ann, where, "company", str(cast.nordlys))
    page = screen(ann.get(where))
    assert "Acme" in page.one("tbody").text and "Nordlys" in page.one("tbody").text
    ann.post_form(f"{where}/application")
    with world.inside():
        assert db.session.get(Contact, cast.ina).company_ids == [cast.nordlys]


def test_departments_are_offered_where_all_are_of_one_company(world, ann, cast):
    def offered(*people: int) -> set[str]:
        page = screen(ann.get(choose(ann, "contacts", *people)))
        return {one["value"] for one in page.one("select", id="bulk-field").all("option")}

    assert "department" in offered(cast.ina, cast.otto)
    assert "department" not in offered(cast.ina, cast.nils)
    # What is each one's own is never offered.
    assert not offered(cast.ina, cast.otto) & {"user_name", "id", "version"}


@pytest.mark.feature("B021")
def test_a_rule_of_the_noun_refuses_those_it_concerns_and_says_why(world, ann, cast):
    with world.inside():
        update(db.session.get(Contract, cast.acme_subscription), {"ends_on": None}, actor=SYSTEM)
    where = choose(ann, "contracts", cast.acme_subscription, cast.acme_support_hours)
    say(ann, where, "starts_on", "2030-01-01")
    assert numbers(screen(ann.get(where))) == [
        "1 record will change",
        "1 is left alone: The end date lies before the start date.",
    ]
    ann.post_form(f"{where}/application")
    assert "1 record was left alone" in screen(ann.get(where)).text


def test_a_new_country_brings_each_one_its_time_zone(world, ann, cast):
    with world.inside():
        update(db.session.get(Contact, cast.ina), {"time_zone": "Europe/Berlin", "state": "Bayern"}, actor=SYSTEM)
        update(db.session.get(Contact, cast.otto), {"time_zone": "Asia/Tokyo"}, actor=SYSTEM)
    where = choose(ann, "contacts", cast.ina, cast.otto)
    say(ann, where, "country", "NO")
    ann.post_form(f"{where}/application")
    with world.inside():
        ina, otto = db.session.get(Contact, cast.ina), db.session.get(Contact, cast.otto)
        assert (ina.country, ina.time_zone, ina.state) == ("NO", "Europe/Oslo", None)
        assert (otto.country, otto.time_zone) == ("NO", "Asia/Tokyo")


@pytest.mark.parametrize(
    ("field", "value", "action", "said"),
    [
        ("email", "no address", "set", "e-mail address"),
        ("first_name", "", "set", "may not be empty"),
        ("first_name", "", "clear", "Choose what shall be done"),
        ("city", "x", "explode", "Choose what shall be done"),
    ],
)
def test_what_is_typed_wrongly_is_said_and_stays(world, ann, cast, field, value, action, said):
    where = choose(ann, "contacts", cast.ina)
    page = screen(say(ann, where, field, value, action, status=422), 422)
    assert said in page.text and page.one("input", id="bulk-value")["value"] == value


def test_what_a_noun_does_not_know_is_not_there(world, ann, cast):
    for path, verb in (("companies", "deactivate"), ("contacts", "explode"), ("staff", "edit"), ("1", "edit")):
        assert ann.post_form(f"/bulk/{path}", {"id": str(cast.acme), "verb": verb}).status_code == 404


def test_a_field_that_is_not_offered_is_not_there(world, ann, cast):
    where = choose(ann, "contacts", cast.ina)
    for name in ("user_name", "version", "nothing", "department_id"):
        say(ann, where, name, "x", status=404)


@pytest.mark.feature("C074", "C075", "T008")
@pytest.mark.threat("T-024")
def test_many_are_deactivated_and_out_at_once(world, ann, cast):
    ina = world.portal("ina")
    where = choose(ann, "contacts", cast.ina, cast.otto, cast.dora, verb="deactivate")
    page = screen(ann.get(where))
    assert numbers(page) == ["2 records will change", "1 is so already"]
    assert page.one("button", cls="btn-danger").text == "Deactivate 2 contacts"
    ann.post_form(f"{where}/application", {"reason": "Left"})
    assert ina.get("/portal/").status_code == 302
    assert set(ids(screen(ann.get("/contacts?status=inactive")))) == {cast.ina, cast.otto, cast.dora}
    where = choose(ann, "contacts", cast.ina, verb="activate")
    ann.post_form(f"{where}/application")
    assert ina.get("/portal/").status_code == 302 and world.portal("ina").get("/portal/").status_code == 200


@pytest.mark.feature("C102", "C103", "L113")
def test_many_are_deleted_but_for_those_that_are_in_use_and_come_back(world, ann, cast):
    with world.inside():
        bare = apply(begin(SYSTEM, "import"), [Create(Company, {"name": f"Bare {n}"}) for n in range(2)]).ids
    where = choose(ann, "companies", *bare, cast.acme, verb="delete")
    page = screen(ann.get(where))
    assert numbers(page)[0] == "2 records will change" and "managed company" in numbers(page)[1]
    ann.post_form(f"{where}/application", {"reason": "Never used"})
    assert "1 record was left alone" in screen(ann.get(where)).text
    deleted = screen(ann.get("/companies?status=deleted"))
    assert set(ids(deleted)) == set(bare) and "Never used" in deleted.text
    assert [one["value"] for one in deleted.one("form", id="companies-pick").all("button", name="verb")] == ["restore"]
    where = choose(ann, "companies", *bare, verb="restore")
    ann.post_form(f"{where}/application")
    assert set(bare) <= set(ids(screen(ann.get("/companies"))))


@pytest.mark.threat("T-013")
def test_what_somebody_else_chose_is_not_there(world, ann, cast):
    where = choose(ann, "contacts", cast.ina)
    sue = world.staff("sue")
    assert sue.get(where).status_code == 404
    assert sue.post_form(f"{where}/change", {"field": "city", "action": "set", "value": "X"}).status_code == 404
    assert sue.post_form(f"{where}/application").status_code == 404
    assert world.portal("ina").post_form("/bulk/contacts", {"id": str(cast.ina)}).status_code in (302, 401)


def test_looking_takes_as_many_statements_whatever_was_chosen(world, ann, cast, statements):
    counts = []
    with world.inside():
        made = apply(begin(SYSTEM, "import"), [Create(Company, {"name": f"Firm {n:03}"}) for n in range(60)]).ids
    for chosen in (made[:2], made):
        where = choose(ann, "companies", *chosen)
        say(ann, where, "account_manager_id", str(cast.sue))
        with statements() as sent:
            ann.get(where)
        counts.append(len(sent))
        with statements() as sent:
            ann.post_form(f"{where}/application")
        counts.append(len(sent))
    assert counts[0] == counts[2] <= 8 and counts[1] == counts[3] <= 14, counts


@pytest.mark.feature("B001", "B021")
def test_a_part_of_a_text_is_replaced_in_many_and_taken_back(world, ann, cast):
    with world.inside():
        before = dict(db.session.execute(select(Contact.id, Contact.email)).all())
    where = choose(ann, "contacts", cast.ina, cast.otto, cast.nora)
    sent = {"field": "email", "action": "replace", "find": "@acme.example", "by": "@acme.test"}
    assert ann.post_form(f"{where}/change", sent).status_code == 303
    page = screen(ann.get(where))
    assert numbers(page) == ["2 records will change", "1 is so already"]
    assert "ina@acme.test" in page.text and "nora@nordlys.example" in page.text
    ann.post_form(f"{where}/application", {"reason": "New domain"})
    with world.inside():
        after = dict(db.session.execute(select(Contact.id, Contact.email)).all())
        operation = db.session.scalar(select(func.max(Operation.id)))
    changed = {one for one in after if after[one] != before[one]}
    assert changed == {cast.ina, cast.otto} and after[cast.otto] == "otto@acme.test"
    ann.post_form(f"/operations/{operation}/undo")
    with world.inside():
        assert dict(db.session.execute(select(Contact.id, Contact.email)).all()) == before


def test_what_cannot_stand_there_is_left_alone_and_named(world, ann, cast):
    where = choose(ann, "contacts", cast.ina, cast.nora)
    ann.post_form(f"{where}/change", {"field": "email", "action": "replace", "find": "acme.example", "by": "no host"})
    page = screen(ann.get(where))
    assert "1 record will change" not in page.text and "1 is so already" in page.text
    ann.post_form(f"{where}/application")
    with world.inside():
        assert db.session.get(Contact, cast.ina).email == "ina@acme.example"


@pytest.mark.parametrize(
    ("find", "by", "said"),
    [
        ("", "x", "Say which text shall be replaced."),
        ("x" * 1001, "", "At most 1,000"),
        ("a\0", "b", "cannot be stored"),
    ],
)
def test_what_is_to_be_replaced_must_be_said(ann, cast, find, by, said):
    where = choose(ann, "contacts", cast.ina)
    answer = ann.post_form(f"{where}/change", {"field": "job_title", "action": "replace", "find": find, "by": by})
    assert answer.status_code == 422 and said in visible_text(answer)
    if "\0" not in find:
        assert f'name="find" value="{find}"' in answer.text


def test_fields_that_hold_no_free_text_offer_no_replacing(ann, cast):
    where = choose(ann, "contacts", cast.ina)
    assert 'value="replace"' in ann.get(f"{where}?field=job_title").text
    for name in ("country", "active", "phone"):
        page = ann.get(f"{where}?field={name}").text
        assert 'name="action"' in page and 'value="replace"' not in page
        sent = {"field": name, "action": "replace", "find": "a", "by": "b"}
        assert ann.post_form(f"{where}/change", sent).status_code == 422
