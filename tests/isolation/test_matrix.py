"""Every address, asked by every actor for every kind of record: who may gets it, nobody else can tell that it is there.

The lines of `policy.py` are the matrix; a route that has none is red.
"""

import pytest

from tenants import queue
from tests.pages import visible_text

from .asking import Asked, address, body_of, methods, questions, rules, same, seen, sign_in, strangers
from .policy import ROUTES
from .route import ACTORS


@pytest.fixture
def actors(one_world, _signed_in):
    """Everybody, signed in once for the module."""
    if not _signed_in:
        _signed_in.append(sign_in(one_world))
    return _signed_in[0]


@pytest.fixture(scope="module")
def _signed_in():
    return []


@pytest.mark.threat("T-013", "T-014")
def test_every_route_is_described(app):
    known = {rule.endpoint for rule in rules(app)}
    assert sorted(known - set(ROUTES)) == [], "Say in tests/isolation/policy.py who reaches these."
    assert sorted(set(ROUTES) - known) == [], "These are described, but do not exist."
    for rule in rules(app):
        route = ROUTES[rule.endpoint]
        needed = {name for name in rule.arguments if not name.endswith("_id")}
        assert needed == set(route.args) | ({"id"} if route.id else set()), rule.rule


@pytest.mark.threat("T-013")
def test_enough_of_the_matrix_is_allowed(one_world, marked):
    """A matrix of refusals alone would prove nothing."""
    reached = [
        reaches(asked, actor)
        for endpoint in ROUTES
        for asked in questions(one_world, marked, endpoint)
        for actor in ACTORS
    ]
    assert len(reached) > 2500 and sum(reached) >= 0.15 * len(reached), f"{sum(reached)} of {len(reached)}"
    # Whoever may do something does it at least once: tests that it works are made from the same lines.
    idle = [name for name, route in ROUTES.items() if not route.who]
    assert idle == []


SAMPLE = ("", "a", "ann", "never")


def may(asked: Asked, actor: str) -> bool:
    """Whether this actor may ask this at all, and reaches the record that is asked for."""
    return actor in asked.route.who


def reaches(asked: Asked, actor: str) -> bool:
    return may(asked, actor) and (not asked.route.id or asked.variant in asked.route.reach.get(actor, ()))


@pytest.mark.feature("B015")
@pytest.mark.threat("T-001", "T-002", "T-013", "T-015")
@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.isolation, id="whole")])
@pytest.mark.parametrize("endpoint", sorted(ROUTES))
def test_who_reaches_what(one_world, marked, actors, endpoint, whole):
    """Refusals are the same for every record, show nothing and write nothing; what is shown may be seen.

    Unless the whole matrix is asked for, who may not even open the page asks for two records only.
    """
    if endpoint not in one_world.app.view_functions:
        pytest.fail("This address does not exist any more.")
    wrong: list[str] = []
    before, queued = one_world.checksum(), _queued(one_world)
    for actor in ACTORS:
        client = actors.of(actor, endpoint)
        told: dict[tuple, dict[tuple, list[str]]] = {}
        for asked in questions(one_world, marked, endpoint):
            reached = reaches(asked, actor)
            if reached and not asked.is_safe:
                continue  # These write, each in a world of its own: see below.
            if not whole and not may(asked, actor) and asked.variant not in SAMPLE:
                continue
            for fragment in (False, True) if whole or may(asked, actor) else (False,):
                body = {} if asked.is_safe else body_of(asked.route, one_world)
                response = asked.send(client, body, fragment=fragment)
                where = f"{actor} {asked.method} {asked.path}{' as a fragment' if fragment else ''}"
                wrong += [f"{where} shows {what}" for what in strangers(actor, response, marked)]
                if not reached:
                    wrong += _refusal(asked, actor, response, where)
                    key = (asked.method, fragment)
                    told.setdefault(key, {}).setdefault(same(response, asked), []).append(asked.variant)
                elif response.status_code >= 400 or (asked.route.shows and not _shown(response)):
                    wrong.append(f"{where} should show something, but is {response.status_code}")
        for key, answers in told.items():
            if len(answers) > 1:
                wrong.append(f"{actor} {key} can tell apart {list(answers.values())}")
    after = one_world.checksum()
    wrong += [f"a question wrote to {table}" for table in before if before[table] != after[table]]
    wrong += [f"a question left {name} in the queue" for name in _queued(one_world) - queued]
    assert not wrong, "\n".join(wrong)


def _queued(world) -> set[bytes]:
    """What stands in the queue's server, by its names."""
    with world.app.app_context():
        return set(queue.redis().scan_iter("*"))


def _shown(response) -> bool:
    return bool(seen(response)) or response.status_code in (302, 303, 304)


