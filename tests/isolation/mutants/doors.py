"""Mutants of the doors: what each view asks of its viewer, and the guard in front of each surface."""

from flask import Flask
from pytest import MonkeyPatch

from app.web.access import PUBLIC, SIGNED_IN

from ..test_rights import AT_THE_DOOR
from .mutant import Mutant

RIGHTS = "tests/isolation/test_rights.py"
MATRIX = "tests/isolation/test_matrix.py::test_who_reaches_what"
# These every viewer of their surface holds, so that asking for them is asking whether somebody is signed in.
HELD_BY_ALL = {"portal.use"}


def mutants(app: Flask) -> list[Mutant]:
    """For each view: no right is asked for, and not even a sign-in. For each surface: no guard."""
    found = []
    for endpoint, view in sorted(app.view_functions.items()):
        if view.policy == PUBLIC:
            continue
        tests = (f"{RIGHTS}::test_who_holds_no_right_opens_nothing[{endpoint}]", f"{MATRIX}[{endpoint}-False]")
        if endpoint in AT_THE_DOOR:
            tests += (f"{RIGHTS}::test_who_holds_every_right_but_one_is_refused[{endpoint}]",)
        for policy in (SIGNED_IN, PUBLIC):
            if policy != view.policy and not (policy == SIGNED_IN and view.policy in HELD_BY_ALL):
                found.append(Mutant("view", f"{endpoint} is {policy}", tests, change=_policy(endpoint, policy)))
    for surface, functions in sorted(app.before_request_funcs.items(), key=str):
        for number, function in enumerate(functions if surface else ()):
            change = _without(surface, number)
            found.append(Mutant("guard", f"{surface}: no {function.__name__}", _tests_of(surface), change=change))
    return found


def _tests_of(surface: str) -> tuple[str, ...]:
    matrix = f"{MATRIX}[{surface}."
    return (RIGHTS, matrix) if surface != "portal" else (matrix, "tests/portal", "tests/tenants/test_scope.py")


def _policy(endpoint: str, policy: str):
    def change(app: Flask, patch: MonkeyPatch) -> None:
        patch.setattr(app.view_functions[endpoint], "policy", policy)

    return change


def _without(surface: str, number: int):
    def change(app: Flask, patch: MonkeyPatch) -> None:
        kept = [one for place, one in enumerate(app.before_request_funcs[surface]) if place != number]
        patch.setitem(app.before_request_funcs, surface, kept)

    return change


FILES = (RIGHTS, MATRIX, "tests/portal", "tests/tenants/test_scope.py")
