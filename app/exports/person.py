"""Everything that is kept about one person, in one archive: for whoever asks what we know of them.

`person.json` says it in full, rows that were withdrawn included; the files beside it are those of the person, as they
came.
"""

import base64
import io
import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from sqlalchemy import Select, select, update

from app.companies.models import Company, Department
from app.contacts import queries as contacts
from app.contacts.addresses import Address
from app.contacts.models import Contact, Membership
from app.contracts.models import Contract
from app.fields.record import Record
from app.fields.settings import fields_of
from app.forms import queries as forms
from app.forms.models import FilledForm
from app.groups.models import Group, GroupMember
from app.i18n import current_locale
from app.i18n import gettext as _
from app.people.models import Account, Session
from app.people.security import SecurityEvent
from app.records import files, write
from app.records.actor import Actor
from app.records.attachments import Attachment
from app.records.errors import NotFound
from app.records.merged import former
from app.records.models import Change, Operation
from app.records.notes import Note
from app.records.presence import Word
from app.records.read import Loaded
from tenants import db
from tenants.jobs import Job, Work, job

from .writing import PURPOSE, asking

PERMISSION = "contacts.erase"
# What a file of this kind is called; erasing anybody removes them all, since one may speak of another.
BEGINS = "person-"
# Columns that repeat what others hold, or that say how a row is kept.
_INNER = {"search_text", "pictures", "custom", "created_op", "updated_op", "token_hash"}
_INNER |= {"password_hash", "password_sealed"}
_PARTS: tuple[type[Record], ...] = (Membership, Address, Note, Attachment, FilledForm, GroupMember)


def loaded(contact_id: int, viewer) -> Loaded:
    """The contact, be it deleted; raises `NotFound`."""
    try:
        return contacts.get(contact_id, viewer)
    except NotFound:
        return contacts.get_deleted(contact_id, viewer)


def ask(contact: Contact, actor: Actor) -> int:
    """Have a worker put everything together, and note that it was asked for; returns the job's id."""
    write.begin(actor, "disclose", title=_("Everything about #%(id)s exported", id=contact.id))
    label = _("Everything about #%(id)s", id=contact.id)
    return write_person.later(contact_id=contact.id, account_id=actor.account_id, label=label)


@job("exports.person", lane="long")
def write_person(work: Work, contact_id: int) -> None:
    """Write the archive, which only the asking person may fetch, for a week."""
    viewer = asking(work.account_id)
    if not viewer.may(PERMISSION):
        raise NotFound
    person = loaded(contact_id, viewer)
    name = f"{BEGINS}{contact_id}.zip"
    file = files.store(name, _archive(person, viewer), media_type="application/zip", account_id=work.account_id)
    file.purpose = PURPOSE
    db.session.execute(update(Job).where(Job.id == work.id).values(link=f"/exports/{file.id}"))


class _Sink(io.RawIOBase):
    """What an archive is written to: it is taken from here bit by bit, and nowhere whole."""

    def __init__(self):
        super().__init__()
        self.held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:
        self.held += data
        return len(data)

    def taken(self) -> bytes:
        found = bytes(self.held)
        self.held.clear()
        return found


def _archive(person: Loaded, viewer) -> Iterator[bytes]:
    ids = [person.id, *db.session.scalars(former("contact", person.id))]
    attached = list(db.session.scalars(_of(Attachment, ids)))
    sink = _Sink()
    with ZipFile(sink, "w", ZIP_DEFLATED) as archive:
        said = json.dumps(everything(person, ids, viewer), ensure_ascii=False, indent=2, default=_plain)
        archive.writestr("person.json", said)
        yield sink.taken()
        for size, picture in (person.record.pictures or {}).items():
            archive.writestr(f"picture-{size}.webp", base64.b64decode(picture))
        for one in attached:
            if one.file_id is None:
                continue
            with archive.open(_place(one), "w", force_zip64=True) as inner:
                for part in files.read(one.file_id):
                    inner.write(part)
                    yield sink.taken()
    yield sink.taken()


def _place(attachment: Attachment) -> str:
    return f"files/{attachment.id}-{attachment.name}"


