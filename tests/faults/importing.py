"""Files of made-up people, and whether what an import left behind is whole: nothing lost, doubled or half."""

import csv
import io
from collections import Counter
from functools import cache

from sqlalchemy import select

from app.imports import actions
from app.imports.models import Import
from app.people.models import Account
from app.records.actor import Actor
from bench import people
from tenants import db
from tenants.jobs import Job

# Fields of an organization's own and partners would have to be made first.
LEFT_OUT = ("Custom1", "Custom2", "Custom3", "Custom4", "Custom5", "Partners Email")
PASSWORDS_EVERY = 400
NOUNS = ("contact", "membership", "company", "department")


@cache
def rows(count: int, companies: int, seed: str) -> tuple[dict[str, str], ...]:
    """People by heading, who live in a city of their seed's name; names are theirs alone among all seeds.

    Few bring a password, since hashing it takes longer than everything else.
    """
    made, own = [], "".join(seed.split())
    for number, cells in enumerate(people.people(count, companies, seed)):
        row = dict(zip(people.HEADINGS, cells, strict=True))
        row["City"], row["Company"] = seed, f"{row['Company']} {seed}"
        row["Email Address"] = f"{own}.{row['Email Address']}"
        for name in ("Username", "Line Manager Username"):
            row[name] = row[name] and f"{own}.{row[name]}"
        row |= {"Password": f"Start-{number:06d}-lantern" if number % PASSWORDS_EVERY == 0 else ""}
        made.append({name: text for name, text in row.items() if name not in LEFT_OUT})
    return tuple(made)


def sheet(given: tuple[dict[str, str], ...]) -> bytes:
    """The same as a file."""
    text = io.StringIO()
    writer = csv.DictWriter(text, given[0])
    writer.writeheader()
    writer.writerows(given)
    return text.getvalue().encode()


class Importing:
    """One import of one organization, as who started it follows it."""

    def __init__(self, world, slug: str, people: tuple[dict[str, str], ...], upload: bool = True):
        self.world, self.slug, self.schema, self.rows = world, slug, world.schema(slug), people
        if upload:
            with world.inside(slug):
                self.actor = Actor("Adam", db.session.scalar(select(Account.id).order_by(Account.id).limit(1)))
                self.id = actions.upload("people.csv", [sheet(self.rows)], actor=self.actor).id

    def begin(self, step) -> int:
        """Ask for the next step; returns the number of its job."""
        with self.world.inside(self.slug):
            return step(self.id, actor=self.actor).job_id

    def job(self) -> Job:
        """The job of the step that was begun last."""
        with self.world.inside(self.slug):
            found = db.session.get(Job, db.session.get(Import, self.id).job_id)
            db.session.expunge_all()
            return found

    def found(self) -> Import:
        """The import itself."""
        with self.world.inside(self.slug):
            found = db.session.get(Import, self.id)
            db.session.expunge_all()
            return found

    def sql(self, query: str, *values) -> list[dict]:
        """Ask in the organization's schema, which stands where the query says {s}."""
        return self.world.sql(query.replace("{s}", self.schema), *values)

    def count(self, query: str, *values) -> int:
        """How many rows of a table, and of which."""
        return self.sql(f"SELECT count(*) AS n FROM {{s}}.{query}", *values)[0]["n"]

    # --- is it whole? -------------------------------------------------------------------------------------------------

    def is_planned(self) -> None:
        """Each row of the file is staged once, as it stands there, and has one verdict."""
        staged = self.sql("SELECT row_no, line_no FROM {s}.import_row WHERE import_id = %s ORDER BY row_no", self.id)
        assert [(row["row_no"], row["line_no"]) for row in staged] == [
            (number, number + 1) for number in range(1, len(self.rows) + 1)
        ]
        judged = self.sql("SELECT row_no, verdict FROM {s}.import_verdict WHERE import_id = %s", self.id)
        assert Counter(row["verdict"] for row in judged) == {"create": len(self.rows)}
        assert {row["row_no"] for row in judged} == set(range(1, len(self.rows) + 1))
        found = self.found()
        assert (found.state, found.counts["create"]) == ("planned", len(self.rows))

    def is_applied(self) -> None:
        """Each row of the file is one person with everything that belongs to them, and the journal says so once."""
        found = self.found()
        assert found.state == "applied", (found.state, found.progress)
        made = self.sql(_PEOPLE, found.operation_id)
        wanted = [_as_made(row) for row in self.rows]
        assert Counter(row["user_name"] for row in made) == Counter(row["user_name"] for row in wanted)
        assert {row["user_name"]: row for row in made} == {row["user_name"]: row for row in wanted}
        with_password = sum(bool(row["Password"]) for row in self.rows)
        assert self.count("account WHERE created_op = %s", found.operation_id) == with_password
        self._is_journalled(found.operation_id, "create")

    def is_undone(self) -> None:
        """Everything that the import made is gone, and everything else is as it was."""
        found = self.found()
        assert (found.state, found.counts["kept"]) == ("undone", 0), found.counts
        for noun in NOUNS:
            assert self.count(f"{noun} WHERE created_op = %s AND withdrawn_at IS NULL", found.operation_id) == 0
        assert self.count("account WHERE created_op = %s", found.operation_id) == 0
        self._is_journalled(found.operation_id, "create")
        self._is_journalled(found.undo_id, "withdraw")
        undone, undo = (
            self.sql("SELECT noun, record_id FROM {s}.change WHERE operation_id = %s", operation)
            for operation in (found.operation_id, found.undo_id)
        )
        assert {tuple(row.values()) for row in undone} == {tuple(row.values()) for row in undo}

    def _is_journalled(self, operation_id: int, action: str) -> None:
        """One change for each record of the operation, and no other."""
        changes = self.sql("SELECT noun, record_id, action FROM {s}.change WHERE operation_id = %s", operation_id)
        assert {row["action"] for row in changes} == {action}
        assert max(Counter((row["noun"], row["record_id"]) for row in changes).values()) == 1
        found = self.found()
        for noun in NOUNS:
            records = self.sql(f"SELECT id FROM {{s}}.{noun} WHERE created_op = %s", found.operation_id)
            journalled = [row["record_id"] for row in changes if row["noun"] == noun]
            assert sorted(journalled) == sorted(row["id"] for row in records), noun
        events = self.sql("SELECT kind, count(*) AS n FROM {s}.event WHERE operation_id = %s GROUP BY 1", operation_id)
        assert {row["n"] for row in events} == {1}


_PEOPLE = """
    SELECT c.user_name, c.email, c.first_name, c.last_name, c.city, m.version, l.user_name AS manager,
           o.name AS company, d.name AS department, m.company_primary, c.company_ids = ARRAY[o.id] AS in_step
    FROM {s}.contact c
    LEFT JOIN {s}.membership m ON m.contact_id = c.id
    LEFT JOIN {s}.company o ON o.id = m.company_id
    LEFT JOIN {s}.department d ON d.id = m.department_id AND d.company_id = m.company_id
    LEFT JOIN {s}.contact l ON l.id = c.line_manager_id
    WHERE c.created_op = %s
"""


def _as_made(row: dict[str, str]) -> dict:
    return {
        "user_name": row["Username"],
        "email": row["Email Address"],
        "first_name": row["First Name"],
        "last_name": row["Last Name"],
        "city": row["City"],
        "version": 1,
        "manager": row["Line Manager Username"] or None,
        "company": row["Company"],
        "department": row["Department"],
        "company_primary": row["Primary Company Contact"] == "1",
        "in_step": True,
    }
