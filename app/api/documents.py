"""What the description of the API says once and refers to often; all that depends on no organization.

It is written in English only, as names of fields and parameters are.
"""

from collections.abc import Iterable
from typing import Any

from app.i18n import LOCALES
from app.imports.encodings import ENCODINGS
from app.imports.layout import DELIMITERS, MOST_SKIPPED
from app.imports.models import STATES, VERDICTS
from app.imports.rules import EMPTY, MATCH

Schema = dict[str, Any]

INTRODUCTION = """\
Everything here does what the desk does, by the same rules and with the rights of the person a token belongs to,
limited to the token's scopes.

* A field bears one name: in documents, in `fields=`, in filters, in errors and in the history. Custom fields are named
  `custom-…`. A field that a document does not know is refused.
* Lists: filters as in the desk's addresses (`city.contains=Kiel`), `limit` up to 200, and `next` for the next page.
* Changes are merge patches (RFC 7396) and say which version they were made over: `If-Match: "3"`.
* A POST with an `Idempotency-Key` may be sent again for a day and is done once.
* Errors are problem details (RFC 9457); `errors` points into the document that was sent.
"""


def _object(required: tuple[str, ...] = (), **properties: Schema) -> Schema:
    return {"type": "object", "properties": properties} | ({"required": list(required)} if required else {})


_TEXT: Schema = {"type": "string"}
_ID: Schema = {"type": "integer", "format": "int64"}
_MAYBE_ID: Schema = {"type": ["integer", "null"], "format": "int64"}
_COUNT: Schema = {"type": "integer", "format": "int64", "minimum": 0}
_MOMENT: Schema = {"type": "string", "format": "date-time"}
_MAYBE_MOMENT: Schema = {"type": ["string", "null"], "format": "date-time"}
_FLAG: Schema = {"type": "boolean"}
_NEXT: Schema = {"type": ["string", "null"], "format": "uri"}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _one_of(values: Iterable[str], description: str = "") -> Schema:
    return {"type": "string", "enum": list(values)} | ({"description": description} if description else {})


_READING = _object(
    encoding=_one_of(ENCODINGS),
    delimiter=_one_of(DELIMITERS),
    header={"type": "boolean", "description": "Whether the first line holds headings."},
    skip={"type": "integer", "minimum": 0, "maximum": MOST_SKIPPED, "description": "Lines above the table."},
    short=_one_of(("reject", "fill"), "What becomes of a row with too few cells."),
)
_RULES = _object(
    match=_one_of(MATCH, "What becomes of people who are there already."),
    empty=_one_of(EMPTY, "What an empty cell means."),
    access={"type": "boolean", "description": "Whether new people get access to the portal."},
    locale=_one_of(LOCALES, "How numbers and dates are written in the file."),
)
_COLUMNS: Schema = {**_list(_TEXT), "description": "The field that each column of the file means, '' for none."}


SCHEMAS: dict[str, Schema] = {
    "Problem": _object(
        ("type", "title", "status", "detail", "request_id"),
        type=_TEXT,
        title=_TEXT,
        status={"type": "integer"},
        detail={"type": "string", "description": "A sentence in the language of the token's owner."},
        request_id={"type": ["string", "null"]},
        errors=_list(
            _object(
                ("code", "message"),
                pointer={"type": "string", "description": "A JSON pointer (RFC 6901) into the document that was sent."},
                parameter={"type": "string", "description": "The parameter that cannot be read."},
                code=_TEXT,
                message=_TEXT,
                hint={"type": ["string", "null"]},
            )
        ),
        permission={"type": "string", "description": "With 403: what is missing."},
        scopes=_list(_TEXT),
        version={"type": "integer", "description": "With 412: the version now."},
        conflicts=_list(_object(("pointer",), pointer=_TEXT, yours={}, theirs={})),
    ),
    "History": _object(
        ("items", "next"),
        items=_list(
            _object(
                ("operation", "kind", "at", "by", "changes"),
                operation=_ID,
                kind=_TEXT,
                title=_TEXT,
                at=_MOMENT,
                by=_TEXT,
                on_behalf_of=_TEXT,
                through={"type": "string", "description": "'screen', or the API token or import by its name."},
                reason=_TEXT,
                undone=_FLAG,
                undoes=_MAYBE_ID,
                actions=_list(_TEXT),
                changes=_list(
                    _object(
                        ("id", "field"),
                        id=_ID,
                        field=_TEXT,
                        label=_TEXT,
                        before={"description": "The value as documents have it."},
                        after={"description": "The value as documents have it."},
                        before_text=_TEXT,
                        after_text=_TEXT,
                    )
                ),
            )
        ),
        next=_NEXT,
    ),
    "Undone": _object(
        ("operation",),
        operation={**_ID, "description": "The operation that takes the other back; it can be undone in turn."},
        reversed={**_COUNT, "description": "How many records were put back."},
        kept=_list(_object(("noun", "id", "reason"), noun=_TEXT, id=_ID, reason=_TEXT)),
        job={**_ID, "description": "With 202: the job that is at it."},
    ),
    "Job": _object(
        ("id", "state", "done", "total"),
        id=_ID,
        label=_TEXT,
        state={"type": "string", "enum": ["queued", "running", "done", "failed", "cancelled"]},
        done=_COUNT,
        total=_COUNT,
        note=_TEXT,
        error=_TEXT,
        created_at=_MOMENT,
        finished_at=_MAYBE_MOMENT,
    ),
    "Description": {"type": "object", "description": "An OpenAPI document."},
    "Import": _object(
        ("id", "name", "state", "reading", "headings", "columns", "rules", "counts"),
        id=_ID,
        name=_TEXT,
        state=_one_of((*STATES, "stopped"), "The last step that was begun; stopped where it ended half-way."),
        trouble={"type": "string", "description": "Why the last step did not end well."},
        reading=_READING,
        headings=_list(_TEXT),
        columns=_COLUMNS,
        rules=_RULES,
        counts={"type": "object", "additionalProperties": _COUNT, "description": "Rows by verdict, and what is made."},
        job={"anyOf": [{"$ref": "#/components/schemas/Job"}, {"type": "null"}]},
        operation={**_MAYBE_ID, "description": "The operation that wrote it."},
        undo_operation={**_MAYBE_ID, "description": "The operation that took it back."},
        created_at=_MOMENT,
        finished_at=_MAYBE_MOMENT,
    ),
    "ChangedImport": {**_object(reading=_READING, columns=_COLUMNS, rules=_RULES), "additionalProperties": False},
    "ImportList": _object(("items", "next"), items=_list({"$ref": "#/components/schemas/Import"}), next=_NEXT),
    "ImportRowList": _object(
        ("items", "next"),
        items=_list(
            _object(
                ("row", "line", "verdict", "values", "problems"),
                row={**_COUNT, "description": "The number of the row, from 1, headings not counted."},
                line={**_COUNT, "description": "The line of the file on which it begins."},
                verdict=_one_of(VERDICTS),
                contact={**_MAYBE_ID, "description": "The contact that it makes or speaks of."},
                values={"type": "object", "additionalProperties": _TEXT, "description": "As read, never a password."},
                changed={**_list(_TEXT), "description": "The fields that it changes."},
                same_as={
                    "type": ["object", "null"],
                    "description": "Of a duplicate: the row or the contact that it repeats.",
                    "properties": {"row": {"type": ["integer", "null"]}, "contact": _MAYBE_ID},
                },
                problems=_list(
                    _object(
                        ("code", "message"),
                        field={"type": ["string", "null"]},
                        code=_TEXT,
                        message=_TEXT,
                        found={"type": ["string", "null"]},
                    )
                ),
                reasons={**_list(_TEXT), "description": "The same for people."},
            )
        ),
        next=_NEXT,
    ),
}

