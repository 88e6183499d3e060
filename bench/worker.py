"""`deskhand worker` with a job that does nothing, for what is measured around jobs."""

from app import run
from tenants.jobs import Work, job


@job("bench.nothing", lane="long")
def nothing(work: Work) -> None:
    """Nothing: what is measured is the way to it."""


if __name__ == "__main__":
    run.worker([])
