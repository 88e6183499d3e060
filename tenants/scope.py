"""Entering an organization: one app context, one organization, one session, one transaction.

Requests are wrapped by `wrap_requests`, jobs and commands by `scope`. Returning commits, raising rolls back.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from flask import Flask, current_app, g

from . import engines, migrate
from .db import Tenancy, db, enter_transaction, tenancy
from .elsewhere import Moved, follow, has_left
from .resolve import Organization, organization


class AlreadyEntered(RuntimeError):
    """A second organization was entered in one app context: its rows would mix with the first's."""


class NotMigrated(RuntimeError):
    """The organization's tables are too old or too new for this program: `deskhand migrate`, or update the program."""


def enter(found: Organization, seconds: int = 15) -> Tenancy:
    """Enter an organization for the rest of this app context. Statements may take `seconds` each.

    Raises `NotMigrated` when its tables are too far from what this program knows.
    """
    if g.get("tenancy") is not None:
        raise AlreadyEntered(f"This app context is already in organization {g.tenancy.key}.")
    if not migrate.serves(found.revision):
        raise NotMigrated(f"The tables of {found.slug} are at revision {found.revision or 'none'}.")
    g.tenancy = Tenancy(
        found.key,
        found.slug,
        found.name,
        found.shard,
        found.sealed_as,
        current=found.revision == migrate.head("tenant"),
        seconds=seconds,
    )
    return g.tenancy


def narrow(contact_id: int) -> None:
    """Continue as a portal viewer: another login, and only that contact's companies. There is no way back."""
    here = tenancy()
    if here.login == "portal":
        raise AlreadyEntered("This app context is already narrowed to a portal viewer.")
    db.session.commit()
    # What is known of the settings stays known.
    known = dict(db.session.info)
    db.session.remove()
    db.session.info.update(known)
    g.tenancy = replace(here, login="portal", contact_id=contact_id, seconds=5)


@contextmanager
def scope(slug_or_key: str, seconds: int = 600) -> Iterator[Tenancy]:
    """Work inside an organization outside a request; commits at the end, rolls back when the body raises.

    Raises `Moved` when the organization went to another server meanwhile.
    """
    with current_app.app_context():
        entered = enter(organization(slug_or_key), seconds)
        try:
            yield entered
            db.session.commit()
        except BaseException as error:
            db.session.rollback()
            if has_left(error):
                raise Moved(f"{entered.slug} is no longer on {entered.shard}.") from error
            raise
        finally:
            db.session.remove()


@contextmanager
def aside() -> Iterator:
    """A short transaction of its own, for what must outlive a rollback: sign-in attempts and security events."""
    here = replace(tenancy(), login="desk", contact_id=None)
    with engines.engine(here.shard, "desk").begin() as connection:
        enter_transaction(connection, here)
        yield connection


@contextmanager
def central() -> Iterator:
    """A short transaction on the server 'main' in this organization's name, for its hosts, wherever it lives itself."""
    here = tenancy()
    with engines.engine("main", "desk").begin() as connection:
        connection.exec_driver_sql("SELECT set_config('role', %s, true)", (here.schema,))
        yield connection


def wrap_requests(app: Flask, find: Callable[[], Organization | None]) -> None:
    """Give each request the organization that `find` names, and commit when its view has returned.

    The commit happens inside the view's own try block, so that a constraint that speaks only at the commit is
    still answered by the error handlers.
    """

    @app.before_request
    def _enter():
        found = find()
        if found is not None:
            enter(found)

    inner = app.dispatch_request

    def dispatch_and_commit():
        response = app.make_response(inner())
        if g.get("tenancy") is not None:
            db.session.commit()
        return response

    app.dispatch_request = dispatch_and_commit
    follow(app)
