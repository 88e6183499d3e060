"""A map of an address, somewhere else: nothing of it is fetched before somebody follows the link."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from flask import current_app

from app.fields.kinds.country_names import country_name


def map_url(values: Mapping[str, Any]) -> str:
    """The address of a map of where these values of a record are; '' where they say no place."""
    town = " ".join(filter(None, [values.get("postcode"), values.get("city")]))
    parts = [values.get("address1"), town, values.get("state")]
    if not any(parts[:2]):
        return ""
    parts.append(country_name(values["country"], "en") if values.get("country") else "")
    pattern = current_app.config["DESKHAND_MAP_URL"]
    return pattern.replace("{address}", quote(", ".join(filter(None, parts)), safe=""))
