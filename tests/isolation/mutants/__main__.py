"""The command: which mutants, the tests they need, the table and the rate."""

import argparse
import os
import sys
from collections import Counter
from pathlib import Path

import pytest

from . import database, doors, guards
from .mutant import Mutant
from .running import Mutating

ROOT = Path(__file__).resolve().parents[3]
# The whole of it takes longer than one test may.
OPTIONS = ("-q", "--no-header", "-p", "no:cacheprovider", "-p", "no:terminalreporter", "-o", "timeout=0")


def main(arguments: list[str] | None = None) -> int:
    """Run what is asked for; 0 when every mutant was noticed."""
    parser = argparse.ArgumentParser(prog="python -m tests.isolation.mutants", description=__doc__)
    parser.add_argument("--only", default="", metavar="WORD", help="mutants with this word in their family or name")
    parser.add_argument("--sample", type=int, default=0, metavar="N", help="so many of them, of every family in turn")
    given = parser.parse_args(arguments)
    os.chdir(ROOT)

    def chosen(fixtures: dict) -> list[Mutant]:
        mutants = [*database.mutants(fixtures), *doors.mutants(fixtures["app"]), *guards.MUTANTS]
        mutants = [one for one in mutants if given.only in f"{one.family} {one.name}"]
        return _sample(mutants, given.sample) if given.sample else mutants

    plugin = Mutating(chosen)
    status = pytest.main([*OPTIONS, *FILES], plugins=[plugin])
    if plugin.broken or not plugin.verdicts:
        sys.stdout.write(
            "Fails without any mutant: " + ("\n\n".join(plugin.broken) or f"pytest ended with {status}") + "\n"
        )
        return 2
    if len(plugin.verdicts) < plugin.asked:
        sys.stdout.write(
            f"Stopped after {len(plugin.verdicts)} of {plugin.asked} mutants: pytest ended with {status}\n"
        )
        return 2
    return _report(plugin)


def _sample(mutants: list[Mutant], count: int) -> list[Mutant]:
    """So many mutants, from the middle of each family in turn."""
    families: dict[str, list[Mutant]] = {}
    for one in mutants:
        families.setdefault(one.family, []).append(one)
    found: list[Mutant] = []
    while len(found) < min(count, len(mutants)):
        for family in families.values():
            if family and len(found) < count:
                found.append(family.pop(len(family) // 2))
    return found


def _report(plugin: Mutating) -> int:
    total, killed = Counter(), Counter()
    for verdict in plugin.verdicts:
        total[verdict.mutant.family] += 1
        killed[verdict.mutant.family] += bool(verdict.killer)
    lines = [f"{family:12} {killed[family]:4} of {total[family]:4}" for family in total]
    survivors = [f"survived: {one.mutant.family} {one.mutant.name}" for one in plugin.verdicts if not one.killer]
    everything = sum(total.values())
    rate = 100 * sum(killed.values()) / everything
    seconds = sum(verdict.seconds for verdict in plugin.verdicts)
    lines.append(f"kill rate: {rate:.1f} % ({sum(killed.values())} of {everything} mutants, {seconds:.0f} s)")
    sys.stdout.write("\n".join(["", *survivors, *lines]) + "\n")
    return 0 if not survivors else 1


FILES = sorted({test.partition("::")[0] for test in (*database.FILES, *doors.FILES, *guards.FILES)})

if __name__ == "__main__":
    sys.exit(main())
