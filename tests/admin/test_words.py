"""What an organization calls companies and contacts."""

import pytest

from app.wording import worded
from tests.pages import normal, visible_text

HERE = "/admin/words"
CLIENTS = {"company_label_en": "Client", "company_help_en": "Clients"}
KUNDEN = {"company_label_de": "Kunde", "company_help_de": "Kunden"}
PARTNER = {"contact_label_de": "Partner", "contact_help_de": "Partner"}


def test_one_organization_has_its_words_and_the_other_the_usual_ones(world):
    """They are kept in one process for all organizations, so that they are asked in turn."""
    harbor, summit = world.staff(), world.staff(slug="summit")
    assert "Companies" in visible_text(harbor.get("/companies"))
    assert "Companies" in visible_text(summit.get("/companies"))
    world.staff("adam").post_form(HERE, CLIENTS)
    for _turn in range(2):
        page = visible_text(harbor.get("/companies"))
        assert "Clients" in page and "Companies" not in page and "New client" in page
        page = visible_text(summit.get("/companies"))
        assert "Companies" in page and "lient" not in page


def test_they_stand_on_the_desk_in_the_portal_and_for_programs(world, cast):
    adam, ann = world.staff("adam"), world.staff()
    sentence = "No contacts yet."
    users = {"contact_label_en": "End user", "contact_help_en": "End users"}
    assert adam.post_form(HERE, CLIENTS | users).status_code == 303
    page = visible_text(ann.get("/contacts"))
    assert "End users" in page and "Similar end user" in visible_text(ann.get(f"/contacts/{cast.ina}"))
    assert 'data-label="Client"' in ann.get("/contacts").text
    assert sentence not in page and "looks after your client" in visible_text(world.portal().get("/portal/"))
    assert "Client" in ann.get("/columns?back=/contacts").text
    assert "Primary client" in normal(ann.get(f"/contacts/{cast.ina}"))


def test_they_are_taken_back_in_one_step(world):
    adam = world.staff("adam")
    adam.post_form(HERE, CLIENTS)
    page = adam.get(HERE)
    assert 'value="Clients"' in page.text and "Words for companies and contacts changed" in normal(page)
    newest = world.sql(f"SELECT max(id) AS id FROM {world.schema()}.operation")[0]["id"]
    adam.post_form(f"/operations/{newest}/undo")
    assert "Companies" in visible_text(adam.get("/companies"))
    adam.post_form(HERE, CLIENTS)
    assert "Clients" in visible_text(adam.get("/companies"))
    adam.post_form(HERE, {})
    assert "Companies" in visible_text(adam.get("/companies"))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"company_label_en": "Client"}, "Both are needed, the singular and the plural, or neither."),
        ({"company_label_en": "<b>", "company_help_en": "x"}, "A word has letters"),
        ({"company_label_en": "%(name)s", "company_help_en": "x"}, "A word has letters"),
        ({"company_label_en": "{}", "company_help_en": "{0}"}, "A word has letters"),
        ({"company_label_en": '"', "company_help_en": "'"}, "A word has letters"),
        ({"company_label_en": "x" * 41, "company_help_en": "x"}, "40"),
        ({"company_label_en": "Contact", "company_help_en": "Contacts"}, "different words"),
        ({"company_label_en": "A\u0000b", "company_help_en": "x"}, ""),
    ],
)
def test_a_word_that_cannot_stand_in_a_text_is_refused_and_stays_typed(world, typed, said):
    adam = world.staff("adam")
    before = world.checksum()
    answer = adam.post_form(HERE, typed)
    assert answer.status_code == 422 and said in normal(answer)
    if said == "different words":
        assert answer.text.count('value="Contact"') == 1
    assert world.checksum() == before


def test_who_may_not_set_fields_may_not_set_words(world):
    assert world.staff().get(HERE).status_code == 403
    assert world.staff().post_form(HERE, CLIENTS).status_code == 403


ENGLISH = (("Company", "Account"), ("Companies", "Accounts"), ("Contact", "MSP user"), ("Contacts", "MSP users"))
GERMAN = (("Firma", "Kunde"), ("Firmen", "Kunden"), ("Kontakt", "Partner"), ("Kontakte", "Partner"))


@pytest.mark.parametrize(
    ("locale", "text", "reads"),
    [
        ("en", "New company", "New account"),
        ("en", "Add a company", "Add an account"),
        ("en", "A company less", "An account less"),
        ("en", "the company’s groups", "the account’s groups"),
        ("en", "Companies and contacts", "Accounts and MSP users"),
        ("en", "at %(company)s", "at %(company)s"),
        ("en", "%(num)d contacts of a company", "%(num)d MSP users of an account"),
        ("en", "accompany", "accompany"),
        ("de", "Firma anlegen", "Kunde anlegen"),
        ("de", "Felder der Firmen", "Felder der Kunden"),
        ("de", "Gruppen der Firma", "Gruppen der Firma"),
        ("de", "Eine Firma weniger", "Eine Firma weniger"),
        ("de", "Dasselbe für Kontakte", "Dasselbe für Partner"),
        ("de", "%(num)d Firmen entfernen", "%(num)d Kunden entfernen"),
        ("de", "Hauptfirma", "Hauptfirma"),
        ("de", "mit Kontakten und mit Firmen", "mit Kontakten und mit Kunden"),
        ("de", "in den Firmen", "in den Kunden"),
    ],
)
def test_a_text_takes_the_words_where_its_grammar_lets_it(locale, text, reads):
    assert worded(text, locale, ENGLISH if locale == "en" else GERMAN) == reads


def test_german_menus_and_buttons_have_them(world):
    world.staff("adam").post_form(HERE, KUNDEN | PARTNER)
    ann = world.staff()
    world.sql(f"UPDATE {world.schema()}.account SET locale = 'de'")
    page = normal(ann.get("/companies"))
    assert "Kunden" in page and "Kunde anlegen" in page and "Partner anlegen" in page
    assert "Kontakte" not in page and "Firma anlegen" not in page
