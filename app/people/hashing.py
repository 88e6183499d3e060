"""Hashing the passwords that an import sealed, in the background: a hundred thousand of them take an hour."""

from sqlalchemy import select, update

from tenants import db
from tenants.jobs import Work, job

from . import passwords
from .models import Account

BATCH = 50


@job("people.hash_passwords", lane="long")
def hash_passwords(work: Work) -> None:
    """Replace every sealed password by its hash, some at a time; people can sign in meanwhile."""
    done = work.done
    while True:
        waiting = select(Account.id, Account.password_sealed).where(Account.password_sealed.is_not(None))
        rows = db.session.execute(waiting.order_by(Account.id).limit(BATCH)).all()
        if not rows:
            return
        for account_id, sealed in rows:
            _hash(account_id, sealed)
        done += len(rows)
        work.checkpoint(done=done)


def _hash(account_id: int, sealed: bytes) -> None:
    """Only while it is the same password: whoever chose another one meanwhile keeps that."""
    try:
        hashed = passwords.hashed(passwords.opened(sealed))
    except passwords.CannotOpen:
        # Sealed with a key that is gone: nobody can ever sign in with it, and a new one must be sent.
        hashed = None
    db.session.execute(
        update(Account)
        .where(Account.id == account_id, Account.password_sealed == sealed)
        .values(password_sealed=None, password_hash=hashed)
        .execution_options(synchronize_session=False)
    )
