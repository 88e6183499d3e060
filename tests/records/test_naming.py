"""Which columns name a record: no table is forgotten, whoever makes it."""

import re

import pytest
from sqlalchemy import ForeignKeyConstraint

import app.contacts.merging
import app.models_index  # noqa: F401  (all tables)
from app.companies.models import Company
from app.contacts.models import Contact
from app.records import naming
from tenants import Tenanted

KEYS = """
SELECT k.conrelid::regclass::text AS here, a.attname AS here_column, k.confrelid::regclass::text AS there,
  b.attname AS there_column, k.conname AS name, k.condeferrable AS later, cardinality(k.conkey) AS width
FROM pg_constraint k, unnest(k.conkey, k.confkey) AS pair (x, y)
JOIN pg_attribute a ON true JOIN pg_attribute b ON true
WHERE k.contype = 'f' AND k.connamespace = %s::regnamespace AND a.attrelid = k.conrelid AND a.attnum = x
AND b.attrelid = k.confrelid AND b.attnum = y
"""


def plain(name: str) -> str:
    return name.rpartition(".")[2].strip('"')


@pytest.mark.threat("T-111")
@pytest.mark.parametrize("model", [Contact, Company])
def test_every_key_of_the_catalogue_that_leads_to_a_record_is_followed(shared_world, model):
    rows = shared_world.sql(KEYS, shared_world.schema())
    named = {(model.__table__.name, "id")}
    for _again in rows:
        named |= {
            (plain(row["here"]), row["here_column"])
            for row in rows
            if (plain(row["there"]), row["there_column"]) in named
        }
    found = naming.by_key(model)
    assert found == named - {(model.__table__.name, "id")}
    moved = {(place.table.name, place.column) for columns in naming.places(model).values() for place in columns}
    assert found - moved == set(), "A merge would leave these behind."


@pytest.mark.threat("T-111")
@pytest.mark.parametrize("model", [Contact, Company])
def test_what_is_called_like_a_record_is_moved_or_left_with_a_reason(shared_world, model):
    query = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = %s"
    query += " AND data_type IN ('bigint', 'ARRAY')"
    moved = {(place.table.name, place.column) for columns in naming.places(model).values() for place in columns}
    for row in shared_world.sql(query, shared_world.schema()):
        table, column = row["table_name"], row["column_name"]
        keys = Tenanted.metadata.tables[table].c[column].foreign_keys if table in Tenanted.metadata.tables else ()
        if not re.fullmatch(rf"(.+_)?{model.noun}_ids?", column) or (keys and (table, column) not in moved):
            continue
        seen_to = (model.noun, table) in naming._taken or table in naming.LEFT
        seen_to = seen_to or column in naming.in_step(Tenanted.metadata.tables[table])
        assert (table, column) in moved or seen_to, (
            f"{table}.{column} names a {model.noun}: say what a merge does with it."
        )


@pytest.mark.threat("T-111")
def test_keys_of_two_columns_are_looked_at_when_both_sides_were_moved():
    """A merge moves a membership and then the contracts that name it by company and person."""
    named = {entry for model in (Contact, Company) for entry in naming.by_key(model)}
    at_once = [
        f"{table.name}: {key.name}"
        for table in Tenanted.metadata.tables.values()
        for key in table.constraints
        if isinstance(key, ForeignKeyConstraint)
        and len(key.columns) > 1
        and not key.deferrable
        and any((table.name, name) in named for name in key.column_keys)
    ]
    assert at_once == [], "Make these DEFERRABLE, in the model and in the migration."


def test_what_is_left_is_a_table(shared_world):
    tables = shared_world.sql(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = %s", shared_world.schema()
    )
    assert set(naming.LEFT) <= {row["table_name"] for row in tables}
