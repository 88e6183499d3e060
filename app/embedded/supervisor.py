"""What `make run` does: embedded servers, migrations, the demo, then web server and worker for as long as it runs."""

import fcntl
import http.client
import json
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from app.embedded import database, postgres, valkey
from app.embedded.children import Child, Program, end_marked
from app.embedded.process import ServerError, port_taken, tail, write_private

QUICK = 5.0
MOST_QUICK_DEATHS = 3
STOP_SECONDS = 10.0
PATIENCE = 60.0
SURFACES = {"staff": "/", "admin": "/admin", "portal": "/portal"}


class Failed(Exception):
    """The run cannot go on; the text is for the person at the terminal."""


class Stopped(Exception):
    """Somebody pressed Ctrl-C or sent a signal while something was being set up."""


@dataclass(frozen=True)
class Wish:
    """What to run and where. An address that is given means that no server of that kind is started here."""

    home: Path
    port: int
    bind: str = "127.0.0.1"
    database_url: str = ""
    redis_url: str = ""
    first: tuple[Program, ...] = ()
    kept: tuple[Program, ...] = ()


@dataclass
class Kept:
    """Something that has to run all the time: how to start it, whether it has ended, and how it has fared."""

    name: str
    start: Callable[[], None]
    ended: Callable[[], bool]
    last_words: Callable[[], str]
    reason: Callable[[], str] = str
    begun: float = field(default_factory=time.monotonic)
    quick_deaths: int = 0
    again_at: float | None = None


