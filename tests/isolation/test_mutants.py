"""That the tests notice a missing wall: a few walls are taken away in turn, and behind the marker every one of them."""

import subprocess
import sys

import pytest

from tests.source import ROOT

from .mutants import guards


def mutants(*arguments: str) -> str:
    """Run the command, which must end well, and return what it said."""
    command = [sys.executable, "-m", "tests.isolation.mutants", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


@pytest.mark.parametrize("family", guards.FAMILIES)
def test_what_is_taken_away_is_there(app, family):
    """So that who changes a guard is told at once that its mutant must be said anew."""
    for mutant in guards.MUTANTS:
        if mutant.family == family:
            with pytest.MonkeyPatch.context() as patch:
                mutant.change(app, patch)


@pytest.mark.threat("T-001", "T-002", "T-009", "T-013")
def test_a_few_missing_walls_are_noticed():
    assert "kill rate: 100.0 % (5 of 5" in mutants("--sample", "5")


@pytest.mark.isolation
@pytest.mark.timeout(7200)
def test_every_missing_wall_is_noticed():
    assert "kill rate: 100.0 %" in mutants()
