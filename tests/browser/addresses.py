"""Every page that can be opened, read from the routes: a page that is added later is among them by itself."""

import re
from collections.abc import Iterator

from flask import Flask

from app.fields.registry import declared_fields, model_of
from tests.world import Client, World

# What is not made for people to look at, and the answers of fields at rest, which lead to their record.
NO_PAGES = re.compile(r"/(static/|healthz|readyz|api/|(portal/)?options/)|.*/(fields|picture)/<name>$")
NOUNS = ("contact", "company", "contract")
LISTS = {"contacts": "contact", "companies": "company", "contracts": "contract"}
EDITOR = re.compile(r"cell-form-(\w+)")
# What an address asks for that is no page without it.
ASKED = {
    rule: "?from=contacts" for rule in ("/groups/additions", "/groups/<int:id>/additions", "/groups/<int:id>/removals")
}
# What stands behind a question mark and makes another page.
FURTHER = {
    "staff": (
        "/contacts/new?company={acme}",
        "/contracts/new?company={acme}",
        "/search?q=acme",
        "/contacts?size=10&sort=-city",
        "/contacts?panel=views",
        "/contacts?status=deleted",
        "/companies/{acme}/as-of?at=today",
        "/companies/{acme}/merge?with={xacme}",
        "/contacts/{otto}/merge?with={ina}&with={ben}",
        "/contacts/{dora}",
    ),
    "admin": ("/admin/fields/contact/new?kind=choice",),
    "portal": (),
}


def surface_of(rule: str) -> str:
    """'portal', 'admin' or 'staff'."""
    first = rule.split("/")[1]
    return first if first in ("portal", "admin") else "staff"


def pages(app: Flask, world: World, client: Client, surface: str) -> tuple[list[str], list[str]]:
    """The addresses of a surface's pages for whoever is signed in, and the routes for which none was found.

    Of the many pages that edit one field there is one for each kind of control.
    """
    numbers, words = _numbers(world), _words(world)
    found = [address.format(**vars(world.cast)) for address in FURTHER[surface]]
    without, editors, known = [], set(), {}
    rules = {rule.rule for rule in app.url_map.iter_rules() if "GET" in rule.methods}
    for rule in sorted(rule for rule in rules if surface_of(rule) == surface and not NO_PAGES.match(rule)):
        start, place, _rest = rule.partition("<int:id>")
        edits, answered = rule.endswith("/fields/<name>/edit"), False
        for number, address in _addresses(rule, [known[start]] if start in known else _likely(start, numbers), words):
            answer = client.get(address, buffered=True)
            if answer.status_code >= 400:
                continue
            answered = True
            if place:
                # What leads elsewhere is there too.
                known[start] = number
            page = answer.status_code == 200 and answer.mimetype == "text/html"
            kind = EDITOR.search(answer.text)[1] if page and edits else ""
            if page and (not edits or kind not in editors):
                found.append(address)
                editors.add(kind)
            if not edits:
                break
        if not answered:
            without.append(rule)
    return found, without


def _addresses(rule: str, numbers: list[int], words: dict[str, list[str]]) -> Iterator[tuple[int, str]]:
    """What may stand in a route's places, each with the number in it."""
    likely = next(
        (noun for part, noun in LISTS.items() if f"/{part}/" in rule), "contact" if "/me/" in rule else "name"
    )
    for number in numbers if "<int:id>" in rule else [0]:
        for noun in words["noun"] if "<noun>" in rule else [""]:
            for name in words[noun or likely] if "<name>" in rule else [""]:
                address = (
                    rule.replace("<int:id>", str(number))
                    .replace("<int:version>", "1")
                    .replace("<noun>", noun)
                    .replace("<name>", name)
                )
                yield number, address + ASKED.get(rule, "")


def _likely(start: str, numbers: dict[str, int]) -> list[int]:
    """Numbers of records, those first whose table is called as the address is."""
    part = start.rstrip("/").rpartition("/")[2]
    name = LISTS.get(part, part.removesuffix("s").replace("-", "_"))
    return list(dict.fromkeys(number for key, number in sorted(numbers.items(), key=lambda one: one[0] != name)))


def _numbers(world: World) -> dict[str, int]:
    """A record of every table: of the cast where it has one, otherwise the last."""
    schema, cast = world.schema(), world.cast
    tables = world.sql(
        "SELECT table_name AS name FROM information_schema.columns WHERE table_schema = %s AND column_name = 'id'"
        " AND data_type = 'bigint' ORDER BY 1",
        schema,
    )
    ask = " UNION ALL ".join(
        f"SELECT '{one['name']}' AS name, max(id) AS id FROM {schema}.\"{one['name']}\"" for one in tables
    )
    last = {row["name"]: row["id"] for row in world.sql(ask) if row["id"]}
    return last | {"contact": cast.ina, "company": cast.acme, "contract": cast.acme_support_hours, "other": cast.otto}


def _words(world: World) -> dict[str, list[str]]:
    """What nouns, fields and hosts are called; of the fields of a noun, one for each kind of control."""
    words = {"noun": [*NOUNS, *LISTS]}
    for noun in NOUNS:
        fields = {
            entry.kind.input: entry.name
            for entry in reversed(declared_fields(model_of(noun)))
            if not (entry.fixed or entry.hidden or entry.readonly)
        }
        own = world.sql(f"SELECT key FROM {world.schema()}.custom_field WHERE of_noun = %s", noun)
        words[noun] = [*fields.values(), *(f"custom-{row['key']}" for row in own)]
    hosts = [row["name"] for row in world.sql("SELECT name FROM shared.host ORDER BY name")]
    asked = world.sql(f"SELECT key FROM {world.schema()}.custom_field WHERE of_noun = 'filled_form' ORDER BY id")
    names = [*hosts, "phone", "email", "role", "active", "notify", "text", "name"]
    names += [f"custom-{row['key']}" for row in asked]
    return words | {noun: [""] for noun in LISTS} | {"name": names}
