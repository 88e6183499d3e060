"""What `deskhand doctor` looks at in the work: the queue's server, its workers, and jobs that wait or have failed."""

from collections.abc import Iterator
from datetime import UTC, datetime

from flask import current_app
from redis.exceptions import RedisError
from rq import Worker
from rq.serializers import JSONSerializer
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from . import engines, queue
from .diagnosis import Finding, Findings, fault, organizations, otherwise, reason, some, warning

# A worker says that it is there every half minute.
SILENT_SECONDS = 75
FAILED_HOURS = 24


def workers() -> Iterator[Finding]:
    """Valkey answers, forgets nothing by itself, and a worker listens to both queues."""
    if not current_app.config["REDIS_URL"]:
        yield fault("valkey", "REDIS_URL is not set.", "Set it to redis://:password@host:port/0. Jobs wait until then.")
        return
    try:
        connection = queue.redis()
        memory = connection.info("memory")
        listening = [served(worker) for worker in Worker.all(connection, serializer=JSONSerializer)]
    except (RedisError, ValueError, OSError) as error:
        mend = "Start Valkey or Redis, or correct REDIS_URL: redis://:password@host:port/0. Jobs wait until then."
        yield fault("valkey", f"Valkey cannot be reached: {reason(error)}", mend)
        return
    found = []
    if int(memory.get("maxmemory", 0)) and memory.get("maxmemory_policy") != "noeviction":
        sentence = f"Valkey throws keys away when its memory is full ({memory['maxmemory_policy']})."
        found.append(warning("valkey", sentence, "Set maxmemory-policy to noeviction."))
    yield from otherwise("valkey", found, "Valkey answers.")
    wanted = {one.name for one in queue.queues()}
    alive = [names for names, seconds in listening if seconds < SILENT_SECONDS]
    if missing := wanted - {name for names in alive for name in names}:
        silent = f" ({len(listening) - len(alive)} have fallen silent)" if len(alive) < len(listening) else ""
        sentence = f"No worker is running for the queues {some(sorted(missing))}{silent}."
        yield fault("worker", sentence, "Start `deskhand worker`, and see its log if it ends.")
    else:
        yield Finding("worker", "ok", f"Workers at work: {len(alive)}.")


def served(worker) -> tuple[list[str], float]:
    """The queues a worker listens to, and for how many seconds it has said nothing."""
    beat = worker.last_heartbeat
    return worker.queue_names(), (datetime.now(UTC) - beat).total_seconds() if beat else float("inf")


def jobs(minutes: int) -> Findings:
    """Due jobs that nobody takes, jobs whose worker fell silent, and jobs that failed since yesterday."""
    late, failed, unreadable = {}, {}, []
    with engines.engine("main", "owner").connect() as connection:
        unread = connection.scalar(text(_UNREAD), {"minutes": minutes})
        for slug, key, state in organizations(connection):
            try:
                waiting, lost, broken, kinds = _counts(connection, key, minutes)
            except SQLAlchemyError as error:
                connection.rollback()
                unreadable.append(f"{slug} ({reason(error)})")
                continue
            if state == "active" and waiting + lost:
                late[slug] = waiting + lost
            if broken:
                failed[slug] = f"{slug}: {broken} ({', '.join(kinds)})"
    found = []
    if unread:
        sentence = (
            f"{unread} entries of the wake list have not been read for {minutes} minutes: there is no dispatcher."
        )
        found.append(fault("jobs", sentence, "Start `deskhand worker`, which brings one; see its log if it runs."))
    if late:
        sentence = f"Due jobs that nobody has taken for {minutes} minutes: {some(f'{k} {v}' for k, v in late.items())}."
        mend = "Start `deskhand worker`, or more of them when those that run are busy; see their log."
        found.append(fault("jobs", sentence, mend))
    if failed:
        sentence = f"Jobs that failed in the last {FAILED_HOURS} hours: {some(failed.values())}."
        mend = "The worker's log and the job's page say why. This line goes a day after the last one."
        found.append(warning("jobs", sentence, mend))
    if unreadable:
        mend = "See the migrations and walls above."
        found.append(fault("jobs", f"Jobs cannot be read: {some(unreadable)}.", mend))
    yield from otherwise(
        "jobs", found, f"No job has waited for more than {minutes} minutes, and none has failed today."
    )


_UNREAD = (
    "SELECT count(*) FROM shared.wake w LEFT JOIN shared.organization o ON o.key = w.organization"
    " WHERE w.at < clock_timestamp() - make_interval(mins => :minutes) AND o.state IS DISTINCT FROM 'suspended'"
)


_COUNTS = """
SELECT count(*) FILTER (WHERE state = 'queued' AND run_at < now() - make_interval(mins => :minutes)),
  count(*) FILTER (WHERE state = 'running' AND lease_until < now() - make_interval(mins => :minutes)),
  count(*) FILTER (WHERE state = 'failed'),
  coalesce(array_agg(DISTINCT kind) FILTER (WHERE state = 'failed'), '{{}}')
FROM "org_{key}".job WHERE state IN ('queued', 'running')
  OR (state = 'failed' AND finished_at > now() - make_interval(hours => :hours))
"""


def _counts(connection: Connection, key: str, minutes: int) -> tuple[int, int, int, list[str]]:
    """How many jobs of an organization wait, lost their worker, and failed, and of which kinds those are."""
    values = {"minutes": minutes, "hours": FAILED_HOURS}
    return tuple(connection.execute(text(_COUNTS.format(key=key)), values).one())
