"""Every word in German: the catalogue is whole and right, no text passes it by, and pages come out in German."""

import re
from collections.abc import Callable, Iterable
from functools import cache

import pytest
from babel.messages.mofile import read_mo
from flask import render_template_string

from app.fields.errors import FieldError
from app.fields.kinds import Kind
from app.people.preferences import LANGUAGES
from app.records.errors import DeskError
from app.web.surfaces import surface

from . import wording
from .browser import addresses
from .wording import GERMAN, PLACEHOLDER, WORD, Words, first, forms, german, texts, wanted

on_pages = pytest.mark.usefixtures("compiled")
UPDATE = "run `python3 dev.py translate` and fill in app/translations/de/LC_MESSAGES/messages.po"


def _none(found: Iterable, complaint: str) -> None:
    """Fail with every place by name."""
    places = sorted({str(one) for one in found})
    if places:
        pytest.fail("\n".join([f"{len(places)} {complaint}", *places]), pytrace=False)


# --- the catalogue ----------------------------------------------------------------------------------------------------


def test_every_text_has_its_german():
    known = {message.id: message for message in german() if message.id}
    lacking = {
        f"{place}: {text!r}" for text, place in wanted().items() if text not in known or not all(forms(known[text]))
    }
    _none(lacking, f"have no German: {UPDATE}")


def test_no_text_of_the_catalogue_is_gone_from_the_source():
    gone = [message.id for message in german() if message.id and message.id not in wanted()]
    _none(gone, f"are in the catalogue only: {UPDATE}")
    _none([message.id for message in german().obsolete.values()], f"are obsolete: {UPDATE}")
    _none([message.id for message in german() if message.id and message.fuzzy], "are only guessed")


def test_placeholders_are_those_of_the_source():
    wrong = [
        f"{form!r} for {message.id!r}"
        for message in german()
        if message.id and all(forms(message))
        for form in forms(message)
        if not any(sorted(PLACEHOLDER.findall(form)) == sorted(PLACEHOLDER.findall(text)) for text in texts(message))
    ]
    _none(wrong, "have other placeholders than the source")
    _none([error for message in german() if message.id for error in message.check(german())], "are what Babel finds")


def test_the_german_ends_and_begins_like_the_source():
    """A sentence stays a sentence: the same blanks around it, a full stop or question mark where there was one."""
    wrong = [
        f"{form!r} for {message.id!r}"
        for message in german()
        if message.id and all(forms(message))
        for form in forms(message)
        if _edges(form) != _edges(first(message)) or ('"' in form and '"' not in first(message))
    ]
    _none(wrong, "end or begin otherwise than the source")


def _edges(text: str) -> tuple:
    return text[:1].isspace(), text[-1:].isspace(), text.rstrip()[-1:] in ".?!", text.rstrip()[-1:] == "…"


def test_german_has_two_number_forms():
    assert german().num_plurals == 2
    assert [message.id for message in german() if message.pluralizable and len(forms(message)) != 2] == []


# --- texts that pass it by --------------------------------------------------------------------------------------------

# Names, which are the same in every language, and keys of the keyboard.
NAMES = {"Deskhand"}


def test_templates_write_no_text_of_their_own():
    _none(wording.literal_in_templates(NAMES), "pass gettext by")


def test_python_passes_no_text_of_its_own_to_people():
    kinds = {kind.__name__ for kind in _below(Kind)} | {"TextKind"}
    errors = {error.__name__ for base in (DeskError, FieldError) for error in (base, *_below(base))}
    _none(wording.literal_in_python(kinds, errors - {"NotAllowed"}), "pass gettext by")


def _below(base: type) -> list[type]:
    return [found for below in base.__subclasses__() for found in (below, *_below(below))]


def test_no_text_is_put_into_one_language_at_start_up():
    _none(wording.spoken_too_early(), "are in one language for everybody")


