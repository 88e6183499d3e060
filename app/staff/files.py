"""A file on the desk that is attached to a contact or a company: saved, deleted."""

from flask import Blueprint, Response
from flask_login import current_user

from app.companies.staff import TIMELINE as OF_COMPANY
from app.contacts.staff import TIMELINE as OF_CONTACT
from app.i18n import gettext as _
from app.records import attachments
from app.web.access import allow
from app.web.attaching import to_save

bp = Blueprint("files", __name__, url_prefix="/files")


@bp.get("/<int:id>")
@allow("files.view")
def show(id: int) -> Response:
    """The file, to be saved, never shown by the browser itself."""
    return to_save(attachments.get(id, current_user).record)


@bp.post("/<int:id>/removal")
@allow("files.edit")
def create_removal(id: int) -> Response:
    """Delete a file; it can be brought back from the message, or from the history."""
    found = attachments.get(id, current_user).record
    line, record_id = (OF_CONTACT, found.contact_id) if found.contact_id else (OF_COMPANY, found.company_id)
    return line.done(record_id, _("File deleted"), attachments.remove(found, actor=current_user.actor))
