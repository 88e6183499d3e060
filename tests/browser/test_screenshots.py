"""The pictures that people look at before they read: a list and a record, light and dark, into `screenshots/`."""

from tests.source import ROOT

from .screenshots import LARGEST, shoot


def test_pictures(visit, cast):
    window = visit("ann")
    folder = ROOT / "screenshots"
    made = shoot(window.page, folder, "companies", "/companies") + shoot(
        window.page, folder, "contact", f"/contacts/{cast.ina}"
    )
    assert [path.name for path in made] == [
        "companies-light.png",
        "companies-dark.png",
        "contact-light.png",
        "contact-dark.png",
    ]
    assert all(1024 < path.stat().st_size <= LARGEST for path in made)
