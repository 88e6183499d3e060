"""Erasing a person: what a contact is called and known by, and what goes with one."""

from itertools import product

from sqlalchemy import bindparam, delete, func, literal, or_, select, text, update

from app.companies.models import Company
from app.fields.folding import folded
from app.i18n import gettext as _
from app.i18n import lazy_gettext as _l
from app.people.models import Account, Session, Token
from app.records import erasing, statements
from app.records.actor import Actor
from app.records.attachments import Attachment
from app.records.bulk import Bulk
from app.records.duplicates import Duplicate
from app.records.erased import Erasure
from app.records.erasing import Subject, Work
from app.records.files import File
from app.records.merged import Merged, former
from app.records.models import Change
from app.records.notes import Note
from app.records.presence import Presence, Word
from app.records.receipts import Receipt
from tenants import db

from .addresses import Address
from .models import Contact, Membership

_QUIET = {"synchronize_session": False}


def subject_of(contact: Contact) -> Subject:
    """A contact with those merged into it, and everything it was ever called and known by."""
    ids = [contact.id, *db.session.scalars(former("contact", contact.id))]
    known = _known(ids)
    names = [" ".join(pair) for pair in product(known["first_name"], known["last_name"])]
    emails = known["email"] | known["personal_email"]
    return Subject(
        Contact,
        contact.id,
        ids,
        names=sorted({*names, *emails}),
        mentions=sorted({*_alone(names, known["last_name"], ids), *_unshared(emails, ids)}),
        keys=sorted({one.lower() for one in (*emails, *known["user_name"], *known["customer_id"])}),
        values={
            "first_name": _("Erased"),
            "last_name": _("person %(id)s", id=contact.id),
            "exclude_from_search": True,
        },
    )


def erase(contact: Contact, *, actor: Actor, reason: str) -> Erasure:
    """Erase for good what is kept about a person; what is left is a number that others go on naming."""
    return erasing.erase(subject_of(contact), actor=actor, reason=reason)


def names_in(contact: Contact, words: str) -> list[str]:
    """Which names and addresses of a person stand in these words, which are to be kept."""
    return [one for one in subject_of(contact).names if one.casefold() in words.casefold()]


KNOWN_BY = ("first_name", "last_name", "email", "personal_email", "user_name", "customer_id")


def _known(ids: list[int]) -> dict[str, set[str]]:
    """All values that these contacts have, or had by the journal, in the fields that tell who they are."""
    found: dict[str, set[str]] = {name: set() for name in KNOWN_BY}
    columns = [getattr(Contact, name) for name in KNOWN_BY]
    rows = [dict(zip(KNOWN_BY, row, strict=True)) for row in db.session.execute(select(*columns).where(_among(ids)))]
    changes = select(Change.before, Change.after).where(Change.noun == "contact", Change.record_id.in_(ids))
    rows += [values for row in db.session.execute(changes) for values in row if values]
    for row in rows:
        for name in KNOWN_BY:
            if value := (row.get(name) or "").strip():
                found[name].add(value)
        found["email"] |= set(row.get("addresses") or ())
    found["email"] |= set(db.session.scalars(select(Address.email).where(Address.contact_id.in_(ids)))) - {""}
    addresses = select(Change.before, Change.after).where(
        Change.noun == "contact_address",
        Change.record_id.in_(select(Address.id).where(Address.contact_id.in_(ids))),
    )
    for before, after in db.session.execute(addresses):
        found["email"] |= {one["email"] for one in (before or {}, after or {}) if one.get("email")}
    return found


def _among(ids: list[int]):
    return Contact.id.in_(ids)


def _alone(names: list[str], last_names: set[str], ids: list[int]) -> set[str]:
    """Those of the names that nobody else bears who is there."""
    others = select(Contact.first_name, Contact.last_name).where(
        folded(Contact.last_name).in_([folded(literal(one)) for one in sorted(last_names)]),
        Contact.withdrawn_at.is_(None),
        ~_among(ids),
    )
    borne = {f"{first} {last}".casefold() for first, last in db.session.execute(others)}
    return {one for one in names if one.casefold() not in borne}


def _unshared(emails: set[str], ids: list[int]) -> set[str]:
    """Those of the addresses that belong to nobody else, and to no company."""
    wanted = sorted({one.lower() for one in emails})
    rows = (
        select(func.lower(Contact.email)).where(func.lower(Contact.email).in_(wanted), ~_among(ids)),
        select(func.lower(Address.email)).where(func.lower(Address.email).in_(wanted), Address.contact_id.not_in(ids)),
        select(func.lower(Company.email)).where(func.lower(Company.email).in_(wanted)),
    )
    taken = set(db.session.scalars(rows[0].union_all(*rows[1:])))
    return {one for one in emails if one.lower() not in taken}


# --- what goes --------------------------------------------------------------------------------------------------------


