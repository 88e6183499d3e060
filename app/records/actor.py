"""Who acts: always an argument, never taken from the surroundings."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """The account behind an operation, the name the journal keeps, and through what it acted.

    `through` is 'screen', 'portal', an API token's or an import's name; `on_behalf` names the person it was done for.
    """

    name: str
    account_id: int | None = None
    contact_id: int | None = None
    through: str = "screen"
    on_behalf: str = ""


SYSTEM = Actor("Deskhand", through="command line")
