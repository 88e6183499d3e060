"""The world of canaries, made once for each process and copied from there."""

import pytest

from tests import world as worlds
from tests.cluster import Cluster

from .canaries import Canaries, put_canaries

CANARIES = "canaries"


@pytest.fixture(scope="session")
def marked(app, cluster: Cluster, template):
    """The template with a canary in every text, and what the canaries stand for."""
    keys, cast, _ = template
    name = cluster.create(CANARIES, "world")
    with worlds.using(app, cluster.url(name)):
        return put_canaries(worlds.World(app, cluster, name, cast, dict(keys)))


@pytest.fixture(scope="module")
def _one_copy(app, cluster: Cluster, template, marked: Canaries):
    keys, cast, roles = template
    name = cluster.clone(CANARIES)
    yield worlds.World(app, cluster, name, cast, dict(keys))
    cluster.drop(name)
    cluster.restore_roles(roles)


@pytest.fixture
def one_world(app, _one_copy):
    """One copy for all cells of the matrix that may write nothing."""
    with worlds.using(app, _one_copy.cluster.url(_one_copy.database)):
        yield _one_copy


@pytest.fixture
def own_world(app, cluster: Cluster, template, marked: Canaries):
    """A copy for one cell that is allowed to write."""
    yield from worlds.fresh(app, cluster, template, CANARIES)
