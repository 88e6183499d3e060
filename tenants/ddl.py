"""What tenant migrations say about the wall between companies, in one place.

Every table but the staging tables that COPY fills is under forced row-level security. The owner and the
organization's own role see all rows by exactly `USING (true)`: any other constant would keep the planner from the
trigram index, since LIKE is not leakproof. The portal role sees what its policy names, and without one nothing.
"""

from alembic import op

MINE = "company_id = ANY (extensions.viewer_companies())"


def roles() -> tuple[str, str]:
    """The organization's role and its portal role; the role is named like the schema."""
    schema = op.get_bind().exec_driver_sql("SELECT current_schema()").scalar_one()
    return schema, f"{schema}_portal"


def wall(table: str, **portal: str) -> None:
    """Put a table behind the wall. `select`, `insert`, `update` name what the portal role may touch.

    `columns` limits the columns the portal role may read ('id, name'), `writes` those it may update.
    """
    staff, viewer = roles()
    columns, writes = portal.pop("columns", ""), portal.pop("writes", "")
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY owner_all ON {table} TO CURRENT_USER USING (true) WITH CHECK (true)")
    op.execute(f"CREATE POLICY staff_all ON {table} TO {staff} USING (true) WITH CHECK (true)")
    for verb, condition in portal.items():
        clause = f"WITH CHECK ({condition})" if verb == "insert" else f"USING ({condition})"
        listed = {"select": columns, "update": writes}.get(verb, "")
        op.execute(f"GRANT {verb} {f'({listed})' if listed else ''} ON {table} TO {viewer}")
        op.execute(f"CREATE POLICY portal_{verb} ON {table} FOR {verb} TO {viewer} {clause}")


def append_only(table: str) -> None:
    """Rows of this table are never changed or removed by the application."""
    staff, _ = roles()
    op.execute(f"REVOKE UPDATE, DELETE ON {table} FROM {staff}")


def uncounted(table: str) -> None:
    """Keep no statistics of a staging table, whose rows come and go by the hundred thousand.

    Those of an earlier import would tell the planner that this one has no rows, and it would loop over them; without
    any it goes by the indexes.
    """
    columns = op.get_bind().exec_driver_sql(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped", (table,)
    )
    parts = ", ".join(f'ALTER COLUMN "{name}" SET STATISTICS 0' for name in columns.scalars().all())
    op.execute(f"ALTER TABLE {table} {parts}")
