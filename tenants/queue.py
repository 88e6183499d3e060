"""The queue (RQ) and the dispatcher: how a worker hears that an organization has work.

The queue carries only an organization's key and a job's id, as JSON. If it forgets everything, the dispatcher
finds the same work again in the database.
"""

import logging
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from flask import current_app
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.exceptions import DuplicateJobError
from rq.serializers import JSONSerializer
from sqlalchemy import ARRAY, BigInteger, all_, cast, event, func, or_, select, text
from sqlalchemy.exc import OperationalError

from . import engines, retention
from .db import TenantSession, db, tenancy
from .jobs import FUNCTIONS, Job, wake
from .resolve import UnknownOrganization
from .scope import scope

log = logging.getLogger(__name__)

LANES = ("interactive", "long")
# Jobs of an organization that wait in a lane of the queue at a time, for each worker: enough that none is idle until
# the next look a second later, and so few that an organization with thousands of them holds nobody up.
PER_WORKER = 12
# With more than so many in a lane, a new job is left to the dispatcher, which lets organizations take turns.
CROWDED = 24
# Seconds until due jobs are looked for in the queue again, and until one that was taken and not begun counts as lost.
RESEND_SECONDS = 10
LOST_SECONDS = 30
# Organizations that are asked in a second whether something is to be done there today, and until all are asked again.
VISITS = 5
VISITS_SECONDS = 6 * 3600


def redis() -> Redis:
    """The connection of this process to Valkey or Redis; short time-outs, since no request may hang on it."""
    if "deskhand.redis" not in current_app.extensions:
        current_app.extensions["deskhand.redis"] = Redis.from_url(
            current_app.config["REDIS_URL"], socket_timeout=10, socket_connect_timeout=2
        )
    return current_app.extensions["deskhand.redis"]


def queues() -> list[Queue]:
    """The queues a worker serves, the lane someone waits for first."""
    return [Queue(f"deskhand-{lane}", connection=redis(), serializer=JSONSerializer) for lane in LANES]


def send(key: str, job_id: int, lane: str, fence: int = 0) -> bool:
    """Wake a worker for one job. False when the queue cannot be reached or has the job already.

    The queue's own name for it counts the runs: of a run whose worker was killed it thinks for minutes that it goes on.
    """
    queue, name = queues()[LANES.index(lane)], f"{key}-{job_id}-{fence}"
    try:
        try:
            _enqueue(queue, name, key, job_id)
        except DuplicateJobError:
            if not _drop_if_lost(queue, name):
                return False
            _enqueue(queue, name, key, job_id)
    except DuplicateJobError:
        return False
    except RedisError:
        log.warning("The queue cannot be reached; the dispatcher will send job %s later", job_id)
        return False
    return True


def _enqueue(queue: Queue, name: str, key: str, job_id: int) -> None:
    queue.enqueue(
        "tenants.runner.run",
        key,
        job_id,
        job_id=name,
        unique=True,
        job_timeout=-1,
        result_ttl=0,
        failure_ttl=0,
        ttl=3600,
    )


def drop(key: str) -> int:
    """Forget whatever the queue has of an organization, whether it waits or was taken; returns how many."""
    found: set[str] = set()
    if not current_app.config["REDIS_URL"]:
        return 0
    for name in redis().scan_iter(match=f"rq:job:{key}-*", count=1000):
        found.add(name.decode().removeprefix("rq:job:"))
    for queue in queues():
        for name in found:
            if (job := queue.fetch_job(name)) is not None:
                job.delete()
    return len(found)


def _drop_if_lost(queue: Queue, name: str) -> bool:
    """Forget what a worker took a while ago and never began: it was killed in between, and the queue waits for it.

    Who sends knows that the database still has the run before it. One that begins this very moment is not harmed: of
    two workers only one gets the job.
    """
    found = queue.fetch_job(name)
    if found is None:
        return True
    # Another clock wrote this; one that is wrong by an hour must not let the job wait for an hour.
    if found.enqueued_at is not None and abs(datetime.now(UTC) - found.enqueued_at) < timedelta(seconds=LOST_SECONDS):
        return False
    if queue.get_job_position(name) is not None:
        return False
    found.delete()
    return True


@event.listens_for(TenantSession, "after_commit")
def _announce(session):
    announced = session.info.pop("announce", [])
    if announced and current_app.config.get("REDIS_URL"):
        room = _room()
        for key, job_id, lane in announced:
            if room[lane] > 0:
                room[lane] -= send(key, job_id, lane)


def _room() -> dict[str, int]:
    """How many jobs a lane takes at once; none while the queue cannot be reached."""
    try:
        return {lane: CROWDED - one.count for lane, one in zip(LANES, queues(), strict=True)}
    except RedisError:
        log.warning("The queue cannot be reached; the dispatcher will send what waits")
        return dict.fromkeys(LANES, 0)


