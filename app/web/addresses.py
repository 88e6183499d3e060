"""Numbers in addresses: what no record can have as its number is an address that does not exist."""

from flask import Flask
from werkzeug.routing import IntegerConverter

# What PostgreSQL's bigint holds.
LARGEST = 2**63 - 1


class Number(IntegerConverter):
    """A number that a record may have."""

    regex = "[0-9]{1,19}"

    def __init__(self, map, **options):
        super().__init__(map, **{"max": LARGEST, **options})


def init_app(app: Flask) -> None:
    """Let every `<int:…>` be such a number."""
    app.url_map.converters["int"] = Number
