"""What is said of one address: who reaches it, which record it names, and what is sent to it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.cast import Cast
from tests.world import World

# The five actors: nobody, a technician, an administrator, a person of Acme with all rights in the portal, and one of
# Nordlys with none.
ACTORS = ("nobody", "ann", "adam", "ina", "nils")
EVERYBODY = frozenset(ACTORS)
STAFF = frozenset({"ann", "adam"})
ADMIN = frozenset({"adam"})
PORTAL = frozenset({"ina", "nils"})
INA = frozenset({"ina"})

# Which records of a kind an actor reaches, by the variants of `Canaries.ids`.
BY_COMPANY = {"ann": {"a", "x", "n"}, "adam": {"a", "x", "n"}, "ina": {"a"}, "nils": {"n"}}
BY_ACCOUNT = {"ann": {"ann"}, "adam": {"ann", "sue"}, "ina": set(), "nils": set()}
OWN_ACCOUNT = {"ann": {"ann"}, "adam": set(), "ina": set(), "nils": set()}
# The page of a record is also there once it was deleted.
WITH_GONE = {"ann": {"a", "x", "n", "gone"}, "adam": {"a", "x", "n", "gone"}, "ina": {"a"}, "nils": {"n"}}
ONLY_GONE = {"ann": {"gone"}, "adam": {"gone"}, "ina": set(), "nils": set()}
# What belongs to the desk and only administrators open: there is one of a kind, and one that was deleted.
ONE = {"ann": set(), "adam": {"a"}, "ina": set(), "nils": set()}
GONE = {"ann": set(), "adam": {"gone"}, "ina": set(), "nils": set()}
ONE_AND_GONE = {"ann": set(), "adam": {"a", "gone"}, "ina": set(), "nils": set()}
OF_STAFF = {"ann": {"ann", "sue"}, "adam": {"ann", "sue"}, "ina": set(), "nils": set()}

Reach = Mapping[str, set[str]]
# A body, or what makes one from the ids of the cast.
Body = dict[str, Any] | Callable[[Cast], dict[str, Any]]


@dataclass(frozen=True)
class Route:
    """What is said of one address."""

    who: frozenset[str]
    # The kind of record that <int:id> names, and which of them each actor reaches.
    id: str = ""
    reach: Reach = field(default_factory=lambda: BY_COMPANY)
    # What stands for the other parts of the address, and its query.
    args: dict[str, str] = field(default_factory=dict)
    query: str = ""
    # For an address that writes: a body that is accepted, one that is answered 422, and whether it writes at all.
    body: Body = field(default_factory=dict)
    bad: Body | None = None
    writes: bool = True
    # How the API wants its body: 'json', or 'form' for files.
    sent: str = "json"
    # For an address that shows: whether it shows people's words.
    shows: bool = True
    # An address that does something; `before` makes the state in which it can, and may return another number for it.
    acts: bool = False
    before: Callable[[World], int | None] | None = None


def page(who: frozenset[str], id: str = "", **more: Any) -> Route:
    """An address that shows something."""
    return Route(who, id, **more)


def form(who: frozenset[str], id: str = "", **more: Any) -> Route:
    """A page with a form that shows nobody's words."""
    return Route(who, id, shows=False, **more)


def act(who: frozenset[str], id: str = "", body: Body | None = None, bad: Body | None = None, **more: Any) -> Route:
    """An address that does something."""
    return Route(who, id, body=body or {}, bad=bad, acts=True, **more)
