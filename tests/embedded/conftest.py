"""Processes for the tests to kill. They are forked from one that has imported the code already, which saves seconds."""

import multiprocessing
from collections.abc import Callable

import pytest

from tests.embedded.forked import Forked


@pytest.fixture(scope="session")
def server_of_forks():
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["app.embedded.supervisor"])
    return context


@pytest.fixture
def fork(server_of_forks, tmp_path):
    """Start functions as processes; those that a failed test leaves behind are ended."""
    begun: list[Forked] = []

    def start(function: Callable[..., int], *arguments) -> Forked:
        begun.append(Forked(server_of_forks, tmp_path / f"output-{len(begun)}", function, *arguments))
        return begun[-1]

    yield start
    for one in begun:
        if one.running():
            one.process.terminate()
            one.wait()
