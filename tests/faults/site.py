"""An installation of a test's own, with servers that may be killed: PostgreSQL, Valkey, web server and worker."""

from collections.abc import Iterator
from contextlib import contextmanager

import requests

from app.application import create_app
from app.config import load
from app.embedded import postgres, valkey
from app.embedded.process import free_port, wait_until
from tenants import fleet, provision
from tests import cluster as clusters
from tests import world as worlds
from tests.cast import HOSTS, NAMES, make_cast

from .processes import SECONDS, Processes

DATABASE = "site"
SECRET_KEY = "tests-of-faults-only-the-same-in-every-process"
# What was answered must be there after a crash; only a power cut may take it, since nothing is forced to the disk.
SETTINGS = clusters.SETTINGS | {"synchronous_commit": "on", "autovacuum": "on"}


class Site:
    """Both organizations on servers of their own, and the programs that serve them."""

    def __init__(self, cluster: clusters.Cluster):
        self.cluster, self.folder = cluster, cluster.home.parent
        self.restart_postgres()
        cluster.create(DATABASE)
        settings = load(
            home=cluster.home, database_url=cluster.url(DATABASE), redis_url=cluster.valkey.url, secret_key=SECRET_KEY
        )
        app = create_app(settings, DATABASE_POOL=None)
        app.test_client_class = worlds.Client
        with worlds.using(app, cluster.url(DATABASE)), app.app_context():
            fleet.everything()
            keys = {slug: provision.create(slug, NAMES[slug], list(hosts)).key for slug, hosts in HOSTS.items()}
            cast = {slug: make_cast(slug) for slug in HOSTS}["harbor"]
        self.world = worlds.World(app, cluster, DATABASE, cast, keys)
        self.processes = Processes(self.folder, environment(self.world, lease=5))
        self.port = free_port()
        self.web = self.worker = None

    # --- servers ------------------------------------------------------------------------------------------------------

    def restart_postgres(self) -> None:
        """Kill PostgreSQL and start it again over what it left."""
        server = self.cluster.postgres
        server.kill()
        self.cluster.postgres = postgres.start(server.base, port=server.port, fast=True, extra=SETTINGS)

    def restart_valkey(self) -> None:
        """Kill Valkey and start it again with nothing in it."""
        server = self.cluster.valkey
        server.kill()
        self.cluster.valkey = valkey.start(server.base, port=server.port, persist=False)

    # --- programs -----------------------------------------------------------------------------------------------------

    def start_web(self, program: str = "", **environment: str) -> None:
        """Start the web server, or a program of the tests' in its place, and wait until it answers."""
        self.web = self.processes.web(self.port, program, **environment)
        assert wait_until(self.is_ready, SECONDS), self.processes.said()

    def start_worker(self, **environment: str) -> None:
        """Start the worker."""
        self.worker = self.processes.worker(**environment)

    def answers(self, seconds: float = SECONDS, program: str = "") -> None:
        """Wait until the web server works again after one of its processes was killed.

        Granian gives up when its process dies again within seconds; whoever keeps it starts it anew.
        """
        wait_until(lambda: self.web.poll() is not None or self.is_ready(), seconds)
        if self.web.poll() is not None:
            self.start_web(program)

    def is_ready(self) -> bool:
        """Whether the web server says that everything is as it must be."""
        try:
            return requests.get(f"http://127.0.0.1:{self.port}/readyz", timeout=5).status_code == 200
        except requests.RequestException:
            return False


def environment(world: worlds.World, lease: int) -> dict[str, str]:
    """What a program has to be told to work in this world."""
    return {
        "DATABASE_URL": world.app.config["DATABASE_URL"],
        "REDIS_URL": world.app.config["REDIS_URL"],
        "DESKHAND_HOME": str(world.cluster.home),
        "DESKHAND_SECRET_KEY": world.app.config["SECRET_KEY"],
        "DESKHAND_LEASE": str(lease),
        "DESKHAND_WEB_PROCESSES": "1",
    }


@contextmanager
def running() -> Iterator[Site]:
    """A site in a temporary folder; afterwards everything is gone."""
    with clusters.running() as cluster:
        site = Site(cluster)
        with worlds.using(site.world.app, cluster.url(DATABASE)):
            try:
                yield site
            finally:
                site.processes.end()
