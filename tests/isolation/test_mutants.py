"""That the tests notice a missing wall: a few walls are taken away in turn, and behind the marker every one of them."""

import subprocess
import sys

import pytest

from tests.source import ROOT


def mutants(*arguments: str) -> str:
    """Run the command, which must end well, and return what it said."""
    command = [sys.executable, "-m", "tests.isolation.mutants", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


@pytest.mark.threat("T-001", "T-002", "T-009", "T-013")
def test_a_few_missing_walls_are_noticed():
    assert "kill rate: 100.0 % (5 of 5" in mutants("--sample", "5")


@pytest.mark.isolation
@pytest.mark.timeout(7200)
def test_every_missing_wall_is_noticed():
    assert "kill rate: 100.0 %" in mutants()
