"""The records that somebody opened last. The session keeps their numbers, nothing else; signing out forgets them."""

from flask import session

MOST = 8
_KEY = "recent"


def opened(noun: str, record_id: int) -> None:
    """Remember that a record's page was opened."""
    here = [noun, record_id]
    known = recent()
    if known[:1] != [(noun, record_id)]:
        session[_KEY] = [here, *([*one] for one in known if [*one] != here)][:MOST]


def recent() -> list[tuple[str, int]]:
    """The noun and the number of each, the last one first."""
    return [(noun, record_id) for noun, record_id in session.get(_KEY, ())]
