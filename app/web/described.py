"""What a view says of itself for the description of the API: its documents, parameters and answers, by name."""

from collections.abc import Callable
from dataclasses import dataclass, field

PROBLEMS = (401, 403, 404)


@dataclass(frozen=True)
class Described:
    """One operation. Schemas, parameters and headers are named here and described once, in `app.api.openapi`."""

    summary: str
    answers: dict[int, str]
    sent: dict[str, str] = field(default_factory=dict)
    parameters: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    problems: tuple[int, ...] = PROBLEMS


def described(summary: str, answers: dict[int, str], *, problems: tuple[int, ...] = (), **more) -> Callable:
    """Say what a view takes and gives; `answers` holds the name of the schema for each status, '' for no document."""

    def mark(view: Callable) -> Callable:
        view.described = Described(summary, answers, problems=tuple(sorted({*PROBLEMS, *problems})), **more)
        return view

    return mark
