"""What is kept for how long: each noun names what is old in one line, and a daily job deletes it.

The same job does what a day brings, such as a membership that has ended.
"""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import ColumnElement, delete, func, inspect, select, text, tuple_

from . import engines
from .db import Tenanted, db
from .jobs import OPEN, Job, JobFunction, Work, job
from .scope import scope

# Rows that are deleted at a time.
CHUNK = 5000
_old: list[tuple[type[Tenanted], ColumnElement[bool]]] = []
_tasks: list[Callable[[], None]] = []
_daily: list[JobFunction] = []


def forget(model: type[Tenanted], old: ColumnElement[bool]) -> None:
    """Let rows that meet this condition be deleted within a day; for what nobody has to find again."""
    _old.append((model, old))


def each_day(task: Callable[[], None]) -> Callable[[], None]:
    """Have this done once a day as well, for what becomes due by the calendar alone."""
    _tasks.append(task)
    return task


def daily(function: JobFunction) -> JobFunction:
    """Let a job without arguments be done once a day in each organization."""
    _daily.append(function)
    return function


@job("housekeeping", lane="long")
def keep_house(work: Work) -> None:
    """Do what is due today, and delete what is old, some thousand rows at a time."""
    done = work.done
    for task in _tasks:
        task()
        work.checkpoint(done=done)
    for model, old in _old:
        key = inspect(model).primary_key
        gone = CHUNK
        while gone == CHUNK:
            some = select(*key).where(old).limit(CHUNK)
            gone = db.session.execute(
                delete(model).where(tuple_(*key).in_(some)).execution_options(synchronize_session=False)
            ).rowcount
            done += gone
            work.checkpoint(done=done, note=model.__tablename__)
    for function in _daily:
        function.later()


def organizations() -> list[str]:
    """The keys of those that are a day old and may need it, in no order, so that all have their turn."""
    query = (
        "SELECT key FROM shared.organization WHERE state = 'active' AND created_at < now() - interval '1 day'"
        " ORDER BY random()"
    )
    with engines.engine("main", "desk").begin() as connection:
        return list(connection.scalars(text(query)))


def ask(key: str) -> None:
    """Ask for the housekeeping of one organization, unless that was done today."""
    with scope(key, seconds=15):
        today = Job.created_at > func.now() - timedelta(hours=23)
        mine = select(Job.id).where(Job.kind == keep_house.kind, today | Job.state.in_(OPEN)).limit(1)
        if db.session.scalar(mine) is None:
            keep_house.later()


# What became of a job is of use to whoever asked for it, for a while.
forget(Job, Job.finished_at < func.now() - timedelta(days=90))