def everything(person: Loaded, ids: list[int], viewer) -> dict[str, Any]:
    """What `person.json` says."""
    locale = current_locale()
    shown = fields_of(Contact, viewer)
    return {
        "fields": {str(one.label): one.kind.format(person.values.get(one.name), locale) for one in shown},
        "records": [_row(one) for one in db.session.scalars(select(Contact).where(Contact.id.in_(ids)))],
        "memberships": _named(
            select(Membership, Company.name.label("company"), Department.name.label("department"))
            .join(Company, Company.id == Membership.company_id)
            .outerjoin(Department, Department.id == Membership.department_id)
            .where(Membership.contact_id.in_(ids))
        ),
        "addresses": [_row(one) for one in db.session.scalars(_of(Address, ids))],
        "groups": _named(
            select(GroupMember, Group.name.label("group"))
            .join(Group, Group.id == GroupMember.group_id)
            .where(GroupMember.contact_id.in_(ids))
        ),
        "forms": [_form(one, locale) for one in forms.of(Contact, person.id)],
        "notes": [_row(one) for one in db.session.scalars(_of(Note, ids))],
        "files": [
            _row(one) | {"in_archive": _place(one) if one.file_id else None}
            for one in db.session.scalars(_of(Attachment, ids))
        ],
        "words": [
            _row(one) for one in db.session.scalars(select(Word).where(Word.noun == "contact", Word.record_id.in_(ids)))
        ],
        "named_by": [
            {"contract": one.id, "description": one.description}
            for one in db.session.scalars(select(Contract).where(Contract.customer_contact_id.in_(ids)))
        ],
        "sign_in": _sign_in(ids),
        "history": list(_history(ids)),
    }


def _of(model: type[Record], ids: list[int]) -> Select:
    return select(model).where(model.contact_id.in_(ids)).order_by(model.id)


def _row(row) -> dict[str, Any]:
    """The columns of a row that say something; an organization's own fields by their keys."""
    found = {one.name: getattr(row, one.name) for one in row.__table__.columns if one.name not in _INNER}
    return found | ({"custom": row.custom} if getattr(row, "custom", None) else {})


def _named(query: Select) -> list[dict[str, Any]]:
    """Rows with what the records that they name are called."""
    rows = db.session.execute(query)
    return [_row(row[0]) | {key: row._mapping[key] for key in row._fields[1:]} for row in rows]


def _form(filled: forms.Filled, locale: str) -> dict[str, Any]:
    answers = {str(one.label): one.kind.format(filled.values.get(one.name), locale) for one in filled.fields}
    return {"form": filled.name, **_row(filled.record), "answers": answers}


def _sign_in(ids: list[int]) -> list[dict[str, Any]]:
    """The accounts of the person with what is kept of their use in the portal; tokens are for the desk alone."""
    found = []
    for account in db.session.scalars(select(Account).where(Account.contact_id.in_(ids))):
        mine = {}
        for key, model in (("sessions", Session), ("refused", SecurityEvent)):
            rows = select(model).where(model.account_id == account.id, model.surface == "portal")
            mine[key] = [_row(one) for one in db.session.scalars(rows)]
        found.append(_row(account) | mine)
    return found


def _history(ids: list[int]) -> Iterable[dict[str, Any]]:
    """Every change of the person and of what belongs to them, oldest first."""
    mine = (Change.noun == "contact") & Change.record_id.in_(ids)
    for model in _PARTS:
        parts = select(model.id).where(model.contact_id.in_(ids))
        mine |= (Change.noun == model.noun) & Change.record_id.in_(parts)
    rows = select(Operation, Change).join(Change, Change.operation_id == Operation.id).where(mine)
    for operation, change in db.session.execute(rows.order_by(Change.id)):
        yield {
            "at": operation.at,
            "by": operation.actor,
            "on_behalf": operation.on_behalf,
            "through": operation.through,
            "operation": operation.id,
            "kind": operation.kind,
            "reason": operation.reason,
            "record": f"{change.noun} {change.record_id}",
            "action": change.action,
            "before": change.before,
            "after": change.after,
        }


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)
