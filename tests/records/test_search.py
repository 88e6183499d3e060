"""Search as you type: what people remember of a record finds it, however they write it; signs mean themselves."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.companies import queries as companies
from app.companies.models import Company
from app.contacts import queries as contacts
from app.contacts.models import Contact
from app.contracts import queries as contracts
from app.contracts.models import Contract
from app.records import search
from app.records.actor import SYSTEM
from app.records.search import find
from app.records.write import Create, Withdraw, apply, begin, create
from tenants import db
from tests import world as worlds

COMPANIES = {
    "Müller & Söhne": {
        "address": "Hafenstraße 12\n24103 Kiel",
        "phone": "+49 (0)431 / 990-1234",
        "website": "https://mueller-kiel.example",
        "email": "info@mueller-kiel.example",
        "domains": ["mueller.example", "ms-kiel.example"],
    },
    "100% Solar_Plus": {"address": "Sonnenweg 5", "phone": "0431 77 66 55", "website": "https://solar.example/a_b"},
    "1000 Solar Plus": {"phone": "0045 12 34 56 78"},
    "Back\\slash GmbH": {"address": "C:\\Straße"},
    'O\'Brien "Quote" Ltd': {"email": "o'brien@quote.example"},
}


@pytest.fixture(scope="module")
def desk(app, cluster, template):
    """A world of this module with companies that are hard to find."""
    for world in worlds.fresh(app, cluster, template):
        with world.inside():
            ids = {name: create(Company, {"name": name, **more}, actor=SYSTEM) for name, more in COMPANIES.items()}
            person = {"first_name": "Zoë", "last_name": "d'Angelo", "user_name": "zoe_77"}
            more = {"email": "zoe.d@solar.example"}
            more |= {"customer_id": "K-4711", "mobile": "+49 171 2345678", "company": ids["100% Solar_Plus"]}
            ids["Zoë"] = create(Contact, person | more, actor=SYSTEM)
        yield world, ids


LISTS = {Company: companies.LIST, Contact: contacts.LIST, Contract: contracts.LIST}


def found(model, typed: str, most: int = search.MOST) -> list[int]:
    base = select(model).where(model.withdrawn_at.is_(None))
    return find(LISTS[model].search, model, base, typed, most)[0]


def names(typed: str) -> set[str]:
    """The companies that are found."""
    ids = found(Company, typed)
    return set(db.session.scalars(select(Company.name).where(Company.id.in_(ids))))


MULLER = "Müller & Söhne"


@pytest.mark.feature("C017")
@pytest.mark.parametrize(
    "typed",
    [
        *("Müller", "muller", "MÜL", "mü", "söhne", "Sohne", "müller söhne", "söhne  müller"),
        *("hafenstr", "Hafenstraße 12", "strasse 12", "24103", "kiel müller"),
        *("mueller-kiel.example", "https://mueller", "info@mueller", "mueller.example", "ms-kiel"),
        *("0431 9901234", "+49 431 9901234", "+49 (0)431/990-1234", "0049431990", "990 12 34", "9901234", "(0431) 990"),
    ],
)
def test_a_company_is_found_by_name_address_phone_website_mail_and_domain(desk, typed):
    world, _ids = desk
    with world.inside():
        assert MULLER in names(typed)


@pytest.mark.feature("C017")
def test_a_phone_number_that_is_kept_without_its_country_is_found_with_it(desk):
    world, _ids = desk
    with world.inside():
        assert names("+49 431 776655") == names("0431776655") == names("77-66-55") == {"100% Solar_Plus"}
        assert names("+45 12345678") == {"1000 Solar Plus"}
        assert names("+49 999 999999") == set()


@pytest.mark.feature("C008")
def test_a_company_is_found_by_its_number(desk):
    world, ids = desk
    with world.inside():
        number = db.session.get(Company, ids[MULLER]).number
        assert names(str(number)) == {MULLER}


def test_a_person_is_found_by_name_login_mail_number_phone_and_company(desk):
    world, ids = desk
    with world.inside():
        for typed in ("zoe", "Zoë", "d'angelo", "angelo", "zoe_77", "zoe.d@", "solar.example", "K-4711", "4711"):
            assert ids["Zoë"] in found(Contact, typed), typed
        for typed in ("0171 2345678", "+49 171 234 56 78", "100% Sol", "100% solar zoe", "zoe angelo", "angelo zoe"):
            assert ids["Zoë"] in found(Contact, typed), typed
        assert found(Contact, "zoe berg") == []


def test_the_people_of_a_company_are_found_by_its_whole_name_however_many_they_are(world, cast):
    with world.inside():
        company = create(Company, {"name": "Big Blue Corp"}, actor=SYSTEM)
        person = {"last_name": "Doe", "email": "doe@elsewhere.example", "company": company}
        people = [Create(Contact, person | {"first_name": f"N{n}x", "user_name": f"n{n}"}) for n in range(230)]
        ids = apply(begin(SYSTEM, "import"), people).ids
        assert set(found(Contact, "big blue c")) <= set(ids) and len(found(Contact, "big blue c")) == search.MOST
        assert found(Contact, "big n228x") == [ids[228]] and found(Contact, "big ina") == []


def test_a_contract_is_found_by_its_description(desk):
    world, _ids = desk
    with world.inside():
        assert found(Contract, "care acme sup") and found(Contract, "support_hours")
        assert found(Contract, "care") != found(Contract, "xacme")


@pytest.mark.threat("T-069")
def test_signs_of_patterns_mean_themselves(desk):
    world, _ids = desk
    with world.inside():
        assert names("100%") == {"100% Solar_Plus"}
        assert names("solar_") == {"100% Solar_Plus"}
        assert names("%") == names("_") == names("*") == set()
        assert names("100% solar") == {"100% Solar_Plus"}
        assert names("a_b") == {"100% Solar_Plus"}
        assert names("back\\") == names("\\slash") == names("c:\\str") == {"Back\\slash GmbH"}
        assert names("\\%") == names("\\_") == names("\\") - {"Back\\slash GmbH"} == set()
        assert names("o'b") == names('"quote"') == {'O\'Brien "Quote" Ltd'}


def test_nothing_typed_finds_nothing(desk):
    world, _ids = desk
    with world.inside():
        for typed in ("", " ", "\0", "\u200b", "\x01 \x02", "\ud800"):
            assert find(companies.LIST.search, Company, select(Company), typed) == ([], False)


def test_what_begins_so_comes_first_and_each_once(world):
    with world.inside():
        for name in ("Sternwald", "Wald", "Waldau", "Am Wald", "Waldemar Stern"):
            create(Company, {"name": name}, actor=SYSTEM)
        ids = found(Company, "wald")
        order = dict(db.session.execute(select(Company.id, Company.name).where(Company.id.in_(ids))).all())
        assert [order[one] for one in ids][:3] == ["Wald", "Waldau", "Waldemar Stern"]
        assert sorted(order[one] for one in ids[3:]) == ["Am Wald", "Sternwald"] and len(set(ids)) == len(ids)


def test_withdrawn_records_and_removed_domains_are_not_found(world, cast):
    with world.inside():
        made = create(Company, {"name": "Gone", "domains": ["gone-away.example"]}, actor=SYSTEM)
        assert found(Company, "gone-away") == [made]
        apply(begin(SYSTEM, "withdraw"), [Withdraw(Company, made)])
        assert found(Company, "gone-away") == [] == found(Company, "gone")


def test_more_than_most_are_capped_and_said(world, statements):
    with world.inside():
        person = {"first_name": "Same", "last_name": "Name", "email": "same@x.example"}
        many = [Create(Contact, person | {"first_name": f"Same{n}", "user_name": f"s{n}"}) for n in range(230)]
        apply(begin(SYSTEM, "import"), many)
        base = select(Contact).where(Contact.withdrawn_at.is_(None))
        with statements() as sent:
            ids, more = find(contacts.LIST.search, Contact, base, "name")
        assert (len(ids), more, len(sent)) == (search.MOST, True, 1)
        few, more = find(contacts.LIST.search, Contact, base, "same1", most=8)
        assert (len(few), more) == (8, True)
        one, more = find(contacts.LIST.search, Contact, base, "same117")
        assert (len(one), more) == (1, False)


@pytest.mark.threat("T-069")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(typed=st.text(st.characters() | st.sampled_from("%_\\'\"*?+-@.0123456789"), max_size=12))
def test_whatever_is_typed_is_only_text(desk, typed):
    world, _ids = desk
    with world.inside():
        for model in LISTS:
            ids = found(model, typed)
            assert len(ids) == len(set(ids)) <= search.MOST
