"""The fixtures that every test may use. A test that needs a database asks for `world` or `shared_world`.

    world           a fresh copy of the database with both organizations, for this test alone (tests.world.World)
    shared_world    one copy for all tests of a module that only read; the module fails if a row was written
    cast            the ids of the people, companies and contracts (tests.cast.Cast), the same in both organizations
    inside          `with inside("harbor"):` domain code in an organization, committed at the end
    run_jobs        run every queued job as a worker does, in no context at all; fails when one fails
    statements      `with statements() as sent:` the SQL of one request, to show that its number is fixed
    app, cluster    the application (one a process) and its servers
    today           the date that the database calls today

    browser = world.staff("ann")                      signed in; also .portal("ina"), .api("read"), .anonymous()
    browser = world.staff("ann", "summit")            at the other organization
    browser.get("/contacts"); browser.post_form("/contacts", {...}); browser.fragment("/contacts/7", method="PATCH")
    world.sql("SELECT ...")                           as superuser; world.schema("harbor") is a schema's name
    world.checksum()                                  a hash of every table
    world.make_org("third")                           one more organization

None of this may be used while an app context is pushed: requests and jobs bring their own.
"""

import os
from datetime import date

import pytest

from app.application import create_app
from app.config import load
from tenants import fleet, provision, runner

from . import world as worlds
from .cast import HOSTS, NAMES, Cast, make_cast
from .cluster import TEMPLATE, Cluster, running

SECRET_KEY = "tests only, the same each time, so that a failure can be repeated"


# Left out unless a run asks for them by `-m`: many kills of processes, every cell of the isolation matrix, and all of
# what is otherwise seen in a part.
ON_REQUEST = ("faults", "isolation", "thorough")


def pytest_collection_modifyitems(config, items):
    """Leave out what only runs when it is asked for: `-m faults`, `-m isolation`, `-m thorough`."""
    if config.option.markexpr:
        return
    left_out = [item for item in items if any(item.get_closest_marker(name) for name in ON_REQUEST)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def cluster():
    """The servers of this process."""
    with running() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def app(cluster: Cluster):
    """The application of this process; `world` points it at a database."""
    for name in [name for name in os.environ if name.startswith("DESKHAND_")]:
        del os.environ[name]
    settings = load(
        home=cluster.home, database_url=cluster.url(TEMPLATE), redis_url=cluster.valkey.url, secret_key=SECRET_KEY
    )
    app = create_app(settings, DATABASE_POOL=None)
    app.test_client_class = worlds.Client
    runner.install(app)
    return app


@pytest.fixture(scope="session")
def template(app, cluster: Cluster):
    """The database that worlds are copied from: migrated, with both organizations and their people."""
    cluster.create(TEMPLATE)
    with worlds.using(app, cluster.url(TEMPLATE)), app.app_context():
        fleet.everything()
        keys = {slug: provision.create(slug, NAMES[slug], list(hosts)).key for slug, hosts in HOSTS.items()}
        for key in keys.values():
            _number_apart(cluster, f"org_{key}")
        casts = [make_cast(slug) for slug in HOSTS]
    assert casts[0] == casts[1], "The organizations of the cast must have the same ids."
    return keys, casts[0], cluster.roles()


def _number_apart(cluster: Cluster, schema: str) -> None:
    """Let each table count from a thousand of its own, so that no test passes because a contact's id is a company's."""
    with cluster.connect(TEMPLATE) as connection:
        query = (
            "SELECT sequencename FROM pg_sequences WHERE schemaname = %s AND sequencename LIKE '%%_id_seq' ORDER BY 1"
        )
        for number, (name,) in enumerate(connection.execute(query, [schema]).fetchall(), 1):
            connection.execute(f'ALTER SEQUENCE "{schema}"."{name}" RESTART WITH {number * 1000 + 1}')


@pytest.fixture
def cast(template) -> Cast:
    """The ids of everybody and everything."""
    return template[1]


@pytest.fixture
def world(app, cluster: Cluster, template):
    """A database of this test's own, made by copying the template."""
    yield from worlds.fresh(app, cluster, template)


@pytest.fixture(scope="module")
def _module_world(app, cluster: Cluster, template):
    keys, cast, _ = template
    name = cluster.clone()
    world = worlds.World(app, cluster, name, cast, dict(keys))
    before = world.checksum(but=("session", "token"))
    yield world
    after = world.checksum(but=("session", "token"))
    cluster.drop(name)
    written = sorted(table for table in before if before[table] != after[table])
    assert not written, f"A test wrote to {', '.join(written)} of shared_world: use `world` there."


@pytest.fixture
def shared_world(app, _module_world):
    """A database for all tests of the module; they only read. Nothing in it may be written but sessions and tokens."""
    with worlds.using(app, _module_world.cluster.url(_module_world.database)):
        yield _module_world


@pytest.fixture
def inside(world: worlds.World):
    """`with inside("harbor"):` work in an organization of this test's world."""
    return world.inside


@pytest.fixture
def run_jobs(world: worlds.World):
    """Run the queued jobs of this test's world; returns how each ended."""
    return world.run_jobs


@pytest.fixture
def statements():
    """`with statements() as sent:` counts the SQL sent inside organizations."""
    return worlds.statements


@pytest.fixture
def today(world: worlds.World) -> date:
    """The database's date."""
    return world.sql("SELECT current_date AS today")[0]["today"]
