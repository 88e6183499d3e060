"""Taking an import back: what it made is withdrawn, what it changed gets its old values; what was edited stays."""

from sqlalchemy import delete, exists, func, update

from app.contacts.models import Contact
from app.i18n import speaking
from app.people.models import Account
from app.records import undo
from tenants import db
from tenants.jobs import Work, job

from .steps import SILENCE, hold, locale_of

# So many of those that were kept are listed; all of them are counted.
LISTED = 1000


@job("imports.undo", lane="long", silence=SILENCE)
def take_back(work: Work, import_id: int) -> None:
    """Undo the operation of an import, some thousand changes at a time."""
    found = hold(work, import_id)
    with speaking(locale_of(found)):
        outcome = undo.undo_chunks(work, found.operation_id, found.undo_id)
    found = hold(work, import_id)
    kept = list({(noun, record_id): [noun, record_id, str(why)] for noun, record_id, why in outcome.kept}.values())
    found.counts = {**found.counts, "reversed": outcome.reversed, "kept": len(kept)}
    found.progress = {"kept": kept[:LISTED]}
    found.state, found.finished_at = "undone", func.now()
    db.session.flush()


@undo.also
def take_accounts_back(undone_id: int, _undo_id: int) -> None:
    """Remove the accounts that an operation made for people who are gone; whoever has signed in is only shut out."""
    gone = exists().where(Contact.id == Account.contact_id, Contact.withdrawn_at.is_not(None))
    mine = (Account.created_op == undone_id) & Account.contact_id.is_not(None) & gone
    options = {"synchronize_session": False}
    db.session.execute(delete(Account).where(mine, Account.signed_in_at.is_(None)).execution_options(**options))
    db.session.execute(update(Account).values(enabled=False).where(mine).execution_options(**options))
