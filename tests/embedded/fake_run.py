"""What the processes do that the tests kill. Functions here, since a new process must be able to import them."""

import sys
import time
from pathlib import Path

from app.embedded import postgres, valkey
from app.embedded.children import Program
from app.embedded.supervisor import Supervisor, Wish

PROGRAMS = str(Path(__file__).with_name("fake_programs.py"))
NOWHERE = {"database_url": "postgresql://nobody@127.0.0.1:1/none", "redis_url": "redis://127.0.0.1:1/0"}


def program(name: str, does: str = "") -> Program:
    """A program of this name, which does what the stand-in of that or another name does."""
    return Program(name, (sys.executable, PROGRAMS, does or name))


def supervise(home: Path, port: int, case: str) -> int:
    """Run stand-ins. The case says what is unusual; all but "servers" do without PostgreSQL and Valkey."""
    migrate = {"bad start": "fail", "slow start": "work"}.get(case, "note")
    worker = {"bad worker": "fail"}.get(case, "work")
    wish = Wish(
        home=home,
        port=port,
        first=(program("migrate", migrate), program("demo")),
        kept=(program("serve"), program("worker", worker)),
        **({} if case == "servers" else NOWHERE),
    )
    return Supervisor(wish).run()


def keep_postgres(base: Path) -> None:
    """Start a server, say its process number, and stay."""
    sys.stdout.write(f"{postgres.start(base, fast=True).pid}\n")
    sys.stdout.flush()
    time.sleep(600)


def keep_valkey(base: Path) -> None:
    """Start a server, say its process number, and stay."""
    sys.stdout.write(f"{valkey.start(base).pid}\n")
    sys.stdout.flush()
    time.sleep(600)
