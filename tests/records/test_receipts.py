"""Doing a thing once though it was asked twice."""

import threading

import pytest
from sqlalchemy import select

from app.companies.models import Company
from app.records import receipts
from app.records.actor import Actor
from app.records.write import create
from tenants import db

ANN = Actor("Ann Tanner", account_id=1001)


@pytest.mark.threat("T-108")
def test_the_second_gets_the_answer_of_the_first(world):
    with world.inside():
        assert receipts.claim(7, "key", receipts.fingerprint("a")) is None
        receipts.answer(7, "key", 303, "/companies/9", "body")
    with world.inside():
        earlier = receipts.claim(7, "key", receipts.fingerprint("a"))
        assert (earlier.status, earlier.location, earlier.body) == (303, "/companies/9", "body")
        assert earlier.fingerprint == receipts.fingerprint("a") != receipts.fingerprint("b")
        # Another person's key is another key.
        assert receipts.claim(8, "key", receipts.fingerprint("a")) is None


def test_a_failed_first_leaves_the_key_to_the_second(world):
    with pytest.raises(ZeroDivisionError), world.inside():
        assert receipts.claim(7, "key", "f") is None
        raise ZeroDivisionError
    with world.inside():
        assert receipts.claim(7, "key", "f") is None


def test_a_fingerprint_tells_parts_apart():
    assert receipts.fingerprint("ab", "c") != receipts.fingerprint("a", "bc")
    assert receipts.fingerprint(b"ab") == receipts.fingerprint("ab")


def test_after_a_day_a_key_means_something_new(world):
    with world.inside():
        receipts.claim(7, "key", "old")
        receipts.answer(7, "key", 303, "/companies/9")
    world.sql(f"UPDATE {world.schema()}.receipt SET at = now() - interval '25 hours'")
    with world.inside():
        assert receipts.claim(7, "key", "new") is None
    with world.inside():
        assert receipts.claim(7, "key", "new").location == ""


@pytest.mark.threat("T-106", "T-108")
def test_eight_at_once_do_it_once(world):
    ready, made = threading.Barrier(8), []

    def ask() -> None:
        ready.wait()
        with world.inside():
            earlier = receipts.claim(7, "key", "f")
            if earlier is None:
                place = f"/companies/{create(Company, {'name': 'Once'}, actor=ANN)}"
                receipts.answer(7, "key", 303, place)
            else:
                place = earlier.location
            made.append(place)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8 and len(set(made)) == 1
    with world.inside():
        assert len(db.session.scalars(select(Company.id).where(Company.name == "Once")).all()) == 1
