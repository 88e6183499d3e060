"""A worker like `deskhand worker --burst`, with a job that tells how far it is and can be held up. It is killed."""

import os
import sys

from flask import current_app
from redis import Redis
from sqlalchemy import update

from app import run
from app.companies.models import Company
from tenants import db
from tenants.jobs import job
from tenants.queue import redis

CHUNKS = 5


@job("tests.chunks")
def chunks(work, hold: int) -> None:
    """Append the number of each chunk to every company's address; the first attempt waits before chunk `hold`."""
    for chunk in range(work.saved.get("next", 0), CHUNKS):
        db.session.execute(update(Company).values(address=Company.address + f" {chunk}"))
        if chunk == hold and work.fence == 1:
            redis().rpush("tests:held", os.getpid())
            Redis.from_url(current_app.config["REDIS_URL"], socket_timeout=None).blpop("tests:go")
        work.checkpoint(done=chunk + 1, total=CHUNKS, next=chunk + 1)


if __name__ == "__main__":
    sys.exit(run._work(burst=True))
