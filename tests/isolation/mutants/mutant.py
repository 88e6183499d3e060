"""One mutant: what is taken away, and which tests should notice."""

import importlib
import inspect
import re
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from types import FunctionType

import pytest
from flask import Flask

Change = Callable[[Flask, pytest.MonkeyPatch], None]


class NotApplied(RuntimeError):
    """What a mutant takes away is not there (any more): the mutant must be said anew."""


@dataclass(frozen=True)
class Mutant:
    """A wall that is missing."""

    family: str
    name: str
    # Beginnings of node ids, in the order in which they are tried.
    tests: tuple[str, ...]
    # What is done to each copy of the database, once for every organization where it names {schema} or {portal}.
    sql: str = ""
    # What is done to the servers' roles, and what takes it back.
    roles: tuple[str, str] = ("", "")
    # What is done to the running application; `MonkeyPatch` takes it back.
    change: Change | None = None


def function_at(place: str) -> FunctionType:
    """The function at 'module:name' or 'module:Class.name'."""
    module, _, path = place.partition(":")
    found = importlib.import_module(module)
    for part in path.split("."):
        found = inspect.getattr_static(found, part)
    found = getattr(found, "__func__", found)
    return found.__wrapped__ if isinstance(found, _MADE_ONCE) else found


_MADE_ONCE = type(cache(lambda: None))


def forget_statements() -> None:
    """Let statements that are made once be made anew, since what they are made of is another now."""
    for name in [name for name in sys.modules if name.split(".")[0] in ("app", "tenants")]:
        for made in list(vars(sys.modules[name]).values()):
            if type(made) is _MADE_ONCE:
                made.cache_clear()


def rewritten(place: str | Callable[[Flask], FunctionType], old: str, new: str) -> Change:
    """Replace words in a function's source while it stays the same object, so that whoever holds it has the mutant."""

    def change(app: Flask, patch: pytest.MonkeyPatch) -> None:
        function = place(app) if callable(place) else function_at(place)
        source = textwrap.dedent(inspect.getsource(function))
        # Decorators have done their work already.
        source = source[re.search(r"^def ", source, re.MULTILINE).start() :]
        if old not in source:
            raise NotApplied(f"{old!r} does not stand in {function.__qualname__}")
        names = dict(function.__globals__)
        exec(compile(source.replace(old, new), function.__code__.co_filename, "exec"), names)  # noqa: S102
        made = names[function.__name__].__code__
        if made.co_freevars != function.__code__.co_freevars:
            raise NotApplied(f"{function.__qualname__} uses names of the function around it")
        patch.setattr(function, "__code__", made)

    return change


def replaced(place: str, value) -> Change:
    """Put something else in the place of a module's name: 'module:name'."""
    module, _, name = place.partition(":")
    return lambda app, patch: patch.setattr(importlib.import_module(module), name, value)
