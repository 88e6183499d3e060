"""What is special about merging contacts: addresses are united, one account signs in, one company is primary."""

from collections.abc import Mapping, Sequence
from typing import Any

from babel.dates import format_date
from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import aliased

from app.fields import references
from app.i18n import current_locale
from app.i18n import gettext as _
from app.people.models import Account
from app.records import beside, clashes, merge, naming, unmerge, write
from app.records.choosing import Question
from app.records.merge import Work, pairs_of
from app.records.read import Loaded
from app.records.write import Create, Update, Withdraw
from tenants import db

from .addresses import Address
from .memberships import keep_companies_of, primary_memberships
from .models import Contact, Membership

# Who is given a second primary company keeps the first; what belongs to an account is decided below.
clashes.settle("uq_membership_primary", {"is_primary": False})
naming.taken("contact", "account")

_GOING, _STAYING = aliased(Membership, name="going"), aliased(Membership, name="staying")


def _today(of):
    """The condition that a membership counts today."""
    starts, ends = (
        or_(of.starts_on.is_(None), of.starts_on <= func.current_date()),
        or_(of.ends_on.is_(None), of.ends_on >= func.current_date()),
    )
    return starts & ends


def _right(name: str):
    """A right is had where a membership that counts today gives it: what has ended gives nothing by a merge."""
    mine, other = getattr(_STAYING, name), getattr(_GOING, name)
    both = _today(_STAYING) & _today(_GOING)
    return case((both, mine | other), (_today(_GOING), other), else_=mine)


def _widest(name: str, choose):
    """An end of the time in which somebody belongs there; none of the two is none."""
    mine, other = getattr(_STAYING, name), getattr(_GOING, name)
    return case((mine.is_(None) | other.is_(None), None), else_=choose(mine, other))


UNITED = {
    "role": func.coalesce(_STAYING.role, _GOING.role),
    "department_id": func.coalesce(_STAYING.department_id, _GOING.department_id),
    "is_primary": _STAYING.is_primary | _GOING.is_primary,
    "company_primary": _right("company_primary"),
    "department_primary": _right("department_primary"),
    "sees_people": _right("sees_people"),
    "sees_contracts": _right("sees_contracts"),
    "starts_on": _widest("starts_on", func.least),
    "ends_on": _widest("ends_on", func.greatest),
}
# One that had ended and comes back has nothing of its own from before.
TAKEN = {name: getattr(_GOING, name) for name in UNITED} | {"notify": _GOING.notify}


@merge.uniting(Membership)
def unite_memberships(work: Work, pairs: dict[int, int]) -> None:
    """Give the membership that stays what the other one has beside it."""
    back = work.known.get("back", {}).get(Membership, set())
    for values, mine in (
        (UNITED, {here: there for here, there in pairs.items() if there not in back}),
        (TAKEN, {here: there for here, there in pairs.items() if there in back}),
    ):
        # Several that go into the same one are united one after the other.
        while mine:
            turn = {there: here for here, there in reversed(mine.items())}
            given = pairs_of({here: there for there, here in turn.items()})
            rows = select(_STAYING.id, *[value.label(name) for name, value in values.items()])
            rows = rows.join(given, given.c.there == _STAYING.id).join(_GOING, _GOING.id == given.c.here)
            write.update_from(work.operation, Membership, list(values), rows)
            mine = {here: there for here, there in mine.items() if turn[there] != here}
            values = UNITED


@merge.before(Contact)
def note_people(work: Work) -> None:
    """Remember by which addresses these people were known, and which was whose primary company."""
    ids = [work.survivor, *work.losers]
    rows = select(Contact.id, Contact.email).where(Contact.id.in_(ids))
    work.known["emails"] = dict(db.session.execute(rows).all())
    work.known["companies"] = {one: row.company_id for one, row in primary_memberships(ids).items()}


@merge.after(Contact)
def unite_addresses(work: Work) -> None:
    """Every address that somebody had is one of the survivor's: the primary one that was chosen, and further ones."""
    primary = db.session.scalar(select(Contact.email).where(Contact.id == work.survivor))
    rows = select(Address.id, Address.email).where(Address.contact_id == work.survivor, Address.withdrawn_at.is_(None))
    there = {email.lower(): number for number, email in db.session.execute(rows)}
    changes: list[Any] = []
    if primary.lower() in there:
        changes.append(Withdraw(Address, there[primary.lower()]))
    known = {primary.lower(), *there}
    for one in (work.survivor, *work.losers):
        email = work.known["emails"].get(one) or ""
        if email and email.lower() not in known:
            known.add(email.lower())
            changes.append(Create(Address, {"contact_id": work.survivor, "email": email}))
    if changes:
        write.apply(work.operation, changes)


