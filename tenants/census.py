"""Numbers over all organizations, for whoever watches the installation: how many, how far, how much waits."""

from rq import Worker
from rq.serializers import JSONSerializer
from sqlalchemy import text

from . import engines, migrate, queue, shards
from .standstill import SILENT_SECONDS, served


def organizations() -> list[tuple[str, str, int]]:
    """State, server and number."""
    query = text("SELECT state, shard, count(*) FROM shared.organization GROUP BY 1, 2 ORDER BY 1, 2")
    with engines.engine("main", "desk").connect() as connection:
        return [tuple(row) for row in connection.execute(query)]


def behind() -> int:
    """Organizations whose tables are not at this program's revision."""
    query = text(
        "SELECT count(*) FROM shared.organization WHERE state <> 'deleted' AND revision IS DISTINCT FROM :newest"
    )
    with engines.engine("main", "desk").connect() as connection:
        return connection.scalar(query, {"newest": migrate.head("tenant")})


def servers() -> list[tuple[str, int, float, int]]:
    """For each database server: wakes that are due, the seconds of the oldest, and the connections of Deskhand."""
    query = text(
        "SELECT count(*), coalesce(extract(epoch FROM max(clock_timestamp() - at)), 0)::float8,"
        " (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name LIKE 'deskhand%') FROM shared.wake WHERE at <= clock_timestamp()"
    )
    found = []
    for name in shards.names():
        with engines.engine(name, "desk").connect() as connection:
            found.append((name, *connection.execute(query).one()))
    return found


def queued() -> list[tuple[str, int]]:
    """Lane, and the number of jobs that wait in it."""
    return [(lane, one.count) for lane, one in zip(queue.LANES, queue.queues(), strict=True)]


def workers() -> tuple[int, int]:
    """Workers that were heard of lately, and the jobs that they have run."""
    found = Worker.all(queue.redis(), serializer=JSONSerializer)
    alive = [worker for worker in found if served(worker)[1] < SILENT_SECONDS]
    return len(alive), sum(worker.successful_job_count + worker.failed_job_count for worker in alive)