# Documents that are no JSON, by name.
FILES: dict[str, Schema] = {
    "UploadForm": _object(("file",), file={"type": "string", "format": "binary"}),
    "UploadText": {"type": "string", "description": "The file itself."},
    "Sheet": {"type": "string"},
}


def _in_query(description: str, **schema: Any) -> Schema:
    return {"in": "query", "description": description, "schema": schema}


PARAMETERS: dict[str, Schema] = {
    "id": {"in": "path", "required": True, "schema": {**_ID, "minimum": 0}},
    "q": _in_query("Words to search for; the best matches come first.", type="string", maxLength=100),
    "view": _in_query(
        "The last word of a view's link on the desk, one's own or a shared one: its filters, search and order. Further "
        "filters narrow it; `q` and `sort` take the place of its own.",
        type="string",
    ),
    "sort": _in_query("The field to sort by, with - in front for the reverse.", type="string"),
    "limit": _in_query("How many on a page.", type="integer", minimum=1, maximum=200, default=50),
    "after": _in_query("The place to continue at, from `next`; of use with the same list only.", type="string"),
    "fields": _in_query("The fields wanted, separated by commas; `id` and `version` always come.", type="string"),
    "name": _in_query("The name of the file.", type="string"),
    "verdict": _in_query("Only rows with this verdict.", type="string", enum=list(VERDICTS)),
    "count": _in_query("1 to count what is found, up to 1,000.", type="string", enum=["0", "1"], default="0"),
    "If-Match": {
        "in": "header",
        "required": True,
        "description": "The ETag of the record that the change was made over.",
        "schema": _TEXT,
    },
    "If-None-Match": {"in": "header", "description": "The ETag of the record that you have.", "schema": _TEXT},
    "Idempotency-Key": {
        "in": "header",
        "description": "Any text of your own: a second request with it is not done again, but gets the first answer.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    },
}

HEADERS: dict[str, Schema] = {
    "ETag": {"description": "The version, for If-Match.", "schema": _TEXT},
    "Location": {"description": "The address of what was made or begun.", "schema": _TEXT},
    "Link": {"description": "The next page, with rel=next.", "schema": _TEXT},
    "Deskhand-Operation": {
        "description": "The operation that last changed the record, for POST /operations/{id}/undo.",
        "schema": _TEXT,
    },
    "Idempotent-Replayed": {"description": "true when this answer was given before.", "schema": _TEXT},
}

PROBLEMS = {
    400: "The request cannot be understood.",
    401: "No token, or one that is not valid (any more).",
    403: "The token, or the person it belongs to, lacks the permission.",
    404: "There is no such thing, or it is not one of yours.",
    409: "It is not possible now.",
    412: "Changed in the meantime: nothing was written.",
    413: "Too large.",
    415: "This kind of content is not read here.",
    422: "Understood, but it cannot be so; `errors` names every reason.",
    428: "If-Match is missing.",
    500: "Anything else, such as 503 when a service is not available for a moment.",
}
