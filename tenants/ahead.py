"""Two things at a time: a thread of its own, with its own session, for what need not wait for its caller."""

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from flask import current_app

from .db import db, tenancy
from .scope import scope

T = TypeVar("T")


def ahead(make: Callable[[], Iterable[T]], depth: int = 2) -> Iterator[T]:
    """The items of `make()`, made up to `depth` ahead of their use, in the same organization with its own session.

    What `make` raises is raised here. Leaving early ends the thread at its next item.
    """
    app, key = current_app._get_current_object(), tenancy().key
    ready: queue.Queue = queue.Queue(depth)
    over = threading.Event()

    def hand_over(kind: str, item) -> None:
        while not over.is_set():
            try:
                ready.put((kind, item), timeout=0.2)
                return
            except queue.Full:
                continue

    def run() -> None:
        try:
            with app.app_context(), scope(key):
                for item in make():
                    hand_over("item", item)
                    if over.is_set():
                        return
            hand_over("end", None)
        except BaseException as error:
            hand_over("error", error)

    thread = threading.Thread(target=run, daemon=True, name="ahead")
    thread.start()
    try:
        while True:
            kind, item = ready.get()
            if kind == "end":
                return
            if kind == "error":
                raise item
            yield item
    finally:
        over.set()
        thread.join()


@contextmanager
def beside(function: Callable[[], None]) -> Iterator[None]:
    """Call `function` in a transaction of its own, in the same organization, while the block runs.

    It is committed, or has failed, when the block is left; what it raised is raised then.
    """
    app, key = current_app._get_current_object(), tenancy().key
    failed: list[BaseException] = []

    def run() -> None:
        try:
            with app.app_context(), scope(key):
                function()
                db.session.commit()
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True, name="beside")
    thread.start()
    try:
        yield
    finally:
        thread.join()
    if failed:
        raise failed[0]
