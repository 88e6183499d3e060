"""The only way up: which jobs follow which event. A row here is 'when this happened, that job runs'.

A job follows an operation, not a record: it is called with `operation_id` and reads the changes set-wise.
"""

from tenants.jobs import FUNCTIONS

from .records import events

# event kind ('contact.created') -> names of jobs
SUBSCRIBERS: dict[str, tuple[str, ...]] = {}


def init() -> None:
    """Let the jobs listen; refuses to start when a row names a job that does not exist."""
    missing = {name for names in SUBSCRIBERS.values() for name in names} - set(FUNCTIONS)
    if missing:
        raise LookupError(f"No such jobs: {', '.join(sorted(missing))}")
    events.listen({kind: tuple(FUNCTIONS[name] for name in names) for kind, names in SUBSCRIBERS.items()})
