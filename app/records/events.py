"""What follows an event: jobs that are asked for in the operation's own transaction, once for each operation and kind.

The event row itself is written by the statement that changes the records; who listens is said in `app.subscribers`.
"""

from app.fields.record import Record
from tenants import db
from tenants.jobs import JobFunction

_listeners: dict[str, tuple[JobFunction, ...]] = {}


def listen(listeners: dict[str, tuple[JobFunction, ...]]) -> None:
    """Say which jobs follow which event ('contact.created'); each is called with the operation's id."""
    _listeners.clear()
    _listeners.update(listeners)


def follow(operation_id: int, model: type[Record], verb: str) -> None:
    """Ask for the jobs that follow this event, unless this operation has asked already."""
    kind = f"{model.noun}.{verb}"
    asked = db.session.info.setdefault("followed", set())
    if kind in _listeners and (operation_id, kind) not in asked:
        asked.add((operation_id, kind))
        for function in _listeners[kind]:
            function.later(operation_id=operation_id)
