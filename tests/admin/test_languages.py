"""Fields of an organization's own in the language of whoever looks: names, help and choices."""

import pytest

from app.imports.matching import fold
from app.records.actor import Actor
from app.settings import custom, languages
from tests.pages import normal
from tests.web.screens import screen

from .test_custom_fields import sheet

ADAM = Actor("Adam Price", account_id=1003)
HERE = "/admin/fields/contact"
SHIRT = {"kind": "choice", "label": "Shirt", "choices": "S | Small\nL | Large", "portal": "view", "help": "Of work"}
GERMAN = {"label_de": "Hemd", "help_de": "Bei der Arbeit", "choices_de": "S | Klein\nLarge | Groß"}


def speak(client, locale: str) -> None:
    client.post_form("/profile/language", {"locale": locale, "next": "/"})


def said(page) -> dict[str, str]:
    """What stands in the form of a field."""
    return {name: found[0] for name, found in screen(page).values().items()}


@pytest.mark.feature("I169", "C028")
def test_a_field_of_ones_own_is_named_in_the_language_of_who_looks(world, adam, cast):
    assert adam.post_form(HERE, SHIRT | GERMAN).status_code == 303
    ann, german = world.staff("ann"), world.staff("sue")
    speak(german, "de")
    at = f"/contacts/{cast.otto}"
    ann.post_form(f"{at}/fields/custom-shirt", {"value": "L", "v": "1"})
    page = screen(ann.get(at)).text
    assert "Shirt" in page and "Large" in page and "Hemd" not in page
    page = screen(german.get(at)).text
    assert "Hemd" in page and "Groß" in page and "Shirt" not in page and "Large" not in page
    edited = normal(german.fragment(f"{at}/fields/custom-shirt/edit"))
    assert "Klein" in edited and "Bei der Arbeit" in edited
    shown = normal(german.get("/contacts?columns=last_name,custom-shirt&custom-shirt.any_of=L"))
    assert "Hemd" in shown and "Groß" in shown and "Keller" not in shown
    # What is saved and sent is the same in every language.
    assert german.post_form(f"{at}/fields/custom-shirt", {"value": "S"}).status_code == 303
    record = world.api("read").get(f"/api/v1/contacts/{cast.otto}").json
    assert record["custom-shirt"] == "S"
    assert {row["Shirt"] for row in sheet(world, german, "contacts")} >= {"S", ""}


@pytest.mark.feature("I169")
def test_names_in_languages_are_changed_taken_away_and_undone(world, adam, undo):
    adam.post_form(HERE, SHIRT | GERMAN)
    at = f"{HERE}/custom-shirt"
    shown = said(adam.get(at))
    assert shown["label_de"] == "Hemd" and shown["choices_de"] == "S | Klein\nL | Groß" and shown["label_en"] == ""
    assert shown["choices_en"] == "S\nL", "Each choice is there already, to be given a name."
    # A choice that goes takes its names along; a name that is empty is the usual one.
    fewer = SHIRT | GERMAN | {"choices": "S | Small\nM", "label_de": "", "choices_de": "S | Klein\nL | Groß\nM"}
    assert adam.post_form(at, fewer).status_code == 303
    with world.inside():
        assert custom.get("contact", "shirt").options["languages"] == {
            "de": {"help": "Bei der Arbeit", "choices": {"S": "Klein"}}
        }
    undo(adam, HERE)
    assert said(adam.get(at))["label_de"] == "Hemd"
    speak(adam, "de")
    assert said(adam.get(at))["label"] == "Shirt" and screen(adam.get(at)).one("h1").text == "Hemd"
    bare = {key: value for key, value in SHIRT.items() if key != "kind"} | {"label_de": "", "help_de": ""}
    adam.post_form(at, bare | {"choices_de": ""})
    with world.inside():
        assert "languages" not in custom.get("contact", "shirt").options


@pytest.mark.parametrize(
    ("name", "text", "refusal"),
    [
        ("label_de", "Badge", "Another field has this name."),
        ("label_de", "x" * 65, "64"),
        ("choices_de", "XL | Riesig", "“XL” is none of the choices."),
        ("choices_de", "S | " + "x" * 501, "at most 500 characters"),
    ],
)
def test_what_cannot_be_a_name_in_a_language_is_said_where_it_stands(world, adam, name, text, refusal):
    adam.post_form(HERE, {"kind": "text", "label": "Pass", "label_de": "Badge", "portal": "none"})
    before = world.checksum(but=("session",))
    refused = adam.post_form(HERE, SHIRT | GERMAN | {name: text})
    assert refused.status_code == 422 and refusal in normal(refused)
    assert screen(refused, 422).one(id=f"form-{name}")["aria-invalid"] == "true"
    assert world.checksum(but=("session",)) == before


def test_a_field_is_known_by_its_name_in_every_language(world, adam):
    adam.post_form(HERE, SHIRT | GERMAN)
    for taken in ("Hemd", "shirt"):
        refused = adam.post_form(HERE, {"kind": "text", "label": taken, "portal": "none"})
        assert refused.status_code == 422 and "Another field has this name." in normal(refused)
    with world.inside():
        shirt = next(entry for entry in custom.fields("contact") if entry.name == "custom-shirt")
        assert shirt.sheet == "Shirt" and [fold(word) for word in shirt.synonyms] == ["hemd"]


def test_whoever_says_nothing_of_languages_leaves_them(world, adam):
    adam.post_form(HERE, SHIRT | GERMAN)
    with world.inside():
        row = custom.get("contact", "shirt")
        kept = dict(row.options["languages"])
        given = {"label": "Blouse", "choices": custom.choices_text(row.options)}
        custom.change("contact", "shirt", given, actor=ADAM)
        assert custom.get("contact", "shirt").options["languages"] == kept
        assert languages.values(row.options)["label_de"] == "Hemd"
