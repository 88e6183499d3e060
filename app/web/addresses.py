"""Addresses: what no record can have as its number does not exist, and what a browser says may be no address at all."""

from urllib.parse import SplitResult, urlsplit

from flask import Flask
from werkzeug.routing import IntegerConverter

# What PostgreSQL's bigint holds.
LARGEST = 2**63 - 1


class Number(IntegerConverter):
    """A number that a record may have."""

    regex = "[0-9]{1,19}"

    def __init__(self, map, **options):
        super().__init__(map, **{"max": LARGEST, **options})


def parts_of(address: str) -> SplitResult:
    """The parts of an address that a browser names; those of no address at all are empty."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")


def init_app(app: Flask) -> None:
    """Let every `<int:…>` be such a number."""
    app.url_map.converters["int"] = Number
