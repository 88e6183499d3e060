"""Page markers: where in a list a page ends, as its address holds it; nobody can make one up."""

import base64
import binascii
import hmac
import json

from tenants.secrets import fingerprint

from .errors import DeskError

_STAMP = 9


class BadMarker(DeskError):
    """The page marker in the address was not made by this list."""

    status = 404


def made(key: str, record_id: int, list_name: str) -> str:
    """The place of a record in a list, by what the list is ordered by and the record's id."""
    place = json.dumps([key, record_id]).encode()
    return base64.urlsafe_b64encode(_stamp(place, list_name) + place).decode().rstrip("=")


def read(marker: str, list_name: str) -> tuple[str, int]:
    """The key and the id in a marker; raises `BadMarker` for one of another organization, list or order."""
    try:
        whole = base64.urlsafe_b64decode(marker + "=" * (-len(marker) % 4))
        if not hmac.compare_digest(whole[:_STAMP], _stamp(whole[_STAMP:], list_name)):
            raise BadMarker
        key, record_id = json.loads(whole[_STAMP:])
    except (ValueError, binascii.Error) as error:
        raise BadMarker from error
    return key, record_id


def _stamp(place: bytes, list_name: str) -> bytes:
    return fingerprint("page", f"{list_name} {place.decode()}")[:_STAMP]
