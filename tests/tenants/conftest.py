"""An application with a few views of the tests' own, to see what one request may leave to the next."""

import contextlib

import pytest
from flask import Response, request, stream_with_context
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.application import create_app
from app.web.access import public
from tenants import db, engines
from tenants.jobs import FUNCTIONS, job
from tests import world as worlds

ONE = {"pool_size": 1, "max_overflow": 0, "pool_timeout": 5}


def note() -> str:
    """What this organization calls its first company's address, and who asks."""
    return db.session.execute(
        text("SELECT current_user || '/' || address FROM company ORDER BY id LIMIT 1")
    ).scalar_one()


def write(address: str) -> None:
    db.session.execute(text("UPDATE company SET address = :address"), {"address": address})


class Broken(RuntimeError):
    """What the failing view raises."""


def read():
    return note()


def fail():
    write("lost")
    raise Broken


def fail_in_sql():
    write("lost")
    db.session.execute(text("SELECT 1 / 0"))


def twice():
    before = note()
    db.session.commit()
    write(request.args["address"])
    db.session.commit()
    return f"{before} {note()}"


def rolled_back():
    before = note()
    write("lost")
    db.session.rollback()
    return f"{before} {note()}"


def nested():
    with db.session.begin_nested():
        before = note()
    with contextlib.suppress(DBAPIError), db.session.begin_nested():
        write("lost")
        db.session.execute(text("SELECT 1 / 0"))
    return f"{before} {note()}"


def streamed():
    def parts():
        for _ in range(3):
            yield note() + " "
            db.session.commit()

    return Response(stream_with_context(parts()))


def streamed_later():
    def parts():
        yield note()

    return Response(parts())


def nothing():
    return "nothing"


VIEWS = (read, fail, fail_in_sql, twice, rolled_back, nested, streamed, streamed_later, nothing)


@pytest.fixture(scope="session")
def probes(app):
    """An application like the real one, with a pool of one connection and the views above at /probe/NAME."""
    probes = create_app(app.config["SETTINGS"], DATABASE_POOL=ONE)
    probes.test_client_class = worlds.Client
    for view in VIEWS:
        probes.add_url_rule(
            f"/probe/{view.__name__.replace('_', '-')}", f"probe_{view.__name__}", public("a test")(view)
        )
    return probes


@pytest.fixture
def probe(world, probes):
    """Ask a view of the tests' own at an organization: `probe("harbor", "twice?address=x")`."""
    for slug in ("harbor", "summit"):
        world.sql(f"UPDATE {world.schema(slug)}.company SET address = '{slug}'")
    with worlds.using(probes, world.cluster.url(world.database)):

        def ask(slug: str, view: str, pool: dict | None = ONE, **options):
            client = probes.test_client()
            client.host, client.broken = worlds.HOSTS[slug][0], True
            return client.get(f"/probe/{view}", **options)

        ask.app = probes
        yield ask


@pytest.fixture
def pool_of_one(world):
    """This test's world through one pooled connection, so that whatever one use leaves behind meets the next."""
    _use_pool(world.app, ONE)
    yield world
    _use_pool(world.app, None)


def _use_pool(app, pool: dict | None) -> None:
    with app.app_context():
        engines.dispose()
    app.config["DATABASE_POOL"] = pool


@pytest.fixture
def jobs(world):
    """Job functions of the tests' own, gone afterwards: `jobs(function)` registers one under its name."""
    before = dict(FUNCTIONS)

    def register(function=None, *, kind: str = "", lane: str = "interactive"):
        if function is None:
            return lambda function: register(function, kind=kind, lane=lane)
        return job(kind or f"tests.{function.__name__}", lane)(function)

    yield register
    FUNCTIONS.clear()
    FUNCTIONS.update(before)
