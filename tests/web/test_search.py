"""The search over everything: what is found, why, what can be done from it; and the lines of the palette."""

import pytest

from app.companies.models import Company
from app.contacts.models import Contact
from app.records.actor import SYSTEM
from app.records.write import create, update
from tenants import db
from tests import world as worlds

from .screens import screen

FRAGMENT = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def desk(shared_world):
    return shared_world.staff("ann")


def lines(client, typed: str = ""):
    """The palette's lines, as their words with where they lead."""
    found = screen(client.get("/search", query_string={"q": typed}, headers=FRAGMENT)).one(id="found")
    return [
        (said(one.one(cls="found-name")), one.get("href") or one.get("formaction"))
        for one in found.all(role="option")
        if one.all(cls="found-name")
    ]


def said(element) -> str:
    """What somebody reads, with nothing between a marked part and its neighbours."""
    parts = "".join(part if isinstance(part, str) else said(part) for part in element.inside)
    return " ".join(parts.split())


def marked(element) -> list[str]:
    return [one.text for one in element.all("mark")]


@pytest.mark.feature("C017", "L106")
@pytest.mark.parametrize(
    "typed",
    [
        *("+49 171 2345678", "0171 234 56 78", "(0171) 2345678", "017123456"),
        *("zoe.dangelo@solar", "solar.example", "z.angelo@private", "private.example", "@private.example"),
        *("K-4711", "4711", "zoe_77", "d'angelo zoe", "Sunworks", "sunworks zoe"),
    ],
)
def test_a_person_is_found_by_anything_known_of_them(zoe, typed):
    world, ids = zoe
    assert f"/contacts/{ids['zoe']}" in dict(map(reversed, lines(world.staff("ann"), typed)))


@pytest.fixture(scope="module")
def zoe(app, cluster, template):
    """A world with somebody who is known in many ways."""
    keys, cast, _roles = template
    name = cluster.clone()
    world = worlds.World(app, cluster, name, cast, dict(keys))
    with worlds.using(app, cluster.url(name)):
        with world.inside():
            more = {"domains": ["sunworks.example"], "phone": "+49 (0)431 / 990-1234"}
            company = create(Company, {"name": "Sunworks", **more}, actor=SYSTEM)
            person = {"first_name": "Zoë", "last_name": "d'Angelo", "user_name": "zoe_77"}
            person |= {"email": "zoe.dangelo@solar.example", "customer_id": "K-4711", "mobile": "+49 171 2345678"}
            person |= {"company": company, "addresses": ["z.angelo@private.example"]}
            ids = {"company": company, "zoe": create(Contact, person, actor=SYSTEM)}
        yield world, ids
    cluster.drop(name)


@pytest.mark.feature("L106", "L108")
@pytest.mark.parametrize(
    ("typed", "why", "mark"),
    [
        ("0171 2345678", "Mobile", "171 2345678"),
        ("private.example", "Further e-mail addresses", "private.example"),
        ("k-4711", "Customer ID", "K-4711"),
        ("zoe_77", "User name", "zoe_77"),
    ],
)
def test_it_says_why_somebody_was_found_when_the_name_does_not(zoe, typed, why, mark):
    world, _ids = zoe
    page = screen(world.staff("ann").get("/search", query_string={"q": typed}))
    line = page.one("section", aria_labelledby="group-contact").one("li")
    reason = line.one(cls="found-why")
    assert reason.text.startswith(f"{why}:") and marked(reason) == [mark]


@pytest.mark.feature("L108", "L110")
def test_a_name_opens_the_record_an_address_starts_a_mail_and_a_number_is_dialled(desk, cast):
    page = screen(desk.get("/search?q=ina"))
    line = page.one("section", aria_labelledby="group-contact").one("li")
    name, mail, phone = line.all("a")
    assert (name["href"], said(name), marked(name)) == (f"/contacts/{cast.ina}", "Ina Berg", ["Ina"])
    assert (mail["href"], said(mail)) == ("mailto:ina@acme.example", "ina@acme.example")
    assert (phone["href"], phone.text) == ("tel:+4930901820", "+49 30 901820")
    assert "Acme" in line.text and line.all(cls="found-why") == []


def test_what_was_typed_is_marked_in_any_writing(zoe):
    world, _ids = zoe
    page = screen(world.staff("ann").get("/search", query_string={"q": "SUN zoe"}))
    line = page.one("section", aria_labelledby="group-contact").one("li")
    assert marked(line) == ["Zoë", "Sun", "zoe"]


@pytest.mark.feature("B023")
def test_pages_and_actions_are_found_by_their_names(desk):
    assert ("New contact", "/contacts/new") in lines(desk, "> cont")
    assert ("Theme: dark", "/profile/theme") in lines(desk, "theme")
    assert ("Language: Deutsch", "/profile/language") in lines(desk, ">language deu")
    assert lines(desk, "new contact")[0] == ("New contact", "/contacts/new")
    assert lines(desk, "> ina berg") == []
    every = {url for _text, url in lines(desk, ">")}
    assert {"/", "/companies", "/imports/new", "/jobs", "/profile"} <= every


@pytest.mark.feature("B023")
@pytest.mark.threat("T-013")
def test_nobody_is_led_to_a_page_that_is_not_theirs(shared_world):
    ann, adam = shared_world.staff("ann"), shared_world.staff("adam")
    for client, sees in ((ann, False), (adam, True)):
        urls = [url for _text, url in lines(client, ">")]
        assert ("/admin/tokens" in urls) is sees and any(url.startswith("/admin") for url in urls) is sees
        for url in urls:
            if not url.startswith("/profile/"):
                assert client.get(url).status_code == 200, url


