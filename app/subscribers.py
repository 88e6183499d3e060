"""The only way up: which jobs follow which event. A row here is 'when this happened, that job runs'."""

from tenants.jobs import FUNCTIONS

# event kind -> names of jobs
SUBSCRIBERS: dict[str, tuple[str, ...]] = {}


def check() -> None:
    """Refuse to start when a subscriber names a job that does not exist."""
    missing = {name for names in SUBSCRIBERS.values() for name in names} - set(FUNCTIONS)
    if missing:
        raise LookupError(f"No such jobs: {', '.join(sorted(missing))}")
