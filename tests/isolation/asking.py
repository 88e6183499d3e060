"""Asking every address as every actor: where it is, with what, and what may come back."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.pages import answer
from tests.world import Client, World

from .canaries import Canaries, found_in
from .policy import ROUTES
from .route import Route

ORGANIZATION = "h"
COMPANIES = {"ina": "a", "nils": "n"}
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
FRAGMENT = {"HX-Request": "true", "HX-Request-Type": "partial"}


@dataclass
class Actors:
    """A browser, or for the API a program, for each actor."""

    browsers: dict[str, Client]
    programs: dict[str, Client]

    def of(self, actor: str, endpoint: str) -> Client:
        return self.programs[actor] if endpoint.startswith("api.") else self.browsers[actor]


def sign_in(world: World) -> Actors:
    """Sign everybody in. People of the portal have no program: they come to the API with their cookie."""
    browsers = {
        "nobody": world.anonymous(),
        "ann": _with_both_cookies(world.staff("ann")),
        "adam": _with_both_cookies(world.staff("adam")),
        "ina": _with_both_cookies(world.portal("ina")),
        "nils": _with_both_cookies(world.portal("nils")),
    }
    return Actors(browsers, browsers | {person: world.api(person=person) for person in ("ann", "adam")})


def _with_both_cookies(client: Client) -> Client:
    """Somebody who also puts their session into the other surface's cookie, where it must be worth nothing."""
    base = f"http://{client.host}"
    kept: dict = {}
    for surface in ("/", "/portal"):
        with client.session_transaction(surface, base_url=base) as cookie:
            kept |= dict(cookie)
    for surface in ("/", "/portal"):
        with client.session_transaction(surface, base_url=base) as cookie:
            cookie.update(kept)
    return client


@dataclass
class Asked:
    """One question: an address of the application with everything that goes into it."""

    rule: Rule
    method: str
    route: Route
    variant: str
    number: int | None
    path: str

    @property
    def endpoint(self) -> str:
        return self.rule.endpoint

    @property
    def is_safe(self) -> bool:
        return self.method not in UNSAFE

    @property
    def in_api(self) -> bool:
        return self.endpoint.startswith("api.")

    def send(self, client: Client, body, *, fragment: bool = False, version: str = '"1"') -> TestResponse:
        """Ask as this client."""
        headers = dict(FRAGMENT) if fragment else {}
        if self.is_safe:
            return client.open(self.path, method=self.method, headers=headers)
        if self.in_api and self.route.sent == "form":
            return client.open(self.path, method=self.method, headers=headers, data=body)
        if self.in_api:
            headers |= {"If-Match": version} if self.method == "PATCH" else {}
            kind = "application/merge-patch+json" if self.method == "PATCH" else "application/json"
            return client.open(self.path, method=self.method, headers=headers, data=json.dumps(body), content_type=kind)
        return client.open(self.path, method=self.method, headers=headers, data=_form(client, body))


def _form(client: Client, body: dict) -> dict:
    return {"csrf_token": client.csrf_token, **body}


def rules(app) -> list[Rule]:
    """Every address, in a steady order."""
    return sorted(app.url_map.iter_rules(), key=lambda rule: (rule.endpoint, rule.rule))


def methods(rule: Rule) -> list[str]:
    return sorted(rule.methods - {"HEAD", "OPTIONS"})


def body_of(route: Route, world: World, wrong: bool = False):
    """The body that is sent, made for this world."""
    body = route.bad if wrong else route.body
    return body(world.cast) if callable(body) else dict(body or {})


def questions(world: World, marked: Canaries, endpoint: str) -> Iterator[Asked]:
    """Every variant of an address: one's own records, others', another organization's, and such as nobody has."""
    route = ROUTES[endpoint]
    for rule in world.app.url_map.iter_rules(endpoint):
        for method in methods(rule):
            variants = marked.ids[route.id] if route.id else {"": None}
            for variant, number in variants.items():
                path = address(rule, route, number, marked.within(variant))
                yield Asked(rule, method, route, variant, number, path)


def address(rule: Rule, route: Route, number, within: Mapping[str, int] | None = None) -> str:
    """The path of a rule with its parts filled in: `within` are the ids of what stands within the record."""

    def fill(part: re.Match) -> str:
        name = part[1].rpartition(":")[2]
        if name.endswith("id"):
            return str((within or {}).get(name, number))
        return route.args[name]

    return re.sub(r"<([^>]+)>", fill, rule.rule) + (f"?{route.query}" if route.query else "")


def same(response: TestResponse, asked: Asked) -> tuple:
    """What can be told from an answer, but for the number that was asked for."""
    status, place, body = answer(response)
    if asked.number is None:
        return status, place, body
    return tuple(re.sub(rf"\b{asked.number}\b", "#", str(part)) for part in (status, place, body))


def seen(response: TestResponse) -> list[tuple[str, str, str, str]]:
    """The canaries in an answer, wherever they stand in it."""
    return found_in(response.get_data(as_text=True), str(response.headers))


def strangers(actor: str, response: TestResponse, marked: Canaries) -> list[str]:
    """What an answer shows that this actor may not see."""
    found = []
    for organization, owners, audience, number in seen(response):
        mine = actor != "nobody" and organization == ORGANIZATION
        if actor in COMPANIES:
            mine = mine and audience == "p" and (owners == "0" or COMPANIES[actor] in owners)
        if not mine:
            found.append(f"zq-{organization}-{owners}-{audience}: {marked.describe(number)}")
    return found
