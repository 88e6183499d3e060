"""What exports hold of a person who is erased: sheets of everybody, which can be asked for anew."""

from sqlalchemy import delete

from app.contacts.models import Contact
from app.i18n import lazy_gettext as _l
from app.records import erasing
from app.records.erasing import Work
from app.records.files import File
from tenants import db

from .writing import PURPOSE


@erasing.part(Contact, exports=_l("Exported sheets of contacts that are still kept"))
def erase_exports(work: Work) -> None:
    """Remove every sheet of contacts: each may hold the person."""
    sheets = (File.purpose == PURPOSE) & File.name.startswith("contacts")
    gone = db.session.execute(delete(File).where(sheets).execution_options(synchronize_session=False)).rowcount
    work.note("exports", gone)
