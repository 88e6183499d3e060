"""Processes that are killed, and what is to be seen of the organizations afterwards."""

import pytest

from . import site as sites
from .processes import Processes


@pytest.fixture
def processes(world, tmp_path):
    """Programs against this test's world; all of them are gone afterwards."""
    found = Processes(tmp_path, sites.environment(world, lease=60))
    yield found
    found.end()


@pytest.fixture
def site():
    """Servers of this test's own, which may be killed."""
    with sites.running() as found:
        yield found


@pytest.fixture
def summit_untouched(world):
    """The other organization has the same rows before and after."""

    def sums() -> dict[str, str]:
        mine = world.schema("summit") + "."
        return {table: found for table, found in world.checksum().items() if table.startswith(mine)}

    before = sums()
    yield
    assert before and sums() == before
