"""Exports on the desk: asking for a sheet, and fetching it."""

from flask import Blueprint, Response, request, stream_with_context
from flask_login import current_user

from app.records import files
from app.records.errors import NotFound
from app.web.access import allow
from app.web.htmx import page, redirect_to
from tenants import db

from . import erasing as _erasing  # noqa: F401  (registers what goes with a person who is erased)
from . import person, writing

bp = Blueprint("exports", __name__, url_prefix="/exports")


@bp.get("/<noun>/new")
@allow("exports.run")
def new(noun: str) -> Response:
    """Which sheet, for which program."""
    if noun not in writing.NOUNS:
        raise NotFound
    return page("staff/exports/new.html", noun=noun, title=writing.NOUNS[noun])


@bp.post("/<noun>")
@allow("exports.run")
def create(noun: str) -> Response:
    """Have the sheet written; the job's page shows how far it is and leads to the file."""
    return redirect_to(f"/jobs/{writing.ask(noun, request.form.get('excel') == '1', current_user.actor)}")


@bp.get("/contacts/<int:id>")
@allow(person.PERMISSION)
def new_person(id: int) -> Response:
    """What the archive of one person will hold."""
    found = person.loaded(id, current_user)
    return page("staff/exports/person.html", id=id, name=found.record.full_name)


@bp.post("/contacts/<int:id>")
@allow(person.PERMISSION)
def create_person(id: int) -> Response:
    """Have everything about one person put together."""
    found = person.loaded(id, current_user)
    return redirect_to(f"/jobs/{person.ask(found.record, current_user.actor)}")


@bp.get("/<int:id>")
@allow("exports.run")
def show(id: int) -> Response:
    """The file, to be saved, never shown by the browser itself."""
    file = db.session.get(files.File, id)
    if file is None or file.purpose != writing.PURPOSE or file.account_id != current_user.account_id:
        raise NotFound
    response = Response(stream_with_context(files.read(id)), mimetype=file.media_type.partition(";")[0])
    response.headers["Content-Disposition"] = f'attachment; filename="{file.name}"'
    response.headers["Content-Length"] = str(file.size)
    return response