@merge.after(Contact)
def keep_one_account(work: Work) -> None:
    """One account goes on signing in, as the survivor; those of the others stay with them and sign in no more."""
    ids = [work.survivor, *work.losers]
    rows = select(Account.contact_id, Account.id).where(Account.contact_id.in_(ids)).with_for_update()
    accounts = dict(db.session.execute(rows).all())
    wanted = work.choices.get("account")
    chosen = next((one for one in (wanted, *ids) if one in accounts), None)
    if chosen is None or chosen == work.survivor:
        return
    table, mine = Account.__table__, accounts.get(work.survivor)

    def hand(account_id: int, was: int | None, now: int | None) -> None:
        note = beside.change(table, {"id": account_id}, {"contact_id": was}, {"contact_id": now})
        work.notes.append(note)

    if mine is not None:
        hand(mine, work.survivor, None)
    hand(accounts[chosen], chosen, work.survivor)
    if mine is not None:
        hand(mine, None, chosen)
    db.session.expire_all()


@merge.after(Contact)
def keep_a_picture(work: Work) -> None:
    """Who had no picture gets that of the first who had one."""
    rows = select(Contact.id, Contact.picture, Contact.pictures).where(Contact.id.in_([work.survivor, *work.losers]))
    found = {row.id: row for row in db.session.execute(rows)}
    other = next((found[one] for one in work.losers if found[one].picture), None)
    if other is not None and not found[work.survivor].picture:
        values = {"picture": other.picture, "pictures": other.pictures}
        write.apply(work.operation, [Update(Contact, work.survivor, values)])


@merge.after(Contact)
def choose_primary_company(work: Work) -> None:
    """Let the chosen company be the primary one, where the survivor belongs to it."""
    company_id = work.known["companies"].get(work.choices.get("company"))
    rows = select(Membership.id, Membership.company_id, Membership.is_primary).where(
        Membership.contact_id == work.survivor, Membership.withdrawn_at.is_(None)
    )
    found = db.session.execute(rows).all()
    wanted = next((row for row in found if row.company_id == company_id and not row.is_primary), None)
    if wanted is None:
        return
    for row in found:
        if row.is_primary:
            write.apply(work.operation, [Update(Membership, row.id, {"is_primary": False})])
    write.apply(work.operation, [Update(Membership, wanted.id, {"is_primary": True})])


@unmerge.apart("contact")
def keep_companies(ids: list[int]) -> None:
    """Put the companies of people who were taken apart on their own rows."""
    keep_companies_of(ids)
    write.expire(Contact, ids)


# --- the questions before ---------------------------------------------------------------------------------------------


def questions(loaded: Sequence[Loaded], survivor: int, picked: Mapping[str, str]) -> list[Question]:
    """Which company is the primary one and which account goes on signing in, where there are several."""
    ids = [one.id for one in loaded]
    companies = {one.id: one.values["company"] for one in loaded if one.values.get("company")}
    names = references.titles("company", companies.values())
    texts = {one: names.get(company, f"#{company}") for one, company in companies.items()}
    found = []
    if len(set(companies.values())) > 1:
        found.append(_question("company", _("Primary company"), texts, survivor, picked))
    accounts = _accounts(ids)
    if len(accounts) > 1:
        # The one that is in use, if only one is.
        used = [one for one, text in accounts.items() if text[0]]
        texts = {one: text[1] for one, text in accounts.items()}
        wanted = survivor if survivor in used or not used else used[0]
        found.append(_question("account", _("Account that keeps signing in"), texts, wanted, picked))
    return found


def _question(name: str, label: str, texts: dict[int, str], preset: int, picked: Mapping[str, str]) -> Question:
    wanted = picked.get(name, "")
    taken = int(wanted) if wanted.isdecimal() and len(wanted) < 19 else preset
    return Question(name, label, texts, taken if taken in texts else next(iter(texts)))


def _accounts(ids: Sequence[int]) -> dict[int, tuple[bool, str]]:
    """Who of these people has an account, whether it was ever used, and a word about it."""
    rows = select(Account.contact_id, Account.enabled, Account.signed_in_at, Contact.user_name)
    rows = rows.join(Contact, Contact.id == Account.contact_id).where(Account.contact_id.in_(ids))
    found = {}
    for row in db.session.execute(rows.order_by(Account.contact_id)):
        when = format_date(row.signed_in_at, locale=current_locale()) if row.signed_in_at else ""
        said = _("signed in last on %(day)s", day=when) if when else _("has not signed in yet")
        state = said if row.enabled else _("portal is closed")
        found[row.contact_id] = (row.enabled and row.signed_in_at is not None, f"{row.user_name}: {state}")
    return found
