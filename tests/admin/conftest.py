"""What the administrator's tests share."""

import re

import pytest

from tests.pages import normal


@pytest.fixture
def adam(world):
    """A browser in which the administrator is signed in."""
    return world.staff("adam")


@pytest.fixture
def undo():
    """`undo(browser, page)`: press Undo in the newest toast of the page at this address."""

    def press(browser, path: str) -> None:
        found = re.findall(r'action="(/operations/\d+/undo[^"]*)"', normal(browser.get(path)))
        assert found, f"No Undo on {path}"
        assert browser.post_form(found[-1].replace("&amp;", "&")).status_code == 303

    return press
