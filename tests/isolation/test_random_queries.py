"""Whatever is typed into a search or a filter is only text: it widens nothing, and it breaks nothing."""

import random
import re

import pytest

from app.companies.models import Company
from app.contacts.models import Contact
from app.contracts.models import Contract
from app.fields.settings import fields_of
from tests.pages import normal

# Wherever something is looked up by typing, and who may.
SEARCHES = {
    "/search?q={}": "staff",
    "/companies?q={}": "staff",
    "/contacts?q={}": "staff",
    "/contracts?q={}": "staff",
    "/options/contact?q={}": "staff",
    "/options/company?q={}": "staff",
    "/options/staff?q={}": "staff",
    "/options/country?q={}": "staff",
    "/companies?name.contains={}": "staff",
    "/companies?name.starts={}": "staff",
    "/contacts?city.contains={}": "staff",
    "/contacts?email.starts={}": "staff",
    "/contacts?phone.contains={}": "staff",
    "/contracts?description.contains={}": "staff",
    "/portal/people?q={}": "portal",
    "/portal/options/country?q={}": "portal",
    "/portal/options/language?q={}": "portal",
    "/api/v1/companies?q={}": "api",
    "/api/v1/contacts?q={}": "api",
    "/api/v1/contacts?last_name.contains={}": "api",
    "/api/v1/contracts?description.starts={}": "api",
}
# What means anything to LIKE, to regular expressions or to a full-text search.
WIDE = (
    "%",
    "_",
    "%%",
    "%a%",
    "a%",
    "__",
    "\\",
    "\\%",
    "*",
    "a*",
    ".*",
    "a|b",
    "!a",
    "z & a",
    "a:*",
    "^a",
    "[a-z]",
    "?",
)
NOBODY = "zqxjkvbw"
# Descriptions in which one of them stands.
STANDS = "support_hours"


@pytest.fixture
def people(shared_world):
    return {
        "staff": shared_world.staff("ann"),
        "portal": shared_world.portal("ina"),
        "api": shared_world.api("read", person="ann"),
    }


def shown(response, typed: str) -> list[str]:
    """The addresses of records in an answer, and the names that a choice offers."""
    body = normal(response)
    links = re.findall(r'"/(?:portal/)?(?:companies|contacts|contracts|people)/\d+"|"value": ?"[^"]*"|"id": ?\d+', body)
    return sorted(set(links) - {f'"value": "{typed}"'})


@pytest.mark.threat("T-069")
@pytest.mark.parametrize("search", SEARCHES)
def test_no_sign_widens_a_search(people, search):
    """Nobody of the cast has such signs in their name: nothing is found, and with a letter something is."""
    client = people[SEARCHES[search]]
    path, _, name = search.removesuffix("={}").partition("?")

    def found(typed: str) -> list[str]:
        response = client.get(path, query_string={name: typed})
        # The API refuses what it cannot mean.
        assert response.status_code == 200 or (path.startswith("/api") and response.status_code == 400), typed
        return shown(response, typed)

    nothing = found(NOBODY)
    assert any(found(typed) != nothing for typed in ("a", "c", "de", "b", "4930", "nor", "acme")), "It finds nothing."
    for typed in (sign for sign in WIDE if sign not in STANDS):
        assert found(typed) == nothing, typed


SIGNS = "%_\\'\"*?+-@.,:;!|&()[]{}<>=~^$#/ \t\n\x00\x01\u200b\u202e\ud83d\ufffdäßİıﬁé日😀0123456789aAzZ"
WORDS = ("a", "Acme", "null", "NaN", "true", "2026-01-01", "-1", "1e400", "9" * 30, str(2**63), "'; --", "a:*", "<->")
WORDS += ("2026-02-30", "00:00", "{}", "[]", "1,2", ",", "..", "%s", "${x}", "x" * 300, "DE", "Europe/Berlin", "+49")
LISTS = {"/companies": Company, "/contacts": Contact, "/contracts": Contract}
OTHERS = ("/search", "/jobs", "/imports", "/admin/staff", "/admin/domains", "/options/contact", "/portal/people")
OTHERS += ("/portal/contracts", "/portal/options/country", "/companies/{acme}/history", "/contacts/{ina}/as-of")
PLAIN = ("q", "sort", "size", "columns", "after", "before", "limit", "fields", "count", "company", "at", "back", "in")


def typed_by(chance: random.Random) -> str:
    """A word, a few signs, or both."""
    signs = "".join(chance.choice(SIGNS) for _ in range(chance.randrange(9)))
    return chance.choice((signs, chance.choice(WORDS), chance.choice(WORDS) + signs))


@pytest.mark.threat("T-069", "T-075")
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("count", [120, pytest.param(10_000, marks=pytest.mark.isolation)])
def test_no_query_is_a_fault(shared_world, people, cast, count):
    """Fields, operators and values at random, several at a time, some twice. The browser fails on a 500."""
    with shared_world.inside():
        filters = {
            path: [f"{entry.name}.{operator}" for entry in fields_of(model) for operator in entry.kind.operators]
            for path, model in LISTS.items()
        }
    chance = random.Random(20)
    adam, program = shared_world.staff("adam"), shared_world.api("read", person="adam")
    answered: dict[int, int] = {}
    for _ in range(count):
        path = chance.choice([*LISTS, *LISTS, *OTHERS]).format(acme=cast.acme, ina=cast.ina)
        names = [*PLAIN, *filters.get(path, ()), *filters.get(path, ())]
        asked = [(chance.choice(names), typed_by(chance)) for _ in range(chance.randrange(1, 5))]
        asked += [(typed_by(chance), typed_by(chance))] if chance.random() < 0.2 else []
        # What is no text in UTF-8 comes as the bytes that a careless program sends.
        query = "&".join("=".join(_quoted(part) for part in pair) for pair in asked)
        in_api = path in LISTS and chance.random() < 0.4
        client = program if in_api else people["portal"] if path.startswith("/portal") else adam
        status = client.get(f"{'/api/v1' if in_api else ''}{path}?{query}").status_code
        answered[status] = answered.get(status, 0) + 1
    assert set(answered) <= {200, 302, 303, 400, 404, 422}, answered
    assert answered[200] > count // 3, "Nearly nothing was understood, so nearly nothing was tried."


def _quoted(text: str) -> str:
    return "".join(f"%{byte:02x}" for byte in text.encode("utf-8", "surrogatepass"))