@erasing.part(
    Contact,
    memberships=_l("Memberships of companies"),
    addresses=_l("Further e-mail addresses"),
    notes=_l("Notes about the person"),
    files=_l("Files of the person"),
)
def erase_parts(work: Work) -> None:
    """What hangs on the person alone: memberships, addresses, notes and files."""
    ids = work.subject.ids
    stored = list(db.session.scalars(select(Attachment.file_id).where(Attachment.contact_id.in_(ids))))
    for model, kind in ((Membership, "memberships"), (Address, "addresses"), (Note, "notes"), (Attachment, "files")):
        mine = db.session.scalars(select(model.id).where(model.contact_id.in_(ids))).all()
        erasing.blank(work, model, mine, kind)
    # A merge that was taken back leaves an address of one with the other, withdrawn.
    left = select(Address.id).where(
        func.lower(Address.email).in_(work.subject.keys),
        Address.withdrawn_at.is_not(None),
        Address.contact_id.not_in(ids),
    )
    erasing.blank(work, Address, db.session.scalars(left).all(), "addresses")
    gone = [one for one in stored if one is not None]
    db.session.execute(delete(File).where(File.id.in_(gone)).execution_options(**_QUIET))


@erasing.part(
    Contact,
    accounts=_l("Accounts in the portal"),
    sessions=_l("Browsers that are signed in"),
    tokens=_l("API tokens"),
)
def erase_accounts(work: Work) -> None:
    """The account in the portal with its sessions and tokens; one that opens the desk as well only loses the portal."""
    mine = select(Account.id, Account.staff_id).where(Account.contact_id.in_(work.subject.ids))
    rows = db.session.execute(mine).all()
    ids = [row.id for row in rows]
    theirs = [row.id for row in rows if row.staff_id is None]
    mine = Session.account_id.in_(ids) & (Session.surface == "portal")
    sessions = db.session.execute(delete(Session).where(mine).execution_options(**_QUIET)).rowcount
    tokens = db.session.execute(delete(Token).where(Token.account_id.in_(theirs)).execution_options(**_QUIET)).rowcount
    shut = update(Account).where(Account.id.in_(ids)).values(contact_id=None, signed_in_from=None)
    db.session.execute(shut.execution_options(**_QUIET))
    db.session.execute(delete(Account).where(Account.id.in_(theirs)).execution_options(**_QUIET))
    work.note("accounts", len(rows), *[f"account {one}" for one in ids])
    work.note("sessions", sessions)
    work.note("tokens", tokens)


@erasing.part(
    Contact,
    merged=_l("Records that were merged into this one"),
    duplicates=_l("Suggestions of duplicates"),
    drafts=_l("Bulk changes of this person alone"),
    receipts=_l("Kept answers of the API and of forms"),
    words=_l("Words said at the record"),
)
def erase_papers(work: Work) -> None:
    """Working papers of the desk that hold values of the person."""
    ids, keys = work.subject.ids, work.subject.keys
    pair = or_(Duplicate.one_id.in_(ids), Duplicate.other_id.in_(ids)) & (Duplicate.noun == "contact")
    pairs = db.session.execute(delete(Duplicate).where(pair).execution_options(**_QUIET)).rowcount
    named = update(Merged).where(Merged.noun == "contact", or_(Merged.id.in_(ids), Merged.into_id.in_(ids)))
    db.session.execute(named.values(name="", beside=[]).execution_options(**_QUIET))
    db.session.execute(_PAIRS_APART, {"ids": ids})
    alone = (Bulk.noun == "contact") & Bulk.ids.op("<@")(statements.numbers(ids))
    drafts = db.session.execute(delete(Bulk).where(alone).execution_options(**_QUIET)).rowcount
    said = [func.strpos(func.lower(Receipt.body), key) > 0 for key in keys]
    where = Receipt.location.regexp_match(rf"/contacts/({'|'.join(map(str, ids))})(\D|$)")
    answers = delete(Receipt).where(or_(where, *said)).execution_options(**_QUIET)
    work.note("receipts", db.session.execute(answers).rowcount)
    here = [(one.noun == "contact") & one.record_id.in_(ids) for one in (Word, Presence)]
    work.note("words", db.session.execute(delete(Word).where(here[0]).execution_options(**_QUIET)).rowcount)
    db.session.execute(delete(Presence).where(here[1]).execution_options(**_QUIET))
    work.note("duplicates", pairs)
    work.note("drafts", drafts)
    work.note("merged", len(ids) - 1)


# What another merge noted of a suggestion that this person was part of.
_PAIRS_APART = text(
    "UPDATE merged SET beside = (SELECT coalesce(jsonb_agg(n), '[]') FROM jsonb_array_elements(beside) n WHERE NOT"
    " coalesce(n ->> 'table' = 'duplicate' AND n -> 'gone' ->> 'noun' = 'contact' AND"
    " ((n -> 'gone' ->> 'one_id')::bigint = ANY (:ids) OR (n -> 'gone' ->> 'other_id')::bigint = ANY (:ids)), false))"
    " WHERE beside @? '$[*] ? (@.table == \"duplicate\")'"
).bindparams(bindparam("ids"))
