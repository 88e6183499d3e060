"""What exports hold of a person who is erased: sheets of everybody and archives of one, which can be asked for anew."""

from sqlalchemy import delete

from app.contacts.models import Contact
from app.i18n import lazy_gettext as _l
from app.records import erasing
from app.records.erasing import Work
from app.records.files import File
from tenants import db

from . import person
from .writing import PURPOSE


@erasing.part(Contact, exports=_l("Exports of contacts that are still kept"))
def erase_exports(work: Work) -> None:
    """Remove every sheet of contacts, and everything about anybody: each may hold the person."""
    sheets = (File.purpose == PURPOSE) & (File.name.startswith("contacts") | File.name.startswith(person.BEGINS))
    gone = db.session.execute(delete(File).where(sheets).execution_options(synchronize_session=False)).rowcount
    work.note("exports", gone)
