"""Erasing a person on the desk: the page that says what will go, and the certificate of what went."""

from datetime import UTC

from flask import Blueprint, Response, request
from flask_login import current_user

from app.contacts import erasing as people
from app.contacts import queries
from app.contacts.models import Contact
from app.contacts.staff import staying
from app.i18n import gettext as _
from app.records import erased, erasing
from app.records.erased import Erasure
from app.records.errors import NotFound
from app.records.merged import WasMerged, successor
from app.web.access import allow
from app.web.htmx import page, redirect_to
from app.web.removal import reason
from tenants import db, tenancy

bp = Blueprint("erasures", __name__)


@bp.get("/contacts/<int:id>/erasure")
@allow("contacts.erase")
def new_erasure(id: int) -> Response:
    """Say exactly what would be erased of a person, and what would stay."""
    return _asked(_contact(id))


@bp.post("/contacts/<int:id>/erasure")
@allow("contacts.erase")
def create_erasure(id: int) -> Response:
    """Erase a person for good, once the name or the number was typed and a reason given."""
    contact, why = _contact(id), reason()
    typed = " ".join(request.form.get("name", "").split())
    wrong = {}
    if typed.casefold() != contact.full_name.casefold() and typed.removeprefix("#") != str(id):
        wrong["name"] = _("Type “%(name)s” or %(id)s, so that nobody else is erased.", name=contact.full_name, id=id)
    if not why:
        wrong["reason"] = _("Say why: the certificate names the reason.")
    elif people.names_in(contact, why):
        wrong["reason"] = _("The reason is kept for good. Leave the person’s name and addresses out of it.")
    if wrong:
        return _asked(contact, wrong, typed, why)
    made = people.erase(contact, actor=current_user.actor, reason=why)
    return redirect_to(f"/erasures/{made.id}")


def _contact(id: int) -> Contact:
    """A contact that is there or was deleted, and not erased yet."""
    if became := successor(Contact, id):
        raise WasMerged("contact", id, *became)
    if erased.erasure_of("contact", id) is not None:
        raise erasing.ErasedAlready
    try:
        return queries.get(id, current_user).record
    except NotFound:
        return queries.get_deleted(id, current_user).record


def _asked(contact: Contact, wrong: dict[str, str] | None = None, typed: str = "", why: str = "") -> Response:
    name, id = contact.full_name, contact.id
    counts = erasing.preview(people.subject_of(contact), actor=current_user.actor)
    shown = {"id": id, "name": name, "counts": _said(counts), "staying": staying(id)}
    return page(
        "staff/contacts/erase.html",
        part="staff/contacts/_erase.html",
        status=422 if wrong else 200,
        erasure=shown,
        wrong=wrong or {},
        typed=typed,
        why=why,
    )


def _said(counts: dict[str, int]) -> list[tuple[str, int]]:
    """What was counted, in the words of the certificate."""
    return [(str(erasing.kinds.get(kind, kind)), count) for kind, count in counts.items()]


def _certificate(id: int) -> dict:
    """Everything that a certificate says."""
    found = db.session.get(Erasure, id)
    if found is None:
        raise NotFound
    return {
        "erasure": found,
        "counts": _said(found.counts),
        "at": f"{found.at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC",
    }


@bp.get("/erasures/<int:id>")
@allow("contacts.erase")
def show(id: int) -> Response:
    """The certificate of an erasure, to be read and printed."""
    return page("staff/contacts/certificate.html", **_certificate(id))


@bp.get("/erasures/<int:id>/certificate.txt")
@allow("contacts.erase")
def show_file(id: int) -> Response:
    """The certificate as a file of plain text, with the list that its hash is of."""
    found = _certificate(id)
    one: Erasure = found["erasure"]
    lines = [
        _("Certificate of erasure %(id)s", id=one.id),
        "",
        f"{_('Organization')}: {tenancy().name}",
        f"{_('Person')}: #{one.record_id}",
        f"{_('Erased by')}: {one.actor}",
        f"{_('When')}: {found['at']}",
        f"{_('Reason')}: {one.reason}",
        "",
        *[f"{words}: {count}" for words, count in found["counts"]],
        "",
        f"SHA-256: {one.sha256}",
        _("The hash is of the following lines, each ended by a line feed (UTF-8)."),
        "",
        *one.removed,
    ]
    response = Response("\n".join(lines) + "\n", mimetype="text/plain")
    response.headers["Content-Disposition"] = f'attachment; filename="erasure-{one.id}.txt"'
    return response