# --- pages ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def compiled():
    """The compiled catalogue belongs to the text, or the pages below show an older one."""
    made = GERMAN.with_suffix(".mo")
    found = {}
    if made.exists():
        with made.open("rb") as file:
            found = {first(message): forms(message) for message in read_mo(file)}
    whole = [message for message in german() if message.id and all(forms(message))]
    older = [message.id for message in whole if found.get(first(message)) != forms(message)]
    if older:
        pytest.fail(
            f"The compiled catalogue lacks {len(older)} texts: run `python3 dev.py setup` first.", pytrace=False
        )


def _one_of(given: Iterable[str]) -> re.Pattern:
    """What matches each of these texts, whatever its placeholders were filled with."""
    parts = [PLACEHOLDER.split(text) for text in sorted(set(given))]
    distinct = [part for part in parts if len(part) == 1 or any(WORD.search(piece) for piece in part)]
    return re.compile("|".join(".+".join(re.escape(piece) for piece in part) for part in distinct))


# The names that languages have in themselves, from which one is chosen in the profile.
SELVES = {label for _code, label in LANGUAGES}


def _only_english() -> Callable[[str], bool]:
    """A test whether a text is one of the source that is not German as well."""
    english = _one_of(text for message in german() if message.id for text in texts(message))
    also_german = _one_of(form for message in german() if message.id for form in forms(message))

    @cache
    def only_english(text: str) -> bool:
        return text not in SELVES and bool(english.fullmatch(text)) and not also_german.fullmatch(text)

    return only_english


def _paths(app, prefix: str) -> list[str]:
    """Every page of a surface whose address has no parts to fill in."""
    found = {rule.rule for rule in app.url_map.iter_rules() if "GET" in rule.methods and not rule.arguments}
    return sorted(path for path in found if _surface_of(app, path) == prefix)


def _surface_of(app, path: str) -> str:
    with app.test_request_context(path):
        return surface()


def _records(world) -> list[str]:
    cast = world.cast
    operation = world.sql(f'SELECT max(id) AS id FROM "{world.schema()}".operation')[0]["id"]
    found = [f"/companies/{cast.acme}", f"/contacts/{cast.dora}", f"/contracts/{cast.acme_support_hours}"]
    found += [f"/companies/{cast.acme}/{part}" for part in ("contacts", "contracts", "history", "name")]
    found += [f"/contacts/{cast.ina}/fields/{name}/edit" for name in ("country", "language", "active", "phone")]
    found += [
        "/contacts?first_name.contains=ina&active.is=yes&country.any_of=DE",
        "/companies?kind.is=managed&name.not_empty=1",
        "/contracts?kind.any_of=subscription&ends_on.after=2026-01-01",
        "/contacts?q=nobody-of-this-name",
        f"/operations/{operation}",
        "/nowhere",
    ]
    return found


def _visits(world) -> list[tuple[str, object, list[str]]]:
    app, cast = world.app, world.cast
    portal = [*_paths(app, "portal"), f"/portal/contracts/{cast.acme_support_hours}", f"/portal/people/{cast.otto}"]
    parts = ("contact", "company/name", "contract/new", "contact/new?kind=choice")
    fields = [f"/admin/fields/{part}" for part in parts]
    told = {
        "staff": (world.staff("ann"), [*_paths(app, "staff"), *_records(world)]),
        "admin": (world.staff("adam"), [*_paths(app, "admin"), *fields]),
        "portal": (world.portal("ina"), portal),
    }
    found = [
        (who, browser, list(dict.fromkeys([*paths, *addresses.pages(app, world, browser, who)[0]])))
        for who, (browser, paths) in told.items()
    ]
    return [*found, ("nobody", world.anonymous(), ["/sign-in", "/portal/sign-in", "/companies"])]


@on_pages
def test_all_pages_are_german_after_they_were_english(shared_world):
    is_english, mixed, pages = _only_english(), [], 0
    for who, browser, paths in _visits(shared_world):
        for language in ("en", "de"):
            for path in paths:
                response = browser.get(path, headers={"Accept-Language": language})
                if response.mimetype != "text/html" or response.status_code in (301, 302, 303):
                    continue
                page = response.get_data(as_text=True)
                if "<html" in page:
                    assert re.search(r'<html lang="(\w+)"', page)[1] == language, path
                pages += 1
                left = {text for text in Words(page).found if is_english(text)}
                if language == "de":
                    mixed += [f"{who} {path}: {text!r}" for text in sorted(left)]
                elif not left:
                    mixed.append(f"{who} {path}: no English at all")
    assert pages > 40
    _none(mixed, "are not in the language that was asked for")


