"""Figures for whoever watches the installation, in Prometheus' text format, on a port of their own; off by default.

What web processes count lies in files that they share with the process that answers. The rest is looked up when it is
asked for. No label names an organization: who may watch the machines need not know who the customers are.
"""

import time
from collections.abc import Iterator

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Histogram, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from app.counting import FOLDER
from tenants import census

from .surfaces import surface

SECONDS = Histogram(
    "deskhand_request_seconds",
    "How long requests took until their answer began.",
    ["surface", "method", "status"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=None,
)
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


def init_app(app: Flask) -> None:
    """Count requests and their time, where somebody may ask for it."""
    if not FOLDER:
        return

    @app.before_request
    def _begin():
        g.begun = time.perf_counter()

    @app.after_request
    def _end(response: Response) -> Response:
        if "begun" in g:
            method = request.method if request.method in METHODS else "other"
            labels = surface(), method, f"{response.status_code // 100}xx"
            SECONDS.labels(*labels).observe(time.perf_counter() - g.begun)
        return response


def serve(app: Flask, port: int, address: str) -> None:
    """Answer at a port, in a thread beside what this process does; nothing where it is 0."""
    if not port:
        return
    asked = CollectorRegistry()
    MultiProcessCollector(asked, path=FOLDER)
    asked.register(Census(app))
    start_http_server(port, address, asked)


class Census:
    """What is looked up when somebody asks: organizations, jobs, workers, connections."""

    def __init__(self, app: Flask):
        self.app = app

    def describe(self) -> list[Metric]:
        """Nothing is known before somebody asks."""
        return []

    def collect(self) -> Iterator[Metric]:
        """The figures; what cannot be reached is missing, and said to be so."""
        reached = GaugeMetricFamily("deskhand_reached", "Whether a server answered (1) or not (0).", labels=["server"])
        with self.app.app_context():
            for server, look, errors in (
                ("database", _database, (SQLAlchemyError, OSError)),
                ("queue", _queue, (RedisError, ValueError, OSError)),
            ):
                try:
                    yield from list(look())
                    reached.add_metric([server], 1)
                except errors:
                    reached.add_metric([server], 0)
        yield reached


def _database() -> Iterator[Metric]:
    found = GaugeMetricFamily("deskhand_organizations", "Organizations.", labels=["state", "shard"])
    for state, shard, number in census.organizations():
        found.add_metric([state, shard], number)
    yield found
    found = GaugeMetricFamily("deskhand_unmigrated_organizations", "Organizations behind this program's migrations.")
    found.add_metric([], census.behind())
    yield found
    due = GaugeMetricFamily("deskhand_wakes_due", "Entries of the wake list that are due.", labels=["shard"])
    oldest = GaugeMetricFamily(
        "deskhand_oldest_wake_seconds", "How long the oldest of them has waited.", labels=["shard"]
    )
    connections = GaugeMetricFamily("deskhand_database_connections", "Connections of Deskhand.", labels=["shard"])
    for shard, number, seconds, open_ in census.servers():
        due.add_metric([shard], number)
        oldest.add_metric([shard], seconds)
        connections.add_metric([shard], open_)
    yield from (due, oldest, connections)


def _queue() -> Iterator[Metric]:
    waiting = GaugeMetricFamily("deskhand_queued_jobs", "Jobs that wait in the queue.", labels=["lane"])
    for lane, number in census.queued():
        waiting.add_metric([lane], number)
    yield waiting
    done = CounterMetricFamily("deskhand_worker_jobs", "Jobs that the workers now at work have run.")
    alive, number = census.workers()
    done.add_metric([], number)
    workers = GaugeMetricFamily("deskhand_workers", "Workers that were heard of lately.")
    workers.add_metric([], alive)
    yield from (workers, done)
