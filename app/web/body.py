"""The JSON document of a request, read strictly: one meaning or none."""

import json
from typing import Any

from flask import request
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from app.fields.errors import FieldErrors
from app.fields.kinds.cleaning import shown
from app.fields.kinds.kind import wrong_type
from app.i18n import gettext as _
from app.records.errors import DeskError

# The largest document; one long text may take a megabyte, files come another way.
LARGEST = 4 * 1024 * 1024
PLAIN = "application/json"
PATCH = "application/merge-patch+json"


class BadDocument(DeskError):
    """What was sent is no JSON, or JSON that readers understand differently."""

    status = 400


def json_object(*media_types: str) -> dict[str, Any]:
    """The object that was sent as one of these media types; raises an error with the status 400, 413, 415 or 422."""
    if request.mimetype not in media_types:
        raise UnsupportedMediaType(
            _("Send %(wanted)s; “%(found)s” was found.", wanted=media_types[0], found=shown(request.mimetype))
        )
    found = _parse(raw())
    if not isinstance(found, dict):
        raise FieldErrors({"": wrong_type(_("an object"), found)})
    return found


def raw() -> bytes:
    """What was sent, which is no larger than a document may be; raises an error with the status 413."""
    # A body without a length is cut off at the limit in silence, so that one byte more is read than may be.
    request.max_content_length = LARGEST + 1
    data = request.get_data()
    if len(data) > LARGEST:
        raise RequestEntityTooLarge
    return data


def _parse(data: bytes) -> Any:
    try:
        return json.loads(data.decode(), object_pairs_hook=_once_each, parse_constant=_no_number)
    except UnicodeDecodeError as error:
        raise BadDocument(_("The document is not in UTF-8.")) from error
    except RecursionError as error:
        raise BadDocument(_("The document is nested too deeply.")) from error
    except json.JSONDecodeError as error:
        raise BadDocument(
            _("This is no JSON: line %(line)s, column %(column)s.", line=error.lineno, column=error.colno)
        ) from error
    except ValueError as error:
        raise BadDocument(_("The document holds a number that is too long.")) from error


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise BadDocument(_("The name “%(name)s” stands twice in one object.", name=shown(name)))
        found[name] = value
    return found


def _no_number(word: str) -> None:
    raise BadDocument(_("“%(word)s” is no number in JSON.", word=word))