def _german(browser, path: str, **options) -> str:
    return browser.get(path, headers={"Accept-Language": "de"}, **options).get_data(as_text=True)


@on_pages
def test_numbers_and_dates_are_written_the_german_way(shared_world, app):
    browser, cast = shared_world.staff("ann"), shared_world.cast
    path = f"/contracts/{cast.acme_support_hours}"
    english, page = browser.get(path).get_data(as_text=True), _german(browser, path)
    assert "31.12.2027" in page and "31.12.2027" not in english
    assert "Startdatum" in page and "Start date" in english
    with app.test_request_context("/", headers={"Accept-Language": "de"}):
        assert render_template_string("{{ 1234567.5|numberformat }}") == "1.234.567,5"
    with app.test_request_context("/"):
        assert render_template_string("{{ 1234567.5|numberformat }}") == "1,234,567.5"


@on_pages
def test_the_profile_decides_before_the_browser(world):
    browser = world.staff("ann")
    asking = {"Accept-Language": "en"}
    world.sql(f'UPDATE "{world.schema()}".account SET locale = %s WHERE id = %s', "de", world.cast.accounts["ann"])
    page = browser.get("/contacts", headers=asking).get_data(as_text=True)
    assert '<html lang="de"' in page and "Vorname" in page and "First name" not in page
    assert '<html lang="en"' in world.staff("sue").get("/contacts", headers=asking).get_data(as_text=True)


@on_pages
def test_a_contact_reads_the_portal_in_the_language_of_the_record(world):
    world.sql(f'UPDATE "{world.schema()}".contact SET language = %s WHERE id = %s', "de-AT", world.cast.ina)
    asking = {"Accept-Language": "en"}
    page = world.portal("ina").get("/portal/me", headers=asking).get_data(as_text=True)
    assert '<html lang="de"' in page and "Meine Angaben" in page
    assert "My details" in world.portal("otto").get("/portal/me", headers=asking).get_data(as_text=True)


@on_pages
def test_the_language_is_chosen_on_the_profile_page(world):
    browser = world.staff("ann")
    assert "Language" in browser.get("/profile").get_data(as_text=True)
    browser.post_form("/profile", {"page_size": "50", "locale": "de", "time_zone": ""})
    page = browser.get("/profile").get_data(as_text=True)
    assert "Zeilen je Seite" in page and "Mein Profil" in page


@on_pages
def test_what_is_wrong_is_said_in_german_in_the_process_that_said_it_in_english(world):
    wrong = {
        "/companies/new": {"name": "", "email": "no address", "website": "ftp://x", "country": "Nowhere"},
        "/contacts/new": {"first_name": "", "email": "also none", "phone": "ring me", "time_zone": "Mars/Base"},
    }
    browser = world.staff("ann")
    for path, data in wrong.items():
        target = path.removesuffix("/new")
        for language, sign, others in (("en", "expected", "erwartet"), ("de", "erwartet", "expected")):
            response = browser.post_form(target, data, headers={"Accept-Language": language})
            page = response.get_data(as_text=True)
            assert response.status_code == 422
            assert sign in page and others not in page
            assert ("This field may not be empty." in page) == (language == "en")


@on_pages
def test_constraints_and_missing_pages_speak_german(world):
    browser = world.staff("ann")
    page = browser.post_form("/companies", {"name": "Acme", "kind": "managed"}, headers={"Accept-Language": "de"})
    assert page.status_code == 422 and "Eine Firma mit diesem Namen gibt es schon." in page.get_data(as_text=True)
    assert "Nicht gefunden" in _german(browser, "/companies/99999999")
    assert "Not found" in browser.get("/companies/99999999").get_data(as_text=True)
