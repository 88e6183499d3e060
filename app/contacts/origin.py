"""How a contact came to be, and when and from where they were last here: told by the journal and by their account."""

from sqlalchemy import Text, case, cast, select

from app.fields.kinds import Choice, DateTime
from app.fields.kinds import Text as TextKind
from app.fields.registry import Related, related
from app.i18n import lazy_gettext as _l
from app.people.models import Account
from app.records.models import Operation

from .models import Contact

ORIGIN = _l("Origin and sign-in")
SOURCES = [("direct", _l("Direct entry")), ("import", _l("Import")), ("api", _l("API")), ("other", _l("Other"))]


def _source(model):
    """Who was made by an import, by a program or by hand; nobody needs to note it anywhere."""
    kinds = case(
        (Operation.through == "screen", "direct"),
        (Operation.through.like("import %"), "import"),
        (Operation.through.like("API token %"), "api"),
        else_="other",
    )
    return select(cast(kinds, Text)).where(Operation.id == model.created_op).correlate(model).scalar_subquery()


def _of_account(what):
    return lambda model: select(what).where(Account.contact_id == model.id).correlate(model).scalar_subquery()


related(
    Contact,
    "source",
    Choice(_l("Source"), choices=SOURCES),
    Related(_source),
    after="notes",
    section=ORIGIN,
    readonly=True,
    opens="",
)
related(
    Contact,
    "signed_in_at",
    DateTime(_l("Last sign-in")),
    Related(_of_account(Account.signed_in_at)),
    after="source",
    section=ORIGIN,
    readonly=True,
    opens="",
)
related(
    Contact,
    "signed_in_from",
    TextKind(_l("Signed in from")),
    Related(_of_account(Account.signed_in_from)),
    after="signed_in_at",
    section=ORIGIN,
    readonly=True,
    opens="",
)