class Supervisor:
    """Starts everything in order, keeps it running, and ends it in the opposite order."""

    def __init__(self, wish: Wish):
        """Remember what is wanted; nothing is touched yet."""
        self.wish = wish
        self.servers: dict[str, postgres.Server | valkey.Server] = {}
        self.children: list[Child] = []
        self.kept: list[Kept] = []
        self.signals = 0
        self.ready = False
        self.patience_ends = 0.0
        self.environment = dict(os.environ)
        self.selector = selectors.DefaultSelector()

    def run(self) -> int:
        """Do it all; return the exit code. Only one supervisor works in a home folder at a time."""
        self.prepare_home()
        with open(self.wish.home / "run.lock", "a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                say(f"Deskhand is already running from {self.wish.home} ({lock.read().strip()}).")
                say("Stop that one first, or give this one a folder and a port: DESKHAND_HOME=... PORT=8001 make run")
                return 1
            lock.truncate(0)
            lock.write(f"process {os.getpid()}, http://localhost:{self.wish.port}")
            lock.flush()
            self.listen_for_signals()
            return self.run_alone()

    def prepare_home(self) -> None:
        """Make the home folder, for its owner only.

        Where root's PostgreSQL can only run as `nobody`, that user is let pass through; it still cannot look around.
        """
        self.wish.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        passing = not self.wish.database_url and os.geteuid() == 0 and not postgres.namespaces_allowed()
        self.wish.home.chmod(0o711 if passing else 0o700)

    def run_alone(self) -> int:
        """Start, watch, and stop whatever happens."""
        try:
            self.set_up()
            self.watch()
        except Stopped:
            return 0
        except (Failed, ServerError) as error:
            say(f"\n{error}")
            return 1
        finally:
            self.stop()
        return 0

    # --- starting -----------------------------------------------------------------------------------------------------

    def set_up(self) -> None:
        """Bring up the servers, run the programs that come first, and start those that stay."""
        end_marked(str(self.wish.home), STOP_SECONDS)
        if port_taken(self.wish.port, self.wish.bind):
            raise Failed(
                f"Port {self.wish.port} is taken by another program.\n"
                f"Stop that one, or choose another port: PORT={self.wish.port + 1} make run"
            )
        addresses = {"DATABASE_URL": self.wish.database_url, "REDIS_URL": self.wish.redis_url}
        if not self.wish.database_url:
            addresses["DATABASE_URL"] = self.start_postgres()
        if not self.wish.redis_url:
            addresses["REDIS_URL"] = self.start_valkey()
        addresses |= {"DESKHAND_HOME": str(self.wish.home), "PORT": str(self.wish.port)}
        self.environment |= addresses
        write_private(self.wish.home / "services.json", json.dumps(addresses, indent=1) + "\n")
        for program in self.wish.first:
            self.run_once(program)
        for program in self.wish.kept:
            self.keep_child(program)

    def start_postgres(self) -> str:
        """Start PostgreSQL, make our role and database, and keep the server running."""
        base = self.wish.home / "postgres"
        say("Starting PostgreSQL" + (" (the first time takes a little longer)" if not (base / "data").exists() else ""))

        def start() -> None:
            port = self.servers["PostgreSQL"].port if "PostgreSQL" in self.servers else None
            self.servers["PostgreSQL"] = postgres.start(base, port=port, adopt=False)

        self.keep_server("PostgreSQL", start, base / "postgres.log")
        return database.prepare(self.servers["PostgreSQL"], self.wish.home)

    def start_valkey(self) -> str:
        """Start Valkey and keep it running."""
        base = self.wish.home / "valkey"
        say("Starting Valkey")

        def start() -> None:
            port = self.servers["Valkey"].port if "Valkey" in self.servers else None
            self.servers["Valkey"] = valkey.start(base, port=port, adopt=False)

        self.keep_server("Valkey", start, base / "valkey.log")
        return self.servers["Valkey"].url

    def keep_server(self, name: str, start: Callable[[], None], log: Path) -> None:
        """Start an embedded server and put it on the list of what has to run. A restart leaves it its port."""
        start()
        self.check_signals()
        self.kept.append(Kept(name, start, lambda: self.servers[name].ended(), lambda: tail(log)))

    def keep_child(self, program: Program) -> None:
        """Start a program and put it on the list of what has to run."""
        child = Child(program, self.wish.home, self.environment, say)
        self.children.append(child)
        child.start()
        ended = lambda: child.result() is not None  # noqa: E731
        reason = lambda: f" ({how(child.result())})"  # noqa: E731
        self.kept.append(Kept(program.name, child.start, ended, lambda: "\n".join(child.latest), reason))

    def run_once(self, program: Program) -> None:
        """Run a program to its end, which has to be a good one."""
        child = Child(program, self.wish.home, self.environment, say)
        self.children.append(child)
        child.start()
        while child.result() is None:
            self.wait(0.5)
            self.check_signals()
        self.children.remove(child)
        if child.result() != 0:
            raise Failed(f"`{program.name}` failed ({how(child.result())}), so nothing can be started.")

    # --- running ------------------------------------------------------------------------------------------------------

    def watch(self) -> None:
        """Restart what ends, say when the site answers, and return when a signal comes."""
        self.patience_ends = time.monotonic() + PATIENCE
        while not self.signals:
            now = time.monotonic()
            for one in self.kept:
                if one.again_at is not None and now >= one.again_at:
                    one.again_at, one.begun = None, now
                    one.start()
                elif one.again_at is None and one.ended():
                    self.plan_restart(one, now)
            if not self.ready:
                self.look_for_answer(now)
            self.wait(0.5 if self.ready else 0.1)

    def plan_restart(self, one: Kept, now: float) -> None:
        """Something ended on its own: start it again after a pause, unless it does nothing but end."""
        one.quick_deaths = one.quick_deaths + 1 if now - one.begun < QUICK else 1
        if one.quick_deaths >= MOST_QUICK_DEATHS:
            raise Failed(
                f"{one.name} has ended {one.quick_deaths} times within seconds of its start. Its last words:\n"
                f"{one.last_words()}"
            )
        pause = 0.5 * 2 ** (one.quick_deaths - 1)
        say(f"{one.name} has ended{one.reason()}; starting it again in {pause:g} s")
        one.again_at = now + pause

    def look_for_answer(self, now: float) -> None:
        """Greet as soon as the site can work; say so once when that takes unusually long."""
        if self.answers():
            self.ready = True
            self.greet()
        elif now > self.patience_ends:
            self.patience_ends = float("inf")
            say(f"Still waiting for an answer from http://localhost:{self.wish.port}/readyz")

    def answers(self) -> bool:
        """Ask the web server whether it can work."""
        host = "127.0.0.1" if self.wish.bind in ("0.0.0.0", "::", "") else self.wish.bind
        connection = http.client.HTTPConnection(host, self.wish.port, timeout=1)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def greet(self) -> None:
        """Say where the site is and, where there is a demo, who can sign in."""
        try:
            demo = json.loads((self.wish.home / "demo.json").read_text())
        except (OSError, ValueError):
            demo = {}
        address = f"http://{demo.get('host', 'localhost').partition(':')[0]}:{self.wish.port}"
        say(f"\nDeskhand is ready: {address}/")
        for surface, path in SURFACES.items():
            if surface in demo:
                who = demo[surface]
                say(f"  {surface:<7} {address + path:<31} {who['email']}   password: {who['password']}")
        say("Ctrl-C stops it.\n")

    # --- ending -------------------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """End the programs, then Valkey, then PostgreSQL. A second Ctrl-C makes the programs end at once."""
        before = self.signals
        if self.children or self.servers:
            say("Stopping")
        for child in self.children:
            child.ask_to_end()
        deadline = time.monotonic() + STOP_SECONDS
        while any([child.at_work() for child in self.children]):
            if time.monotonic() > deadline or self.signals > before:
                break
            self.wait(0.1)
        for child in self.children:
            child.force_to_end()
        end_marked(str(self.wish.home), 0)
        for name in ("Valkey", "PostgreSQL"):
            if name in self.servers:
                try:
                    self.servers[name].stop()
                except ServerError as error:
                    say(str(error))
        (self.wish.home / "services.json").unlink(missing_ok=True)

    # --- signals and waiting ------------------------------------------------------------------------------------------

    def listen_for_signals(self) -> None:
        """Count requests to stop, and let them and the end of a child wake us from waiting."""
        self.wakes, self.woken = socket.socketpair()
        for end in (self.wakes, self.woken):
            end.setblocking(False)
        signal.set_wakeup_fd(self.wakes.fileno(), warn_on_full_buffer=False)
        self.selector.register(self.woken, selectors.EVENT_READ)

        def count(_number, _frame) -> None:
            self.signals += 1

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, count)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)

    def check_signals(self) -> None:
        """Break off the set-up when somebody wants to stop."""
        if self.signals:
            raise Stopped

    def wait(self, seconds: float) -> None:
        """Sleep until a child says something or ends, a signal comes, or the time is over; pass on what was said."""
        listened = {}
        for child in self.children:
            if child.process and not child.process.stdout.closed:
                listened[self.selector.register(child.process.stdout, selectors.EVENT_READ).fd] = child
        for key, _events in self.selector.select(seconds):
            if key.fileobj is self.woken:
                self.woken.recv(4096)
        for fd, child in listened.items():
            self.selector.unregister(fd)
            if not child.listen() and child.process.poll() is None:
                child.process.stdout.close()


def how(code: int) -> str:
    """An exit code in words."""
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def say(text: str) -> None:
    """A line for the person at the terminal, who may have closed it."""
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except OSError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
