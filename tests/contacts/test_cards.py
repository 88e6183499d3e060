"""Business cards: whatever stands in a contact, the card is one that address books read, and says just that."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contacts.cards import Card, Place, escaped, folded
from app.contacts.models import Contact
from app.records.actor import SYSTEM
from app.records.write import update
from tenants import db
from tests.web.screens import screen


def lines(text: str) -> list[str]:
    """The content lines of a card, unfolded as the standard says."""
    assert text.endswith("\r\n") and "\n" not in text.replace("\r\n", "")
    return re.sub("\r\n[ \t]", "", text).removesuffix("\r\n").split("\r\n")


def parts(value: str) -> list[str]:
    """A structured value, taken apart and freed of its escapes."""
    found = re.split(r"(?<!\\)((?:\\\\)*);", value + ";")
    joined = [found[n] + found[n + 1] for n in range(0, len(found) - 1, 2)]
    return [re.sub(r"\\(.)", lambda one: {"n": "\n"}.get(one[1], one[1]), part) for part in joined]


@pytest.fixture
def card(world, cast):
    with world.inside():
        ina = db.session.get(Contact, cast.ina)
        more = {
            "title": "Dr",
            "mobile": "0171 2345678",
            "fax": "+49 30 901821",
            "pager": "77",
            "address1": "Kai 1; Hof",
        }
        more |= {
            "postcode": "10115",
            "language": "de",
            "time_zone": "Europe/Berlin",
            "addresses": ["berg@home.example"],
        }
        update(ina, more, actor=SYSTEM)
    return world.staff("ann").get(f"/contacts/{cast.ina}/card.vcf")


@pytest.mark.feature("L070")
def test_a_card_says_what_the_desk_knows_and_address_books_ask_for(card):
    assert card.mimetype == "text/vcard"
    assert card.headers["Content-Disposition"] == 'attachment; filename="ina-berg.vcf"'
    found = lines(card.text)
    assert found[:3] == ["BEGIN:VCARD", "VERSION:4.0", "KIND:individual"] and found[-1] == "END:VCARD"
    assert found[3].startswith("UID:urn:uuid:")
    assert [one for one in found[4:-1] if not one.startswith("REV:")] == [
        "FN:Ina Berg",
        "N:Berg;Ina;;Dr;",
        "ORG:Acme;Purchasing",
        "TITLE:Buyer",
        "EMAIL;TYPE=work;PREF=1:ina@acme.example",
        "EMAIL;TYPE=work:berg@home.example",
        'TEL;TYPE="work,voice";VALUE=uri:tel:+49-30-901820',
        "TEL;TYPE=cell;VALUE=uri:tel:+49-171-2345678",
        'TEL;TYPE="work,fax";VALUE=uri:tel:+49-30-901821',
        "TEL;TYPE=pager:77",
        "ADR;TYPE=work:;;Kai 1\\; Hof;Berlin;;10115;Germany",
        "LANG:de",
        "TZ:Europe/Berlin",
        "URL:https://acme.example",
    ]
    assert re.fullmatch(r"REV:\d{8}T\d{6}Z", found[-2])


@pytest.mark.feature("L070")
@pytest.mark.threat("T-021")
def test_what_the_desk_keeps_to_itself_is_not_on_the_card(card):
    assert "What the desk knows" not in card.text and "user_name" not in card.text


def test_it_is_the_same_card_each_time(shared_world, cast):
    ann = shared_world.staff("ann")
    uids = {lines(ann.get(f"/contacts/{one}/card.vcf").text)[3] for one in (cast.ina, cast.ina, cast.otto)}
    assert len(uids) == 2


def test_somebody_of_no_company_with_hardly_anything_has_a_card():
    found = lines(Card("urn:x", {"first_name": "", "last_name": "", "email": "a@b.example"}).text())
    assert found == [
        *("BEGIN:VCARD", "VERSION:4.0", "KIND:individual", "UID:urn:x", "FN:a@b.example", "N:;;;;"),
        *("EMAIL;TYPE=work;PREF=1:a@b.example", "END:VCARD"),
    ]


HOSTILE = st.text(st.characters(codec="utf-8") | st.sampled_from("\\;,:\r\n\t\x00\x7f\u2028\x85ß😀"), max_size=90)


@pytest.mark.threat("T-114")
@given(first=HOSTILE, last=HOSTILE, company=HOSTILE, job=HOSTILE)
def test_nothing_that_is_typed_becomes_a_line_of_its_own(first, last, company, job):
    values = {"first_name": first, "last_name": last, "job_title": job, "email": "a@b.example"}
    text = Card("urn:x", values, Place(company, "D")).text()
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    found = lines(text)
    names = [re.split("[:;]", line)[0] for line in found]
    kept = [*("BEGIN", "VERSION", "KIND", "UID", "FN", "N"), *(["ORG"] if company else []), *(["TITLE"] if job else [])]
    assert names == [*kept, "EMAIL", "END"]
    name = parts(found[5].partition(":")[2])
    plain = [
        re.sub("[\x00-\x09\x0b-\x1f\x7f]", "", one.replace("\r\n", "\n").replace("\r", "\n")) for one in (last, first)
    ]
    assert name[:2] == plain and len(name) == 5


def test_long_lines_are_folded_between_signs():
    line = "FN:" + "ß" * 100
    cut = list(folded([line]))
    assert len(cut) == 3 and all(len(one.encode()) <= 75 for one in cut)
    assert cut[0] + "".join(one[1:] for one in cut[1:]) == line
    assert escaped("a,b;c\\d\r\ne") == "a\\,b\\;c\\\\d\\ne"


@pytest.mark.feature("L070")
def test_the_page_of_the_card_holds_its_picture(shared_world, cast):
    page = screen(shared_world.staff("ann").get(f"/contacts/{cast.ina}/card"))
    picture = page.one("svg", cls="qr")
    size = int(picture["viewbox"].split()[2])
    assert picture["aria-label"] == "QR code: business card of Ina Berg"
    # The corners by which readers find it: the first row of each starts with seven dark fields.
    dark = {tuple(map(int, one)) for one in re.findall(r"M(\d+) (\d+)h1", picture.one("path")["d"])}
    for x, y in ((4, 4), (size - 11, 4), (4, size - 11)):
        assert {(x + n, y) for n in range(7)} <= dark and (x + 1, y + 1) not in dark
    assert page.one("main").all("a", href=f"/contacts/{cast.ina}/card.vcf")


def test_however_much_there_is_to_say_there_is_a_picture():
    values = {"first_name": "😀" * 64, "last_name": "\\" * 64, "title": "ß" * 128, "job_title": "😀" * 128}
    values |= {"email": "a" * 50 + "@b.example", "phone": "+49 30 901820"}
    huge = Card("urn:x", values, Place("😀" * 64, "😀" * 64, "https://" + "x" * 480 + ".example"))
    assert huge.picture().size > 40
    with_all = Card("urn:x", {"first_name": "Ina", "last_name": "Berg", "email": "i@b.example"}).picture()
    assert with_all.size < huge.picture().size


@pytest.mark.feature("I009")
def test_a_map_is_a_link_and_nothing_is_fetched_from_there(world, cast):
    ann = world.staff("ann")
    page = screen(ann.get(f"/contacts/{cast.ina}"))
    link = next(one for one in page.all("a") if one.text.startswith("Map"))
    assert link["href"] == "https://www.openstreetmap.org/search?query=Berlin%2C%20Germany"
    assert "noreferrer" in link["rel"] and link["target"] == "_blank"
    sources = [one.get("src") or one.get("href") for one in page.all("script") + page.all("link") + page.all("img")]
    assert [one for one in sources if "//" in one] == []
    with world.inside():
        update(db.session.get(Contact, cast.ina), {"city": None}, actor=SYSTEM)
    assert [one for one in screen(ann.get(f"/contacts/{cast.ina}")).all("a") if one.text.startswith("Map")] == []


@pytest.mark.feature("I179")
def test_a_similar_contact_begins_with_what_colleagues_have_in_common(world, cast):
    ann = world.staff("ann")
    form = screen(ann.get(f"/contacts/new?like={cast.otto}")).one("form", id="form").values()
    assert form["city"] == ["Berlin"] and form["country"] == ["DE"] and form["first_name"] == form["email"] == [""]
    assert form["phone"] == [""] and form["user_name"] == [""]
    page = screen(ann.get(f"/contacts/new?like={cast.otto}")).one("form", id="form")
    chosen = {one["data-name"]: one["data-value"] for one in page.all("input") if one.get("data-name")}
    assert (chosen["company"], chosen["department"]) == (str(cast.acme), str(cast.acme_support))
    assert chosen["line_manager_id"] == str(cast.ina)
    assert ann.get("/contacts/new?like=999999").status_code == 404
    assert ann.get("/contacts/new?like=x").status_code == 200


@pytest.mark.feature("I180", "W008")
def test_everything_new_is_in_one_menu(shared_world):
    menu = screen(shared_world.staff("ann").get("/jobs")).one("details", id="new")
    assert menu.one("summary")["data-key"] == "n"
    assert [(one.text, one["href"]) for one in menu.all("a")] == [
        ("New contact", "/contacts/new"),
        ("New company", "/companies/new"),
        ("New contract", "/contracts/new"),
        ("New group", "/groups/new"),
        ("Import a file", "/imports/new"),
    ]
