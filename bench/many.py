"""An organization with very many people: some are imported, the rest are copies of them, made by the database."""

import tempfile
from pathlib import Path

from app.contacts.models import Contact, Membership
from app.imports import actions
from app.records.actor import Actor

from . import people
from .import_contacts import prepare, step, upload
from .server import Bench

# So many come by an import; copies of them differ in user name and e-mail address.
IMPORTED = 2000


def organization(bench: Bench, rows: int) -> tuple[str, Actor]:
    """An organization with at least so many contacts, each with a company, a department and nearly all a manager."""
    key, actor = prepare(bench)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "people.csv")
        people.write(file, IMPORTED, companies=200)
        import_id = upload(bench, key, actor, file)
        step(bench, key, actor, import_id, actions.start_plan)
        step(bench, key, actor, import_id, actions.start_apply)
    grow(bench, key, IMPORTED, rows)
    return key, actor


def grow(bench: Bench, key: str, there: int, rows: int) -> None:
    """Copy the imported people until there are so many."""
    contact, membership = bench.table(key, "contact"), bench.table(key, "membership")
    first, last = there // IMPORTED, rows // IMPORTED - 1
    own = [column.name for column in Contact.__table__.columns if not (column.computed or column.name == "id")]
    new = {"user_name": "c.user_name || '-' || n", "email": "n || '.' || c.email"}
    source = f"{contact} c, generate_series({first}, {last}) n WHERE c.user_name !~ '-'"
    bench.sql.execute(
        f"INSERT INTO {contact} ({', '.join(own)}) SELECT {', '.join(new.get(name, f'c.{name}') for name in own)}"
        f" FROM {source}"
    )
    own = [column.name for column in Membership.__table__.columns if column.name not in ("id", "contact_id")]
    bench.sql.execute(
        f"INSERT INTO {membership} (contact_id, {', '.join(own)}) SELECT t.id, {', '.join(f'm.{name}' for name in own)}"
        f" FROM {contact} t JOIN {contact} c ON c.user_name = split_part(t.user_name, '-', 1)"
        f" JOIN {membership} m ON m.contact_id = c.id"
        f" WHERE split_part(t.user_name, '-', 2) ~ '^[0-9]+$' AND split_part(t.user_name, '-', 2)::int >= {first}"
    )
    for table in (contact, membership):
        bench.sql.execute(f"VACUUM ANALYZE {table}")
