"""What the portal's login may read and write of a row: what can be opened to it, and nothing that is internal."""

import json
import re
from contextlib import contextmanager

import psycopg
import pytest
from psycopg import errors
from sqlalchemy import event
from sqlalchemy.engine import Engine

from app.companies.models import Company
from app.contacts.models import Contact
from app.contracts.models import Contract
from app.fields.registry import declared_fields, widest
from app.records.actor import SYSTEM
from app.records.write import update
from tenants import db

NOUNS = (Contact, Company, Contract)
# What nobody's settings can open.
INTERNAL = {
    "contact": {"notes", "partner_id", "active", "last_survey_on", "network_id", "sam_account_name", "comment"}
    | {"exclude_from_search", "groups", "primary_group"},
    "company": {"notes", "external_system", "external_id", "auto_assign", "collaborators", "is_partner", "comment"}
    | {"groups"},
    "contract": {"notes", "threshold", "support_manager_id"},
}
# Nor what is put together from elsewhere.
TOLD = {"contact": {"full_name", "source", "signed_in_at", "signed_in_from"}}

# Of those: what is read of the row nevertheless, and what stands in other rows.
READABLE = {"active", "groups", "primary_group"}


@contextmanager
def viewer(world, contact_id: int, companies: list[int]):
    """A connection as the portal's login, for one viewer."""
    password = json.loads((world.cluster.home / "logins.json").read_text())["deskhand_portal"]
    with psycopg.connect(world.cluster.postgres.url("deskhand_portal", world.database, password)) as connection:
        schema = world.schema()
        connection.execute(
            "SELECT set_config('role', %s, true), set_config('search_path', %s, true),"
            " set_config('app.contact_id', %s, true), set_config('app.companies', %s, true)",
            [f"{schema}_portal", schema, str(contact_id), "{" + ",".join(map(str, companies)) + "}"],
        )
        yield connection
        connection.rollback()


def may(world, table: str, column: str, right: str) -> bool:
    query = "SELECT has_column_privilege(%s, %s, %s, %s) AS may"
    role, name = f"{world.schema()}_portal", f"{world.schema()}.{table}"
    return world.sql(query, role, name, column, right)[0]["may"]


@pytest.mark.threat("T-002", "T-013")
@pytest.mark.parametrize("model", NOUNS, ids=lambda model: model.noun)
def test_the_database_gives_each_column_as_far_as_its_field_can_be_opened(shared_world, model):
    for entry in declared_fields(model):
        if entry.column is None:
            continue
        most = widest(model, entry)
        readable = most != "" or entry.name == "active"
        assert may(shared_world, model.__table__.name, entry.name, "SELECT") == readable, entry.name
        assert may(shared_world, model.__table__.name, entry.name, "UPDATE") == (most == "edit"), entry.name


def test_what_is_internal_is_internal():
    for model in NOUNS:
        closed = {entry.name for entry in declared_fields(model) if widest(model, entry) == ""}
        assert closed == INTERNAL[model.noun] | TOLD.get(model.noun, set())


@pytest.mark.threat("T-002")
@pytest.mark.parametrize(
    ("table", "column"),
    [(noun, column) for noun, columns in INTERNAL.items() for column in sorted(columns - READABLE)]
    + [("contact", "search_text"), ("company", "search_text"), ("contact", "created_op"), ("membership", "notify")]
    + [("account", "password_hash"), ("account", "password_sealed"), ("staff", "role")],
)
def test_internal_columns_cannot_be_read_even_of_ones_own_rows(shared_world, cast, table, column):
    with viewer(shared_world, cast.ina, [cast.acme]) as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute(f"SELECT {column} FROM {table}")


@pytest.mark.threat("T-002")
def test_the_journal_shows_the_portal_what_the_viewer_did_and_nothing_else(world, cast):
    with world.inside():
        update(db.session.get(Contact, cast.ina), {"notes": "Pays late."}, actor=SYSTEM)
    browser = world.portal("ina")
    assert browser.post_form("/portal/me/fields/phone", {"value": "+49 30 901821", "v": "2"}).status_code == 303
    with viewer(world, cast.ina, [cast.acme]) as connection:
        rows = connection.execute("SELECT record_id, before, after FROM change").fetchall()
        assert [(row[0], set(row[2])) for row in rows] == [(cast.ina, {"phone"})]
        assert connection.execute("SELECT count(*) FROM operation").fetchone() == (1,)
    # Ben is of the same company and sees nothing of it.
    with viewer(world, cast.ben, [cast.acme]) as connection:
        assert connection.execute("SELECT count(*) FROM change").fetchone() == (0,)


PAGES = (
    "/portal/",
    "/portal/me",
    "/portal/people",
    "/portal/people?q=ot",
    "/portal/people/{otto}",
    "/portal/companies/{acme}",
    "/portal/contracts",
    "/portal/contracts/{acme_support_hours}",
    "/portal/me/fields/phone/edit",
    "/portal/me/fields/language/edit",
)


@pytest.mark.threat("T-002", "T-016")
def test_no_page_asks_for_more_than_it_may_show(world, cast, say, own_field):
    """Of each record only what is opened is selected, of custom values only the opened ones."""
    own_field("contact", "text", "Locker", portal="view")
    own_field("contact", "text", "Reputation", portal="")
    say("contact", "city", portal="")
    say("company", "address", portal="")
    say("contract", "po_number", portal="")
    browser = world.portal("ina")
    browser.get("/portal/")  # the session is read with the organization's own rights
    sent = []

    def collect(connection, cursor, statement, parameters, context, executemany):
        sent.append((statement, str(parameters)))

    event.listen(Engine, "before_cursor_execute", collect)
    try:
        for page in PAGES:
            assert browser.get(page.format(**vars(cast))).status_code == 200, page
    finally:
        event.remove(Engine, "before_cursor_execute", collect)
    portal = [(text, values) for text, values in sent if "JOIN account ON" not in text and "session" not in text]
    assert len(portal) > 30
    for text, values in portal:
        selected = text.split("FROM")[0]
        for column in ("notes", "partner_id", "threshold", "support_manager_id", "search_text", ".city", ".po_number"):
            assert column not in selected, f"{column} in {text}"
        assert "company.address" not in text
        assert "reputation" not in values and "reputation" not in text
        assert not re.search(r"\b(contact|company|contract|membership)\.custom\b(?! ->)", selected), text
