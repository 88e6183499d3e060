"""What a noun shows on the page of a record that another noun owns: a contact's groups on the contact's page."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Part:
    """A fragment of a page: its template, and what that shows, which it knows as `shown`."""

    template: str
    shown: dict[str, Any]


_parts: dict[tuple[str, str], list[Callable[[int], Part | None]]] = {}


def shows_on(noun: str, surface: str = "staff") -> Callable:
    """Register a function that is called with the id of such a record and returns its part of the page, if any."""

    def register(function: Callable[[int], Part | None]) -> Callable:
        _parts.setdefault((noun, surface), []).append(function)
        return function

    return register


def of(noun: str, record_id: int, surface: str = "staff") -> list[Part]:
    """What other nouns show on the page of this record, in the order in which they were read."""
    return [part for function in _parts.get((noun, surface), ()) if (part := function(record_id)) is not None]
