"""What rows of one file have to do with each other: the same person twice, user names to be made, line managers.

Which row comes first decides, so these are walked through in order; of each row only a few numbers are held, in
arrays of four bytes each, so that a million rows take a few megabytes.
"""

import secrets
from array import array
from collections.abc import Iterable, Iterator

from sqlalchemy import Integer, Text, case, cast, exists, func, null, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql import column

from app.contacts.models import Contact
from tenants import db

from .staging import CHUNK, KEPT, ROW, VERDICT, Staging, numbers

_LONGEST_BASE = 52


def mark_doubles(staging: Staging) -> int:
    """Say of each row that repeats an earlier one of which row it is a duplicate; returns how many do.

    Rows repeat each other by user name, by e-mail with first and last name, or by speaking of the same contact. A row
    that is itself a duplicate makes no duplicates.
    """
    doubles, marked = array("i"), 0
    owners = [array("i") for _key in range(3)]
    for row_no, *keys in db.session.execute(_collisions(staging)).yield_per(CHUNK):
        first = 0
        for owner, key in zip(owners, keys, strict=True):
            if key:
                if key >= len(owner):
                    owner.extend([0] * (key - len(owner) + 1))
                first = min(filter(None, (first, owner[key])), default=0)
        if first:
            doubles.extend((row_no, first))
        else:
            for owner, key in zip(owners, keys, strict=True):
                if key:
                    owner[key] = row_no
    for part in _parts(zip(doubles[::2], doubles[1::2], strict=True)):
        marked += _set(staging, part, "duplicate")
    return marked


def _collisions(staging: Staging):
    """Every row that shares a key with another one, with its keys as small numbers, in order."""
    met = case((VERDICT.c.verdict == "match", VERDICT.c.contact_id))
    keys = {"user": VERDICT.c.user_key, "person": VERDICT.c.person_key, "met": met}
    counted = [
        case((key.is_not(None), func.count().over(partition_by=key)), else_=0).label(f"{name}s")
        for name, key in keys.items()
    ]
    rows = (
        select(VERDICT.c.row_no, *[key.label(name) for name, key in keys.items()], *counted)
        .where(VERDICT.c.import_id == staging.import_id, VERDICT.c.verdict.in_(KEPT))
        .subquery()
    )
    shared = (rows.c.users > 1) | (rows.c.persons > 1) | (rows.c.mets > 1)
    numbers = [
        case((rows.c[name].is_not(None), func.dense_rank().over(order_by=rows.c[name])), else_=0) for name in keys
    ]
    return select(rows.c.row_no, *numbers).where(shared).order_by(rows.c.row_no)


def make_user_names(staging: Staging) -> None:
    """Give everybody who is to be made and has no user name one that nobody has: the e-mail address, numbered."""
    without = select(VERDICT.c.row_no).where(
        VERDICT.c.import_id == staging.import_id, VERDICT.c.verdict == "create", VERDICT.c.user_key.is_(None)
    )
    if "email" not in staging.slots or db.session.scalar(without.limit(1)) is None:
        return
    base = func.left(func.lower(staging.text("email")), _LONGEST_BASE)
    nth = func.row_number().over(partition_by=base, order_by=ROW.c.row_no)
    tail = secrets.token_hex(3)
    for name in (
        base + case((nth > 1, cast(nth, Text)), else_=""),
        base + "-" + cast(ROW.c.row_no, Text),
        func.left(base, 40) + "-" + cast(ROW.c.row_no, Text) + "-" + tail,
    ):
        _name(staging, name)


def _name(staging: Staging, name) -> None:
    """Take these names for rows that have none, where they are free."""
    wanted = (
        select(VERDICT.c.row_no, name.label("name"))
        .join_from(VERDICT, ROW, (ROW.c.import_id == VERDICT.c.import_id) & (ROW.c.row_no == VERDICT.c.row_no))
        .where(VERDICT.c.import_id == staging.import_id, VERDICT.c.verdict == "create", VERDICT.c.user_key.is_(None))
        .cte("wanted")
    )
    other = VERDICT.alias("other")
    in_file = exists().where(other.c.import_id == staging.import_id, other.c.user_key == wanted.c.name)
    in_use = exists().where(func.lower(Contact.user_name) == wanted.c.name, Contact.withdrawn_at.is_(None))
    db.session.execute(
        update(VERDICT)
        .values(user_name=wanted.c.name, user_key=wanted.c.name)
        .where(VERDICT.c.import_id == staging.import_id, VERDICT.c.row_no == wanted.c.row_no, ~in_file, ~in_use)
        .execution_options(synchronize_session=False)
    )


def reject_followers(staging: Staging) -> int:
    """Reject every row whose line manager would be made by a row that is rejected; returns how many."""
    if "line_manager_id" not in staging.slots:
        return 0
    leader = VERDICT.alias("leader")
    broken = (
        select(VERDICT.c.row_no)
        .join(leader, (leader.c.import_id == VERDICT.c.import_id) & (leader.c.row_no == VERDICT.c.manager_row))
        .where(VERDICT.c.import_id == staging.import_id, VERDICT.c.verdict.in_(KEPT), leader.c.verdict.not_in(KEPT))
    )
    if db.session.scalar(broken.limit(1)) is None:
        return 0
    count = 0
    for part in _parts(_followers(staging)):
        count += _set(staging, part, "reject")
    return count


def _followers(staging: Staging) -> Iterator[tuple[int, int]]:
    """The kept rows at whose upper end of line managers a rejected row stands, with their own line manager's row."""
    rows = select(VERDICT.c.row_no, VERDICT.c.manager_row, VERDICT.c.verdict.in_(KEPT)).where(
        VERDICT.c.import_id == staging.import_id
    )
    last = db.session.scalar(select(func.max(VERDICT.c.row_no)).where(VERDICT.c.import_id == staging.import_id)) or 0
    leader_of, state = array("i", bytes(4 * (last + 1))), bytearray(last + 1)
    unknown, fine, bad = 0, 1, 2
    for row_no, manager_row, kept in db.session.execute(rows).yield_per(CHUNK):
        leader_of[row_no] = manager_row or 0
        if not kept:
            state[row_no] = bad
    for row_no in range(1, last + 1):
        way = []
        at = row_no
        while at and state[at] == unknown:
            state[at] = fine  # two who lead each other are fine unless something else is wrong
            way.append(at)
            at = leader_of[at]
        if at and state[at] == bad:
            for passed in way:
                state[passed] = bad
                yield passed, leader_of[passed]


def _parts(pairs: Iterable[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    part: list[tuple[int, int]] = []
    for pair in pairs:
        part.append(pair)
        if len(part) == CHUNK:
            yield part
            part = []
    if part:
        yield part


def _set(staging: Staging, pairs: list[tuple[int, int]], verdict: str) -> int:
    """Give rows a verdict with the row that is the reason for it."""
    columns = column("row_no", Integer), column("other_row", Integer)
    given = func.unnest(*map(numbers, zip(*pairs, strict=True))).table_valued(*columns)
    given = given.render_derived(name="given")
    problem = func.jsonb_build_array(
        func.jsonb_build_array("line_manager_id", "manager_rejected", "", cast(given.c.other_row, Text), type_=JSONB)
    )
    return db.session.execute(
        update(VERDICT)
        .values(
            verdict=verdict,
            other_row=given.c.other_row,
            user_key=None,
            problems=problem if verdict == "reject" else null(),
        )
        .where(VERDICT.c.import_id == staging.import_id, VERDICT.c.row_no == given.c.row_no)
        .execution_options(synchronize_session=False)
    ).rowcount
