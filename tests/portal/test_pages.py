"""What people find in the portal, in their words."""

from datetime import date, timedelta

import pytest

from app.contacts.models import Contact
from app.contracts.models import Contract
from app.records.actor import SYSTEM
from app.records.write import create, update
from tenants import db
from tests.pages import normal


def test_home_says_what_can_be_done_here(shared_world):
    ina, otto = (normal(shared_world.portal(person).get("/portal/")) for person in ("ina", "otto"))
    assert "Hello Ina Berg" in ina and "Harbor IT looks after your company" in ina and "Acme" in ina
    for address in ("/portal/people", "/portal/contracts"):
        assert f'href="{address}"' in ina and f'href="{address}"' not in otto
    assert 'href="/portal/me"' in otto and "Acme" in otto


def test_somebody_of_two_companies_sees_both(shared_world, cast):
    browser = shared_world.portal("ben")
    home = normal(browser.get("/portal/"))
    assert "looks after your companies" in home and "Acme" in home and "Xacme" in home
    everybody = normal(browser.get("/portal/people"))
    for name in ("Ina Berg", "Otto Lind", "Xena Holm", "Ben Ruiz"):
        assert name in everybody
    assert "Nils" not in everybody and "Dora" not in everybody
    one = normal(browser.get(f"/portal/people?company={cast.xacme}"))
    assert "Xena Holm" in one and "Ben Ruiz" in one and "Ina Berg" not in one
    contracts = normal(browser.get("/portal/contracts"))
    assert "Care acme support_hours" in contracts and "Care xacme fixed_fee" in contracts
    assert "nordlys" not in contracts


def test_a_person_has_a_page_with_what_is_opened(shared_world, cast):
    browser = shared_world.portal("ina")
    page = normal(browser.get(f"/portal/people/{cast.otto}"))
    assert "Otto Lind" in page and "+49 30 901820" in page and "mailto:otto@acme.example" in page
    assert "/edit" not in page and "What the desk knows" not in page
    assert browser.get(f"/portal/people/{cast.ina}").headers["Location"] == "/portal/me"


def test_people_are_found_by_name_and_address_as_they_are_typed(world, inside, cast):
    with inside():
        for n in range(60):
            values = {
                "first_name": "Zoë",
                "last_name": f"Weiß{n:02}",
                "user_name": f"zoe{n}",
                "email": f"z{n}@acme.example",
            }
            create(Contact, values | {"company": cast.acme}, actor=SYSTEM)
    browser = world.portal("ina")
    first = normal(browser.get("/portal/people"))
    assert "More people" in first and "Weiß10" in first and "Weiß59" not in first
    found = normal(browser.fragment("/portal/people?q=weiss 07"))
    assert found.lstrip().startswith('<section id="people"') and "Weiß07" in found and "Weiß08" not in found
    assert "Otto Lind" in normal(browser.get("/portal/people?q=otto@ac"))
    assert "Nobody was found for “nobody”" in normal(browser.get("/portal/people?q=nobody"))
    address = first.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    second = normal(browser.get(address))
    assert "Weiß59" in second and "Previous" in second


def test_pages_cost_the_same_however_many_there_are(world, inside, cast, statements):
    browser = world.portal("ben")

    def count(path: str) -> int:
        with statements() as sent:
            assert browser.get(path).status_code == 200
        return len(sent)

    paths = ("/portal/people", "/portal/people?q=in", "/portal/contracts", "/portal/me")
    for path in paths:
        count(path)
    before = [count(path) for path in paths]
    with inside():
        for n in range(30):
            person = {"first_name": "Ada", "last_name": f"N{n}", "user_name": f"ada{n}", "email": f"a{n}@acme.example"}
            create(Contact, person | {"company": cast.acme}, actor=SYSTEM)
            values = {"description": f"Care {n}", "company_id": cast.acme, "customer_contact_id": cast.ina}
            create(Contract, values | {"support_contact_id": cast.ann, "kind": "subscription"}, actor=SYSTEM)
    after = [count(path) for path in paths]
    # A search that finds enough by the beginning of a name does not look for parts of it.
    assert [new <= old for new, old in zip(after, before, strict=True)] == [True] * len(paths)
    assert max(after) < 25


def test_a_contract_in_plain_words(shared_world, cast):
    page = normal(shared_world.portal("ina").get(f"/portal/contracts/{cast.acme_support_hours}"))
    assert "Support hours" in page and "100:00 hours" in page
    assert "From January 1, 2026 until December 31, 2027" in page
    assert "Your contact at Harbor IT" in page and "Ann Tanner" in page and "mailto:ann@desk.example" in page
    assert "PO-4711" in page
    assert "Sue Palmer" not in page and "What the desk knows" not in page and "threshold" not in page.lower()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"starts_on": None}, "Until December 31, 2027"),
        ({"ends_on": None}, "Since January 1, 2026, with no end date"),
        ({"limited": False, "minutes": None}, "No limit of hours"),
        ({"minutes": 75}, "1:15 hours"),
    ],
)
def test_dates_and_hours_are_said_as_people_say_them(world, inside, cast, values, words):
    with inside():
        update(db.session.get(Contract, cast.acme_support_hours), values, actor=SYSTEM)
    assert words in normal(world.portal("ina").get(f"/portal/contracts/{cast.acme_support_hours}"))


def test_a_contract_that_is_over_says_so(world, inside, cast, today: date):
    with inside():
        ended = {"starts_on": None, "ends_on": today - timedelta(days=2)}
        update(db.session.get(Contract, cast.acme_support_hours), ended, actor=SYSTEM)
    browser = world.portal("ina")
    assert "This contract has ended" in normal(browser.get(f"/portal/contracts/{cast.acme_support_hours}"))
    assert "ended" in normal(browser.get("/portal/contracts"))


def test_what_the_organization_closes_is_said_nowhere(world, cast, say):
    for name in ("minutes", "limited", "support_contact_id", "starts_on", "ends_on", "po_number"):
        say("contract", name, portal="")
    browser = world.portal("ina")
    page = normal(browser.get(f"/portal/contracts/{cast.acme_support_hours}"))
    for closed in ("100:00", "Ann Tanner", "2026", "PO-4711"):
        assert closed not in page
    assert "100:00" not in normal(browser.get("/portal/contracts"))


def test_my_company_with_what_is_opened(shared_world, cast):
    page = normal(shared_world.portal("otto").get(f"/portal/companies/{cast.acme}"))
    assert "Acme Street 1" in page and "acme.example" in page and "Sue Palmer" in page
    assert "What the desk knows" not in page and "Managed" not in page


@pytest.mark.feature("C028")
def test_the_organizations_own_words_are_used_here_too(world, cast, say):
    say("contract", "po_number", label="Our order")
    say("contact", "job_title", label="Function", section="At work")
    browser = world.portal("ina")
    assert "Our order" in normal(browser.get(f"/portal/contracts/{cast.acme_support_hours}"))
    page = normal(browser.get("/portal/me"))
    assert "Function" in page and "At work" in page and "Job title" not in page
    # The other organization keeps its own.
    assert "Job title" in normal(world.portal("ina", "summit").get("/portal/me"))
