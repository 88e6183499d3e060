"""The canaries themselves: every table of people's words bears them, and each is found again."""

from sqlalchemy import Text

from tenants import Tenanted

from .canaries import NOT_MARKED, TABLES, found_in

# Columns of words that bear no canary in this world, with the reason; all others do, those of a new field as well.
BARE = {
    "a form of its own, which a canary would break": "company.phone contact.phone contact.mobile contact.fax"
    " contact.send_to contact.sms_number staff.phone",
    "one of our own words": "company.collaborators company.country company.kind company.time_zone contact.country"
    " contact.employee_status contact.language contact.sla_level contact.state contact.time_zone"
    " contract.kind customer_group.kind department.kind staff.role",
    "no row in this world": "account.signed_in_from membership.room field_setting.help field_setting.label"
    " import_name.kind import_name.text import_verdict.person_key import_verdict.user_key"
    " import_verdict.user_name import_verdict.verdict receipt.body",
}


def test_every_column_of_words_bears_canaries(one_world, marked):
    """In both organizations, and in the custom fields of contacts too."""
    places = {(slug, f"{table}.{column}") for slug, table, column, _ in marked.places.values()}
    for slug in ("harbor", "summit"):
        mine = {place for where, place in places if where == slug}
        words = {
            f"{table.name}.{column.name}"
            for table in Tenanted.metadata.sorted_tables
            for column in table.columns
            if isinstance(column.type, Text) and column.computed is None
        }
        assert sorted(words - NOT_MARKED - mine) == sorted(" ".join(BARE.values()).split()), slug
        assert "contact.custom" in mine


def test_every_table_with_words_bears_canaries(one_world, marked):
    tables = {(slug, table) for slug, table, _, _ in marked.places.values()}
    for table in ("company", "contact", "contract", "department", "staff", "operation", "job", "file", "import"):
        assert ("harbor", table) in tables and ("summit", table) in tables, table
    seen = found_in(*(str(row) for row in one_world.sql(f"SELECT * FROM {one_world.schema()}.contact")))
    assert {organization for organization, *_ in seen} == {"h"}
    # What is left of somebody who was erased is nobody's.
    assert {owners for _, owners, *_ in seen} == {"a", "ax", "x", "n", "0"}
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
