"""What tests of forms have in common."""

import pytest

from app.forms import building, filling, questions
from app.records.actor import Actor

ANN = Actor("Ann Tanner", account_id=1001)
ADAM = Actor("Adam Price", account_id=1003)


def keys(form_id: int) -> dict[str, str]:
    """The keys of a draft's questions, by their names."""
    return {row.label: row.key for row in questions.draft_rows(form_id)}


def ask(form_id: int, label: str, kind: str = "text", **values) -> str:
    """Put a question at the end of the draft; `show="Gate", show_verb="is", show_value="yes"` says a condition."""
    given = {"label": label, **values}
    for what in ("show", "require"):
        if about := given.pop(what, ""):
            given[f"{what}_field"] = keys(form_id)[about]
    building.ask(form_id, kind, given, actor=ADAM)
    return f"custom-{keys(form_id)[label]}"


@pytest.fixture
def make_form(world):
    """`make_form("Site", about="company")`: a published form with three questions, one of them conditional."""

    def make(name: str = "Site access", about: str = "company", slug: str = "harbor", publish: bool = True) -> int:
        with world.inside(slug):
            made = building.create({"name": name, "about": about}, actor=ADAM)
            ask(made, "Gate", "yes_no", section="Getting in")
            ask(made, "Code", section="Getting in", required=True, show="Gate", show_verb="is", show_value="yes")
            ask(made, "Badges", "choices", choices="Visitor\nContractor", portal="view")
            if publish:
                building.publish(made, actor=ADAM)
        return made

    return make


@pytest.fixture
def add(world, cast):
    """`add(form)`: put a form on Acme's page, or on that of another company or contact; returns its id there."""

    def put(form_id: int, model=None, record_id: int = 0, slug: str = "harbor") -> int:
        with world.inside(slug):
            if model is None:
                return filling.create({"form_id": form_id, "company_id": record_id or cast.acme}, actor=ANN)
            return filling.add(model, record_id, form_id, actor=ANN)[0]

    return put


@pytest.fixture
def ann(world):
    """A browser in which a technician is signed in."""
    return world.staff("ann")


@pytest.fixture
def adam(world):
    """A browser in which an administrator is signed in."""
    return world.staff("adam")
