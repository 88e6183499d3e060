"""The canaries themselves: every table of people's words bears them, and each is found again."""

from .canaries import TABLES, found_in


def test_every_table_with_words_bears_canaries(one_world, marked):
    tables = {(slug, table) for slug, table, _, _ in marked.places.values()}
    for table in ("company", "contact", "contract", "department", "staff", "operation", "job", "file", "import"):
        assert ("harbor", table) in tables and ("summit", table) in tables, table
    seen = found_in(*(str(row) for row in one_world.sql(f"SELECT * FROM {one_world.schema()}.contact")))
    assert {organization for organization, *_ in seen} == {"h"}
    assert {owners for _, owners, *_ in seen} == {"a", "ax", "x", "n"}
    assert {audience for _, _, audience, _ in seen} == {"p", "s"}


def test_the_journal_bears_canaries(one_world, marked):
    seen = found_in(*(str(row) for row in one_world.sql(f"SELECT before, after FROM {one_world.schema()}.change")))
    assert {owners for _, owners, *_ in seen} == {"a", "x", "n"}


def test_only_summit_has_the_foreign_ids(one_world, marked):
    for kind, ids in marked.ids.items():
        for slug, there in (("harbor", 0), ("summit", 1)):
            table = f'{one_world.schema(slug)}."{TABLES.get(kind, kind)}"'
            found = one_world.sql(f"SELECT 1 FROM {table} WHERE id = %s", ids["foreign"])
            assert len(found) == there, kind