def _refusal(asked: Asked, actor: str, response, where: str) -> list[str]:
    """What is wrong with a refusal."""
    status = response.status_code
    if may(asked, actor):
        right = status == 404
    elif asked.in_api or actor == "nobody" or _elsewhere(asked, actor):
        right = status == 401 or (status == 302 and "sign-in" in response.headers["Location"])
    else:
        right = status == 403
    return [] if right else [f"{where} is {status}"]


def _elsewhere(asked: Asked, actor: str) -> bool:
    """Whether this actor is not even signed in on the surface of the address."""
    return (actor in ("ina", "nils")) != asked.endpoint.startswith("portal")


@pytest.mark.threat("T-001", "T-013")
@pytest.mark.parametrize(
    "endpoint", [endpoint for endpoint, route in sorted(ROUTES.items()) if route.acts and route.writes]
)
def test_what_is_allowed_works(own_world, marked, endpoint):
    """For an address that writes: a body that is wrong is refused and writes nothing, one that is right works."""
    actors = sign_in(own_world)
    route = ROUTES[endpoint]
    asked = next(questions(own_world, marked, endpoint))
    actor = sorted(route.who & {"ann", "ina"} or route.who)[0]
    variant = next((v for v in ("a", "ann", "gone") if v in route.reach.get(actor, ())), "") if route.id else ""
    number = marked.ids[route.id][variant] if route.id else None
    if route.before is not None:
        number = route.before(own_world) or number
    asked.path = address(asked.rule, route, number, marked.within(variant))
    client = actors.of(actor, endpoint)
    body = body_of(route, own_world)
    if endpoint.endswith(".undo_field") and asked.path.count("/fields/"):
        client.post_form(asked.path.removesuffix("/undo"), ROUTES[endpoint.replace("undo_", "update_")].body)
        newest = own_world.sql(f"SELECT max(id) AS id FROM {own_world.schema()}.operation")
        body = {"operation": newest[0]["id"]}
    version = _version(client, asked)
    before = own_world.checksum()
    if route.bad is not None:
        refused = asked.send(client, body_of(route, own_world, wrong=True), version=version)
        assert refused.status_code == 422
        assert own_world.checksum() == before
    done = asked.send(client, body, version=version)
    assert done.status_code in (200, 201, 202, 204, 302, 303), visible_text(done)
    after = own_world.checksum()
    written = {table for table in after if after[table] != before[table]}
    assert written, "It answers, but nothing was written."
    assert all(own_world.keys["harbor"] in table or table in ("shared.wake", "shared.host") for table in written)
    assert strangers(actor, done, marked) == []


def _version(client, asked: Asked) -> str:
    if asked.method != "PATCH":
        return ""
    return client.get(asked.path).headers.get("ETag", "")


MALFORMED = (str(2**63), "0", "abc", "%00", "-1", "1.5", "9" * 30, "1%20OR%201=1", "٣", "4001'--", "1e3", "0x1")


@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.isolation, id="whole")])
def test_wrong_methods(one_world, marked, actors, whole):
    """An address that exists answers 405 to other methods, and names those it takes."""
    addresses = one_world.app.url_map.bind("harbor.test")
    wrong = []
    for rule in rules(one_world.app):
        route = ROUTES[rule.endpoint]
        path = address(rule, route, next(iter(marked.ids[route.id].values())) if route.id else None)
        here = set(addresses.allowed_methods(path.partition("?")[0]))
        for method in ({"POST", "PUT", "PATCH", "DELETE", "GET"} if whole else {"DELETE", "PUT"}) - here:
            response = actors.of("nobody", rule.endpoint).open(path, method=method)
            if response.status_code != 405 or set(response.headers.get("Allow", "").split(", ")) != here:
                wrong.append(f"{method} {path} is {response.status_code}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.isolation, id="whole")])
def test_malformed_numbers(one_world, marked, actors, whole):
    """What is no number of a record is no address: never an error, and nothing is written."""
    before = one_world.checksum()
    wrong = []
    for place, rule in enumerate(rules(one_world.app)):
        route = ROUTES[rule.endpoint]
        actor = sorted(route.who)[0]
        # In the default run two of them each, in turn.
        kinds = MALFORMED if whole else (MALFORMED[place % 12], MALFORMED[(place + 5) % 12])
        for malformed in kinds if route.id else ():
            for method in methods(rule):
                asked = Asked(rule, method, route, "malformed", None, address(rule, route, malformed))
                response = asked.send(actors.of(actor, rule.endpoint), body_of(route, one_world))
                if response.status_code not in (400, 404, 405):
                    wrong.append(f"{actor} {method} {asked.path} is {response.status_code}")
                wrong += strangers(actor, response, marked)
    assert not wrong, "\n".join(wrong)
    assert one_world.checksum() == before