@event.listens_for(TenantSession, "after_soft_rollback")
def _forget(session, previous):
    if not session.in_nested_transaction():
        session.info.pop("announce", None)


def dispatch() -> int:
    """Send every due job that the wake lists name, some of each organization in turn; returns how many.

    While the queue is away, a wake list stays as it is; a server that is away keeps the others' jobs waiting once.
    """
    names, resting = _servers()
    sent, away = 0, current_app.extensions.setdefault("deskhand.away", {})
    for name in names:
        if time.monotonic() < away.get(name, 0):
            continue
        try:
            sent += _dispatch_server(name, resting)
        except OperationalError:
            log.warning("The wake list of the server %s could not be read", name, exc_info=True)
            away[name] = time.monotonic() + RESEND_SECONDS
    return sent


def _servers() -> tuple[list[str], list[str]]:
    """The database servers, and the organizations that rest."""
    query = text(
        "SELECT array_agg(name ORDER BY name <> 'main', name),"
        " ARRAY(SELECT key FROM shared.organization WHERE state = 'suspended') FROM shared.shard"
    )
    with engines.engine("main", "desk").begin() as connection:
        return tuple(connection.execute(query).one())


def _dispatch_server(name: str, resting: list[str]) -> int:
    """Send what the wake list of one server names."""
    query = text(
        "SELECT organization, array_agg(id) FROM shared.wake"
        " WHERE at <= clock_timestamp() AND organization <> ALL (CAST(:resting AS text[]))"
        " GROUP BY organization ORDER BY min(at) LIMIT 200"
    )
    with engines.engine(name, "desk").begin() as connection:
        woken = connection.execute(query, {"resting": resting}).all()
    sent, queued = 0, _queued() if woken else {}
    room = PER_WORKER * max(1, Worker.count(connection=redis())) if woken else 0
    for key, ids in woken:
        try:
            sent += _dispatch_one(key, queued, room)
        except UnknownOrganization:
            pass
        except Exception:
            # The wake rows stay: they are what remembers that there is work.
            log.warning("The jobs of organization %s could not be read", key, exc_info=True)
            continue
        with engines.engine(name, "desk").begin() as connection:
            connection.execute(text("DELETE FROM shared.wake WHERE id = ANY (:ids)"), {"ids": ids})
    return sent


def _queued() -> dict[tuple[str, str], list[int]]:
    """The jobs by organization and lane that wait in the queue for a worker."""
    found = defaultdict(list)
    for lane, one in zip(LANES, queues(), strict=True):
        for name in one.job_ids:
            key, job_id, _fence = name.rsplit("-", 2)
            found[key, lane].append(int(job_id))
    return found


def _dispatch_one(key: str, queued: dict[tuple[str, str], list[int]], room: int) -> int:
    """Send what is due in an organization, in each lane until so many of its jobs wait there."""
    with scope(key, seconds=15):
        now = db.session.scalar(select(func.clock_timestamp()))
        is_due = or_((Job.state == "queued") & (Job.run_at <= now), (Job.state == "running") & (Job.lease_until < now))
        rows, full = [], False
        for lane in LANES:
            there = queued.get((key, lane), [])
            free = max(0, room - len(there))
            found = db.session.execute(
                select(Job.id, Job.lane, Job.fence)
                .where(is_due, Job.lane == lane, Job.kind.in_(FUNCTIONS))
                .where(Job.id != all_(cast(there, ARRAY(BigInteger))))
                .order_by(Job.run_at, Job.id)
                .limit(free + 1)
            ).all()
            full = full or len(found) > free
            rows += found[:free]
        rest = db.session.scalar(
            select(func.min(func.coalesce(Job.lease_until, Job.run_at))).where(
                or_(
                    (Job.state == "queued") & (Job.run_at > now),
                    (Job.state == "running") & (Job.lease_until >= now),
                )
            )
        )
        if full or rows or db.session.scalar(select(Job.id).where(is_due).limit(1)) is not None:
            # Also for kinds that only a newer version knows, whose dispatcher is about to start.
            wake(1 if full else RESEND_SECONDS)
        if rest is not None:
            wake(max(1.0, (rest - now).total_seconds() + 0.5))
        here = tenancy()
    return sum(send(here.key, *row) for row in rows)


def dispatch_while(alive: Callable[[], bool], interval: float = 1.0) -> None:
    """Dispatch once a second as long as `alive` says so; a database that is away is waited for.

    Beside that, each organization is visited once a day, a few in a second, and its housekeeping asked for.
    """
    visits, begun = [], None
    while alive():
        try:
            dispatch()
            if begun is None or time.monotonic() - begun > VISITS_SECONDS:
                visits, begun = retention.organizations(), time.monotonic()
            for key in visits[:VISITS]:
                retention.ask(key)
        except Exception:
            log.warning("The wake list could not be read, or an organization not be visited", exc_info=True)
        del visits[:VISITS]
        time.sleep(interval)
