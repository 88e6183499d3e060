"""Imports in the JSON API: bring a file, say how it is meant, look at the plan, write it, take it back."""

from collections.abc import Iterator
from hashlib import sha256
from tempfile import SpooledTemporaryFile
from typing import IO

from flask import Blueprint, Response, jsonify, request, send_file
from flask_login import current_user
from werkzeug.exceptions import UnsupportedMediaType

from app.fields.errors import FieldError, FieldErrors
from app.fields.kinds.cleaning import shown
from app.i18n import gettext as _
from app.records.errors import NotAllowed
from app.web import query
from app.web.access import allow
from app.web.body import PATCH, PLAIN, json_object
from app.web.described import described
from app.web.repeatable import answer_once, repeatable
from app.web.resource import page
from app.web.sizes import takes_files

from . import actions, documents, queries
from .models import VERDICTS
from .rows import rejected, rows

bp = Blueprint("imports", __name__, url_prefix="/imports")

ROOT = "/api/v1/imports"
CSV, FORM = "text/csv", "multipart/form-data"
# What is read at a time, and what of a file is held in memory before it goes to a temporary one.
PART, HELD = 64 * 1024, 1024 * 1024
# What PostgreSQL's integer holds.
LAST_ROW = 2**31 - 1
CHANGES = {"parameters": ("id", "Idempotency-Key"), "headers": ("Location", "Idempotent-Replayed")}


# --- the file ---------------------------------------------------------------------------------------------------------


@bp.post("")
@takes_files
@allow("imports.run")
@described(
    "Upload a file",
    {201: "Import"},
    sent={FORM: "UploadForm", CSV: "UploadText"},
    parameters=("name", "Idempotency-Key"),
    headers=("Location", "Idempotent-Replayed"),
    problems=(400, 413, 415, 422),
)
def create() -> Response:
    """Keep the file and find out how to read it; nothing is imported yet."""
    typed = query.only(name=lambda: request.args.get("name", ""))["name"]
    name, file = _uploaded()

    def make() -> Response:
        made = actions.upload(typed or name, _parts(file), actor=current_user.actor)
        return _answer(made.id, 201, f"{ROOT}/{made.id}")

    return answer_once(make, typed or name, lambda: _digest(file))


def _uploaded() -> tuple[str, IO[bytes]]:
    """The name and the content of the file, whichever way it came."""
    if request.mimetype == CSV:
        file = SpooledTemporaryFile(HELD)  # noqa: SIM115  (goes with the request)
        while part := request.stream.read(PART):
            file.write(part)
        file.seek(0)
        return "", file
    if request.mimetype != FORM:
        raise UnsupportedMediaType(
            _("Send %(wanted)s; “%(found)s” was found.", wanted=CSV, found=shown(request.mimetype))
        )
    sent = request.files.getlist("file")
    if len(sent) != 1 or len(request.files) != 1 or request.form:
        raise FieldErrors(
            {"file": FieldError(_("One part named “file” is expected, and nothing else."), code="required")}
        )
    return sent[0].filename or "", sent[0].stream


def _parts(file: IO[bytes]) -> Iterator[bytes]:
    return iter(lambda: file.read(PART), b"")


def _digest(file: IO[bytes]) -> bytes:
    digest = sha256()
    for part in _parts(file):
        digest.update(part)
    file.seek(0)
    return digest.digest()


# --- how it is meant --------------------------------------------------------------------------------------------------


@bp.get("")
@allow("imports.view")
@described(
    "The imports, the newest first",
    {200: "ImportList"},
    parameters=("limit", "after"),
    headers=("Link",),
    problems=(400,),
)
def index() -> Response:
    """One page of the imports."""
    asked = query.only(limit=lambda: query.whole("limit", 1, query.MOST, query.LIMIT), after=query.marker)
    found, after = queries.newest(asked["limit"], before=asked["after"])
    return page([documents.shown(loaded) for loaded in found], str(after or ""))


@bp.get("/<int:id>")
@allow("imports.view")
@described("One import and how far it is", {200: "Import"}, parameters=("id",), problems=(400,))
def show(id: int) -> Response:
    """One import."""
    query.only()
    return _answer(id)


