"""The figures of the runs behind the marker `faults`, kept in .local/bench/faults.json."""

import json
from typing import Any

from app.embedded.process import locked
from tests.source import ROOT

RESULTS = ROOT / ".local" / "bench" / "faults.json"


def keep(name: str, figures: dict[str, Any]) -> None:
    """Put the figures of one test in the place of those of its last run; the others stay."""
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    with locked(RESULTS.with_suffix(".lock")):
        found = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
        RESULTS.write_text(json.dumps(found | {name: figures}, indent=1) + "\n")
