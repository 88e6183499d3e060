"""What the portal's role may do in the database, table by table and column by column, said apart from the migration."""

import pytest

READS = {
    "account": {"id", "contact_id", "theme"},
    "company": {"id", "version", "withdrawn_at", "custom", "number", "name", "kind", "address", "phone", "email"}
    | {"website", "country", "time_zone", "account_manager_id"},
    "company_domain": {"id", "withdrawn_at", "company_id", "name"},
    "contact": {"id", "version", "withdrawn_at", "custom", "company_ids", "active", "title", "first_name", "last_name"}
    | {"user_name", "customer_id", "email", "job_title", "line_manager_id", "phone", "mobile", "fax", "pager"}
    | {"address1", "address2", "city", "postcode", "country", "state", "time_zone", "language"}
    | {"middle_name", "suffix", "send_to", "employee_id", "employee_status", "sla_level", "mobile_carrier"}
    | {"sms_number", "address3", "personal_email", "twitter", "facebook", "linkedin", "picture", "pictures"},
    "contact_address": {"id", "withdrawn_at", "contact_id", "email"},
    "contract": {"id", "version", "withdrawn_at", "custom", "description", "company_id", "kind", "po_number"}
    | {"starts_on", "ends_on", "limited", "minutes", "customer_contact_id", "support_contact_id"},
    "customer_group": {
        "id",
        "version",
        "withdrawn_at",
        "custom",
        "name",
        "description",
        "active",
        "shown",
        "member_ids",
    },
    "department": {"id", "withdrawn_at", "company_id", "name"},
    "filled_form": {"id", "withdrawn_at", "custom", "form_id", "form_version", "company_id", "position"},
    "form": {"id", "withdrawn_at", "name"},
    "form_version": {"id", "withdrawn_at", "form_id", "number", "questions"},
    "membership": {"id", "version", "withdrawn_at", "company_id", "contact_id", "department_id", "role", "is_primary"}
    | {"company_primary", "department_primary", "sees_people", "sees_contracts", "starts_on", "ends_on", "room"},
    "staff": {"id", "withdrawn_at", "name", "phone", "email", "active"},
}
WRITES = {
    "account": {"theme"},
    "contact": {"version", "updated_at", "updated_op", "custom", "title", "first_name", "last_name", "job_title"}
    | {"phone", "mobile", "fax", "pager", "address1", "address2", "city", "postcode", "country", "state", "time_zone"}
    | {"language", "middle_name", "suffix", "address3", "personal_email", "twitter", "facebook", "linkedin"}
    | {"picture", "pictures"},
}
# Whole tables: the journal, which is only added to, and how the organization calls its fields.
WHOLE = {
    "change": {"SELECT", "INSERT"},
    "custom_field": {"SELECT"},
    "event": {"INSERT"},
    "field_setting": {"SELECT"},
    "field_version": {"SELECT"},
    "operation": {"SELECT", "INSERT"},
}


@pytest.mark.threat("T-002", "T-016")
@pytest.mark.parametrize(("verb", "wanted"), [("SELECT", READS), ("UPDATE", WRITES), ("INSERT", {})])
def test_single_columns(shared_world, verb, wanted):
    rows = shared_world.sql(
        "SELECT c.relname AS name, a.attname AS column FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid,"
        " aclexplode(a.attacl) x JOIN pg_roles r ON r.oid = x.grantee"
        " WHERE c.relnamespace = %s::regnamespace AND r.rolname = %s AND x.privilege_type = %s",
        shared_world.schema(),
        f"{shared_world.schema()}_portal",
        verb,
    )
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row["name"], set()).add(row["column"])
    assert found == wanted


@pytest.mark.threat("T-002", "T-009", "T-116")
def test_whole_tables(shared_world):
    rows = shared_world.sql(
        "SELECT c.relname AS name, x.privilege_type AS verb FROM pg_class c, aclexplode(c.relacl) x"
        " JOIN pg_roles r ON r.oid = x.grantee"
        " WHERE c.relnamespace = %s::regnamespace AND r.rolname = %s AND c.relkind = 'r'",
        shared_world.schema(),
        f"{shared_world.schema()}_portal",
    )
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row["name"], set()).add(row["verb"])
    assert found == WHOLE