@bp.patch("/<int:id>")
@allow("imports.run")
@described(
    "Say how the file is read, what its columns mean, and what becomes of people who are there already",
    {200: "Import"},
    sent={PATCH: "ChangedImport", PLAIN: "ChangedImport"},
    parameters=("id",),
    problems=(400, 409, 413, 415, 422),
)
def update(id: int) -> Response:
    """Change how the file is meant; a plan that was made is forgotten."""
    query.only()
    queries.get(id)
    given = documents.settings(json_object(PATCH, PLAIN))
    # Other headings are matched anew, so that what the columns mean is said after how they are read.
    for name, change in (
        ("reading", actions.set_reading),
        ("columns", actions.set_columns),
        ("rules", actions.set_rules),
    ):
        if name in given:
            change(id, given[name])
    return _answer(id)


# --- its steps --------------------------------------------------------------------------------------------------------


@bp.post("/<int:id>/plan")
@allow("imports.run")
@described("Check every row", {200: "Import", 202: "Import"}, **CHANGES, problems=(400, 409, 422))
@repeatable
def create_plan(id: int) -> Response:
    """Let a worker give each row its verdict; nothing is written."""
    query.only()
    actions.start_plan(id, actor=current_user.actor)
    return _begun(id)


@bp.post("/<int:id>/application")
@allow("imports.run")
@described("Write what the plan says", {200: "Import", 202: "Import"}, **CHANGES, problems=(400, 409, 422))
@repeatable
def create_application(id: int) -> Response:
    """Let a worker write the rows, or go on where writing was stopped."""
    query.only()
    actions.start_apply(id, actor=current_user.actor)
    return _begun(id)


@bp.post("/<int:id>/undo")
@allow("history.undo")
@described("Take the import back", {200: "Import", 202: "Import"}, **CHANGES, problems=(400, 409, 422))
@repeatable
def create_undo(id: int) -> Response:
    """Let a worker take back what the import wrote, but for what was edited since."""
    query.only()
    loaded = queries.get(id)
    if loaded.found.account_id != current_user.account_id and not current_user.may("history.undo_others"):
        raise NotAllowed("history.undo_others")
    actions.start_undo(id, actor=current_user.actor)
    return _begun(id)


@bp.post("/<int:id>/cancellation")
@allow("imports.run")
@described("Stop what runs", {200: "Import", 202: "Import"}, **CHANGES, problems=(400, 422))
@repeatable
def create_cancellation(id: int) -> Response:
    """Ask the worker to stop at the end of what it is at."""
    query.only()
    actions.cancel(id)
    return _begun(id)


# --- its rows ---------------------------------------------------------------------------------------------------------


@bp.get("/<int:id>/rows")
@allow("imports.view")
@described(
    "The rows with their verdicts, in the order of the file",
    {200: "ImportRowList"},
    parameters=("id", "verdict", "limit", "after"),
    headers=("Link",),
    problems=(400,),
)
def index_rows(id: int) -> Response:
    """One page of the rows, of one verdict or of all."""
    asked = query.only(
        verdict=_verdict, limit=lambda: query.whole("limit", 1, query.MOST, query.LIMIT), after=query.marker
    )
    listed, after = rows(queries.get(id).found, asked["verdict"], min(asked["after"] or 0, LAST_ROW), asked["limit"])
    return page([documents.row(row) for row in listed], str(after or ""))


def _verdict() -> str:
    typed = request.args.get("verdict", "")
    return documents.one_of(VERDICTS)(typed) if typed else ""


@bp.get("/<int:id>/rejected")
@allow("imports.view")
@described("The rows that were not imported, as a file", {200: "Sheet"}, parameters=("id",), problems=(400,))
def show_rejected(id: int) -> Response:
    """The rejected rows as a file like the one they came from, with a last column that says why."""
    query.only()
    file = SpooledTemporaryFile(HELD)  # noqa: SIM115  (goes with the answer)
    for line in rejected(queries.get(id).found):
        file.write(line)
    file.seek(0)
    return send_file(file, CSV, as_attachment=True, download_name=f"import-{id}-rejected.csv")


# --- answers ----------------------------------------------------------------------------------------------------------


def _begun(id: int) -> Response:
    """202 while a worker is at it, 200 when there is nothing to wait for."""
    return _answer(id, 202 if queries.get(id).runs else 200, f"{ROOT}/{id}")


def _answer(id: int, status: int = 200, location: str = "") -> Response:
    response = jsonify(documents.shown(queries.get(id)))
    response.status_code = status
    if location:
        response.headers["Location"] = location
    return response
