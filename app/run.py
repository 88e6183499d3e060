"""Starting the web server and the workers."""

import multiprocessing
import os
import signal
import sys

import click
from granian import Granian
from granian.constants import Interfaces
from rq import Worker
from rq.serializers import JSONSerializer

from tenants import checks, queue, runner

from .application import create_app
from .config import load


@click.command()
def serve():
    """Serve the web application."""
    settings = load()
    with create_app(settings).app_context():
        try:
            checks.check()
        except checks.Unfit as error:
            click.echo(f"Error: {error}", err=True)
            sys.exit(1)
    Granian(
        "app.wsgi:application",
        address=settings.bind,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.web_processes,
        blocking_threads=settings.web_threads,
        log_access=False,
        respawn_failed_workers=True,
    ).serve()


@click.command()
@click.option("--burst", is_flag=True, help="Stop when nothing is left to do.")
def worker(burst: bool):
    """Work on jobs, and send those that the queue forgot."""
    if not burst:
        multiprocessing.Process(target=_dispatcher, daemon=True, name="dispatcher").start()
    _work(burst)


def _dispatcher() -> None:
    """The process that reads the wake list."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = os.getppid()
    with create_app(DATABASE_POOL=None).app_context():
        queue.dispatch_while(lambda: os.getppid() == parent)


def _work(burst: bool) -> None:
    # Forked children must not share the parent's connections, so this process keeps none.
    app = create_app(DATABASE_POOL=None)
    runner.install(app)
    with app.app_context():
        Worker(
            queue.queues(),
            connection=queue.redis(),
            serializer=JSONSerializer,
            worker_ttl=45,
            job_monitoring_interval=5,
            maintenance_interval=30,
        ).work(burst=burst, logging_level="WARNING")
