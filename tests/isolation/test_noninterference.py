"""Nobody notices what others have or do: the same requests are answered the same, whatever happens beside them.

Each example plays a script of the observer twice, in two worlds that are alike: once in silence, and once while others,
whose secrets are changed as well, do at random what people do. Every answer must be the same to the letter, but for
what differs by design (`behaviour.told`): five things at most.
"""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from .behaviour import BESIDE_ACME, IN_SUMMIT, Step, Theatre, beside_acme, in_portal, in_summit, on_desk

# Half of them with each observer.
EXAMPLES, MANY = 100, 2000
LONG = 4


def examples(count: int):
    """Settings for so many examples; the same ones each time, so that a failure can be repeated."""
    return settings(
        max_examples=count,
        deadline=None,
        database=None,
        derandomize=count < MANY // 2,
        # Scripts are short already; making them shorter would take longer than finding them.
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


@pytest.fixture
def theatre(app, cluster, template):
    """Where scripts are played in silence and with noise."""
    made = Theatre(app, cluster, template)
    yield made
    made.close()


def scripts(step: st.SearchStrategy[Step]) -> st.SearchStrategy[list[Step]]:
    return st.lists(step, min_size=1, max_size=LONG)


def noises(step: st.SearchStrategy[Step]) -> st.SearchStrategy[list[list[Step]]]:
    return st.lists(st.lists(step, max_size=3), min_size=1, max_size=LONG)


def check(count: int, observer: st.SearchStrategy[Step], others: st.SearchStrategy[Step], theatre) -> None:
    """Play so many examples."""

    @examples(count)
    @given(script=scripts(observer), noise=noises(others))
    def same(script, noise):
        found = theatre.differ(script, noise)
        assert not found, "\n\n".join(found)

    same()


MANY_MORE = pytest.param(MANY // 2, marks=[pytest.mark.isolation, pytest.mark.timeout(7200)])


@pytest.mark.threat("T-002", "T-020", "T-030")
@pytest.mark.parametrize("count", [EXAMPLES // 5, MANY_MORE])
def test_somebody_of_acme_notices_nothing_of_other_companies(theatre, count):
    check(count, in_portal("ina@harbor"), st.one_of(beside_acme(), beside_acme(), in_summit()), theatre)


@pytest.mark.threat("T-001", "T-020", "T-030")
@pytest.mark.parametrize("count", [EXAMPLES // 5, MANY_MORE])
def test_an_organization_notices_nothing_of_another(theatre, count):
    check(count, on_desk("harbor"), in_summit(), theatre)


@pytest.mark.parametrize("statement", [*BESIDE_ACME, *IN_SUMMIT])
def test_every_secret_can_be_changed(world, statement):
    """Each of them is a change, so that not noticing it means something."""
    ids = {name: value for name, value in vars(world.cast).items() if isinstance(value, int)}
    before = world.checksum()
    world.sql(statement.format(**ids, harbor=world.schema("harbor"), summit=world.schema("summit")))
    assert world.checksum() != before


@pytest.mark.threat("T-030")
def test_what_is_visible_is_noticed(theatre):
    """The comparison can fail: what happens to one's own people is told."""
    look = [Step("ina@harbor", "GET", "/portal/people")]
    rename = Step("", "SQL", "UPDATE {harbor}.contact SET last_name = 'Renamed' WHERE id = {otto}")
    assert theatre.differ(look, [[rename]])
    look = [Step("ann@harbor", "GET", "/companies")]
    made = Step("ann@harbor", "POST", "/companies", {"name": "New", "kind": "managed"})
    assert theatre.differ(look, [[made]])