@pytest.mark.feature("B023", "L106")
def test_a_number_and_one_kind_of_record(desk, cast, shared_world):
    with shared_world.inside():
        number = db.session.get(Company, cast.acme).number
    assert lines(desk, f"#{number}")[0][1] == f"/companies/{cast.acme}"
    assert f"/contacts/{cast.ina}" in [url for _text, url in lines(desk, f"#{cast.ina}")]
    assert lines(desk, "#999999999999999999") == [] == lines(desk, "#0")
    assert {url.split("/")[1] for _text, url in lines(desk, "contact: acme")} == {"contacts"}
    assert {url.split("/")[1] for _text, url in lines(desk, "company:acme")} == {"companies"}
    assert {url.split("/")[1] for _text, url in lines(desk, "contract:care")} == {"contracts"}
    assert lines(desk, "contact:") == []


@pytest.mark.feature("B023")
def test_with_nothing_typed_it_offers_what_was_opened_last(shared_world, cast):
    ann = shared_world.staff("ann")
    assert lines(ann)[0][1] == "/contacts/new"
    for path in (f"/contacts/{cast.otto}", f"/companies/{cast.acme}", f"/contracts/{cast.acme_subscription}"):
        ann.get(path)
    ann.get(f"/contacts/{cast.otto}")
    opened = [f"/contacts/{cast.otto}", f"/contracts/{cast.acme_subscription}", f"/companies/{cast.acme}"]
    assert [url for _text, url in lines(ann)][:3] == opened
    here = FRAGMENT | {"HX-Current-URL": f"http://{ann.host}/contacts/{cast.otto}?list=%2Fcontacts"}
    page = screen(ann.get("/search?q=", headers=here))
    assert page.all(role="option")[0]["href"] == f"/contracts/{cast.acme_subscription}"
    assert lines(shared_world.staff("ann"))[0][1] == "/contacts/new"


def test_a_record_that_is_gone_is_not_offered(world, cast):
    ann = world.staff("ann")
    ann.get(f"/contacts/{cast.nora}")
    world.sql(f"UPDATE {world.schema()}.contact SET withdrawn_at = now() WHERE id = %s", cast.nora)
    assert lines(ann)[0][1] == "/contacts/new"


def test_who_is_named_so_comes_before_who_only_belongs_there(world, cast):
    with world.inside():
        update(db.session.get(Company, cast.nordlys), {"name": "Inamo"}, actor=SYSTEM)
    first, *others = lines(world.staff("ann"), "nils")
    assert first[1] == f"/contacts/{cast.nils}"
    assert f"/contracts/{cast.nordlys_support_hours}" not in [url for _text, url in others]


@pytest.mark.threat("T-069")
@pytest.mark.parametrize("typed", ["%", "_", "#", "#x", ":", ">", "> >", "company:", "\\", "#" * 99, "a" * 5000, "\0"])
def test_whatever_is_typed_is_answered(desk, typed):
    assert desk.get("/search", query_string={"q": typed}).status_code == 200
    lines(desk, typed)


def test_it_takes_few_statements(world, cast, statements):
    ann = world.staff("ann")
    counts = []
    for typed in ("acme", "030 901820", ">theme", f"#{cast.ina}", ""):
        lines(ann, typed)
        with statements() as sent:
            lines(ann, typed)
        counts.append(len(sent))
    assert counts == [5, 5, 2, 5, 2] and max(counts) <= 8, counts


@pytest.mark.feature("C017")
def test_while_typing_a_list_shows_its_first_rows_and_the_next_page_the_rest(world, statements):
    with world.inside():
        for n in range(60):
            person = {"first_name": f"P{n:02}", "last_name": "Many", "user_name": f"m{n}"}
            create(Contact, person | {"email": f"m{n}@x.example"}, actor=SYSTEM)
    ann = world.staff("ann")
    ann.get("/contacts?q=many", headers=FRAGMENT)
    with statements() as sent:
        typed = screen(ann.get("/contacts?q=many", headers=FRAGMENT))
    assert len(sent) == 3
    rows = [one["id"] for one in typed.all("tr") if "data-row" in one.attributes]
    assert len(rows) == 12 and "first 12 that match" in typed.one(cls="list-note").text
    following = typed.one("a", rel="next")["href"]
    further = screen(ann.get(following, headers=FRAGMENT))
    assert not {one["id"] for one in further.all("tr") if "data-row" in one.attributes} & set(rows)
    whole = screen(ann.get("/contacts?q=many"))
    assert len([one for one in whole.all("tr") if "data-row" in one.attributes]) == 50
    sized = screen(ann.get("/contacts?q=many&size=100", headers=FRAGMENT))
    assert len([one for one in sized.all("tr") if "data-row" in one.attributes]) == 60


@pytest.mark.feature("C018")
def test_an_empty_search_and_the_link_to_the_list_show_everything_again(desk, cast):
    for path in ("/companies?q=", "/companies"):
        rows = [one["id"] for one in screen(desk.get(path)).all("tr") if "data-row" in one.attributes]
        assert {f"company-{one}" for one in (cast.acme, cast.xacme, cast.nordlys)} <= set(rows)
    page = screen(desk.get("/companies?q=acme&kind.is=managed"))
    links = [one["href"] for one in page.one("nav", id="nav").all("a")]
    assert "/companies" in links


@pytest.mark.feature("B023")
def test_theme_and_language_are_commands(world, cast):
    ann = world.staff("ann")
    answer = ann.post_form("/profile/language", {"locale": "de", "next": "/contacts?q=a"})
    assert answer.status_code == 303 and answer.headers["Location"] == "/contacts?q=a"
    assert screen(ann.get("/companies")).one("html")["lang"] == "de"
    ann.post_form("/profile/language", {"locale": "xx", "next": "//elsewhere.example"})
    assert screen(ann.get("/companies")).one("html")["lang"] == "en"
