"""Every page that can be opened, read from the routes: a page that is added later is among them by itself."""

import re
from collections.abc import Iterator
from itertools import product

from flask import Flask
from werkzeug.routing import Rule

from app.fields.registry import declared_fields, model_of
from tests.world import Client, World

# What is not made for people to look at.
NO_PAGES = re.compile(r"/(static/|healthz|readyz|api/|(portal/)?options/)")
NOUNS = ("contact", "company", "contract")
EDITOR = re.compile(r"cell-form-(\w+)")


def surface_of(rule: Rule) -> str:
    """'portal', 'admin' or 'staff'."""
    first = rule.rule.split("/")[1]
    return first if first in ("portal", "admin") else "staff"


def pages(app: Flask, world: World, client: Client, surface: str) -> tuple[list[str], list[str]]:
    """The addresses of a surface's pages for whoever is signed in, and the routes for which none was found.

    Of the many pages that edit one field there is one for each kind of control.
    """
    numbers, words = list(_numbers(world)), _words(world)
    found, without, editors = [], [], set()
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        if "GET" not in rule.methods or NO_PAGES.match(rule.rule) or surface_of(rule) != surface:
            continue
        edits = rule.rule.endswith("/fields/<name>/edit")
        some = None
        for address in _addresses(rule, numbers, words):
            answer = client.get(address)
            some = some or answer.status_code < 400
            if answer.status_code != 200 or answer.mimetype != "text/html":
                continue
            if edits:
                kind = EDITOR.search(answer.text)[1]
                if kind in editors:
                    continue
                editors.add(kind)
            found.append(address)
            if not edits:
                break
        if not some:
            without.append(rule.rule)
    return found, without


def _addresses(rule: Rule, numbers: list[int], words: dict[str, list[str]]) -> Iterator[str]:
    """What may stand in a route's places, the likeliest first."""
    places = re.findall(r"<(?:(\w+):)?(\w+)>", rule.rule)
    likely = next((word for word in NOUNS if f"/{word[:-1]}" in rule.rule), "")
    for chosen in product(*(numbers if kind == "int" else words.get(name, words["name"]) for kind, name in places)):
        values = dict(zip((name for _, name in places), chosen, strict=True))
        if likely and values.get("noun") in NOUNS and values["noun"] != likely and "name" in values:
            continue
        address = rule.rule
        for kind, name in places:
            address = address.replace(f"<{kind}:{name}>" if kind else f"<{name}>", str(values[name]))
        yield address


def _numbers(world: World) -> Iterator[int]:
    """Ids of records: those of the cast, and the last of every table."""
    cast = world.cast
    yield from (cast.ina, cast.acme, cast.acme_support_hours, cast.ann, cast.otto)
    schema = world.schema()
    tables = world.sql(
        "SELECT table_name AS name FROM information_schema.columns WHERE table_schema = %s AND column_name = 'id'"
        " AND data_type = 'bigint' ORDER BY 1",
        schema,
    )
    for table in tables:
        yield from (row["id"] for row in world.sql(f'SELECT max(id) AS id FROM {schema}."{table["name"]}"') if row["id"])


def _words(world: World) -> dict[str, list[str]]:
    fields = [entry.name for noun in NOUNS for entry in declared_fields(model_of(noun))]
    hosts = [row["name"] for row in world.sql("SELECT name FROM shared.host ORDER BY name")]
    return {"noun": [*NOUNS, "contacts", "companies", "contracts"], "name": [*dict.fromkeys(fields), *hosts]}
