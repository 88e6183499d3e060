"""Starting the web server and the workers."""

import logging
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable

import click
from granian import Granian
from granian.constants import Interfaces
from rq import Worker
from rq.job import Job
from rq.serializers import JSONSerializer

from tenants import checks, engines, queue, runner

from .application import create_app
from .config import load
from .embedded.process import die_with_parent, send
from .web import logs, metrics

log = logging.getLogger(__name__)

# Seconds between two looks at the processes of a worker, and before one that has ended is started again.
LOOK, PAUSE = 0.2, 1.0
WAKE = f"{runner.run.__module__}.{runner.run.__qualname__}"
STOPS = (signal.SIGINT, signal.SIGTERM)


@click.command()
def serve():
    """Serve the web application."""
    settings = load()
    logs.begin(settings.log_format, settings.log_level)
    app = create_app(settings)
    with app.app_context():
        try:
            checks.check()
        except checks.Unfit as error:
            click.echo(f"Error: {error}", err=True)
            sys.exit(1)
        engines.dispose()
    metrics.serve(app, settings.metrics_port, settings.metrics_bind)
    Granian(
        "app.rsgi:application",
        address=settings.bind,
        port=settings.port,
        interface=Interfaces.RSGI,
        websockets=False,
        workers=settings.web_processes,
        log_access=False,
        respawn_failed_workers=True,
    ).serve()


@click.command()
@click.option("--burst", is_flag=True, help="Stop when nothing is left to do.")
def worker(burst: bool):
    """Work on jobs, and send those that the queue forgot."""
    if burst:
        _work(burst=True)
    else:
        settings = load()
        logs.begin(settings.log_format, settings.log_level)
        _keep({"worker": _work, "dispatcher": _dispatcher})


def _keep(programs: dict[str, Callable[[], None]]) -> None:
    """Run each of these in a process of its own, and again when it ends, until told to stop.

    RQ's worker gives up when the queue goes away while it is busy; without a dispatcher, jobs whose worker was killed
    would wait for ever.
    """
    stops: list[int] = []
    running: dict[str, multiprocessing.Process] = {}

    def stop(*_signal) -> None:
        stops.append(1)
        for process in running.values():
            send(process.pid, signal.SIGTERM)

    for number in STOPS:
        signal.signal(number, stop)
    again = dict.fromkeys(programs, 0.0)
    while not stops:
        for name, program in programs.items():
            if name in running and not running[name].is_alive():
                log.warning("The %s has ended (%s); it is started again", name, running.pop(name).exitcode)
                again[name] = time.monotonic() + PAUSE
            if name not in running and time.monotonic() >= again[name] and not stops:
                # A signal waits until the process is known to this one, and no longer has this one's handlers.
                signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
                running[name] = multiprocessing.Process(target=_child, args=(os.getpid(), program), name=name)
                running[name].start()
                signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
        time.sleep(LOOK)
    for process in running.values():
        process.join()


def _child(parent: int, program: Callable[[], None]) -> None:
    """A process that ends with its parent and hears signals from it alone, not from the terminal as well."""
    os.setpgrp()
    for number in STOPS:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
    die_with_parent(parent, signal.SIGTERM)
    program()


def _dispatcher() -> None:
    """The process that reads the wake list."""
    parent = os.getppid()
    with create_app(DATABASE_POOL=None).app_context():
        queue.dispatch_while(lambda: os.getppid() == parent)


class _Worker(Worker):
    """Looks often enough whether a queue that went away is there again, for those who wait."""

    max_connection_wait_time = 5.0


class _Wake(Job):
    """All that the queue can ask a worker for: to look at one row.

    Whoever can write to the queue's server could name any function otherwise, and any to be called afterwards.
    """

    success_callback = failure_callback = stopped_callback = None

    @property
    def func(self) -> Callable:
        """What runs a row; anything else that is named is refused."""
        if self.func_name != WAKE:
            raise PermissionError(f"The queue asks for {self.func_name}; only {WAKE} is done.")
        return runner.run


def _work(burst: bool = False) -> None:
    # Forked children must not share the parent's connections, so this process keeps none.
    app = create_app(DATABASE_POOL=None)
    runner.install(app, memory=app.config["DESKHAND_JOB_MEMORY"])
    with app.app_context():
        _Worker(
            queue.queues(),
            connection=queue.redis(),
            serializer=JSONSerializer,
            job_class=_Wake,
            worker_ttl=45,
            job_monitoring_interval=5,
            maintenance_interval=30,
            work_horse_killed_handler=lambda entry, _pid, status, _usage: runner.ended(entry.id, status),
        ).work(burst=burst, logging_level="WARNING")
