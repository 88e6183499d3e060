"""Imports on the desk: upload, reading, columns, rules, check, import, result. Each step has an address of its own."""

from collections.abc import Iterator

from flask import Blueprint, Response, request, stream_with_context
from flask_login import current_user
from sqlalchemy import select

from app.contacts.models import Contact
from app.fields.errors import FieldError, FieldErrors
from app.fields.settings import fields_of
from app.i18n import LOCALES
from app.i18n import gettext as _
from app.records import files, history
from app.records.errors import NotAllowed
from app.web.access import allow
from app.web.htmx import fragment, page, redirect_to
from app.web.jobs import shown as shown_job
from app.web.sizes import takes_files
from tenants import db

from . import actions, matching, problems, queries, repairs
from . import erasing as _erasing  # noqa: F401  (registers what goes with a person who is erased)
from .encodings import ENCODINGS
from .layout import DELIMITERS, Layout
from .models import VERDICTS, Import
from .reading import preview
from .rows import VERDICT_NAMES, rejected, rows
from .rules import EMPTY, MATCH, Rules
from .targets import layout as sheet_layout
from .targets import targets

bp = Blueprint("imports", __name__, url_prefix="/imports")
CHUNK = 256 * 1024


def _steps(found: queries.Loaded, here: str) -> list[tuple[str, str, bool]]:
    """The steps as links, until something was written."""
    names = (("reading", _("File")), ("columns", _("Columns")), ("rules", _("Rules")), ("", _("Check and import")))
    return [(text, f"/imports/{found.id}/{key}".rstrip("/"), key == here) for key, text in names]


@bp.get("")
@allow("imports.view")
def index() -> Response:
    """The newest imports."""
    found = db.session.scalars(select(Import).order_by(Import.id.desc()).limit(50)).all()
    return page("staff/imports/index.html", imports=found)


@bp.get("/new")
@allow("imports.run")
def new() -> Response:
    """Choose a file."""
    return page("staff/imports/new.html", upload=_upload())


def _upload(error: str = "") -> dict:
    return {
        "action": "/imports",
        "accept": ".csv,.tsv,.txt,text/csv",
        "label": _("Choose a CSV file, or drop it here"),
        "help": _(
            "Commas, semicolons or tabs, any usual encoding. Nothing is written before you have seen what will happen."
        ),
        "error": error,
        "submit": _("Upload and look at it"),
        "sample_url": "/imports/template",
        "sample_label": _("Template with all columns"),
    }


@bp.post("")
@takes_files
@allow("imports.run")
def create() -> Response:
    """Keep the file and find out how to read it."""
    given = request.files.get("file")
    try:
        if given is None or not given.filename:
            raise FieldErrors({"file": FieldError(_("Choose a file first."), code="required")})
        made = actions.upload(given.filename, _chunks(given.stream), actor=current_user.actor)
    except FieldErrors as error:
        words = " ".join(found.message for found in error.errors.values())
        return page("staff/imports/new.html", status=422, upload=_upload(words))
    return redirect_to(f"/imports/{made.id}/columns")


def _chunks(stream) -> Iterator[bytes]:
    while chunk := stream.read(CHUNK):
        yield chunk


@bp.get("/template")
@allow("imports.view")
def template() -> Response:
    """An empty sheet with the headings of all columns."""
    headings = [heading for heading, _target in sheet_layout(targets(fields_of(Contact)))]
    response = Response(",".join(headings) + "\n", mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="contacts-template.csv"'
    return response


@bp.get("/<int:id>")
@allow("imports.view")
def show(id: int) -> Response:
    """Where the import stands, and what comes next."""
    found = queries.get(id)
    name = "staff/imports/show.html"
    verdict = request.args.get("verdict", "")
    listed, more = (
        rows(found.found, verdict, request.args.get("after", 0, type=int)) if found.found.counts else ([], None)
    )
    return page(
        name,
        loaded=found,
        steps=_steps(found, ""),
        job=_job(found),
        verdicts=[(key, VERDICT_NAMES[key], found.found.counts.get(key, 0)) for key in VERDICTS],
        verdict=verdict,
        rows=listed,
        more=more,
        groups=problems.groups(id) if found.state == "planned" else [],
        labels={name: target.label for name, target in actions.columns_of().items()},
        operation=history.undone_by(found.found.operation_id) if found.found.operation_id else None,
        verdict_names=VERDICT_NAMES,
    )


def _job(found: queries.Loaded) -> dict | None:
    if not found.runs:
        return None
    cancel = f"/imports/{found.id}/cancellation"
    return shown_job(found.job) | {
        "url": f"/imports/{found.id}/progress",
        "cancel_url": None if found.job.cancel else cancel,
    }


@bp.get("/<int:id>/progress")
@allow("imports.view")
def progress(id: int) -> Response:
    """How far the running step is; when it is over, the browser is sent to the result."""
    found = queries.get(id)
    if not found.runs or not request.wants_fragment:
        return redirect_to(f"/imports/{id}")
    return fragment("shared/_progress.html", job=_job(found))


@bp.get("/<int:id>/reading")
@allow("imports.view")
def reading(id: int) -> Response:
    """How the file is read, with its first rows."""
    return _reading(queries.get(id))


def _reading(found: queries.Loaded, error: str = "", status: int = 200) -> Response:
    layout = Layout.from_json(found.found.reading)
    table, first = preview(lambda: files.read(found.found.file_id), layout)
    hidden = [at for at, name in enumerate(found.found.columns) if name == "password"]
    return page(
        "staff/imports/reading.html",
        status=status,
        loaded=found,
        steps=_steps(found, "reading"),
        layout=layout,
        encodings=ENCODINGS,
        delimiters=DELIMITERS,
        headings=table.headings,
        first=[["•••" if at in hidden and cell else cell for at, cell in enumerate(row)] for row in first.rows],
        error=error,
    )


@bp.post("/<int:id>/reading")
@allow("imports.run")
def update_reading(id: int) -> Response:
    """Read the file otherwise."""
    given = {
        "encoding": request.form.get("encoding"),
        "delimiter": {"tab": "\t"}.get(request.form.get("delimiter", ""), request.form.get("delimiter")),
        "header": request.form.get("header") == "1",
        "skip": request.form.get("skip", 0, type=int),
        "short": "fill" if request.form.get("short") == "fill" else "reject",
    }
    try:
        actions.set_reading(id, given)
    except FieldErrors as error:
        return _reading(queries.get(id), " ".join(found.message for found in error.errors.values()), 422)
    return redirect_to(f"/imports/{id}/reading" if request.form.get("look") else f"/imports/{id}/columns")


@bp.get("/<int:id>/columns")
@allow("imports.view")
def columns(id: int) -> Response:
    """Which field each column means."""
    found = queries.get(id)
    return _columns(found, found.found.columns)


def _columns(found: queries.Loaded, chosen: list[str], error: str = "", status: int = 200) -> Response:
    known = actions.columns_of()
    table, first = preview(lambda: files.read(found.found.file_id), Layout.from_json(found.found.reading))
    return page(
        "staff/imports/columns.html",
        status=status,
        loaded=found,
        steps=_steps(found, "columns"),
        columns=[
            (at, heading or _("Column %(n)s", n=at + 1), name, matching.samples(first, at, name))
            for at, (heading, name) in enumerate(zip(table.headings, chosen, strict=True))
        ],
        targets=known.values(),
        left=matching.left_to_say(chosen, known),
        error=error,
    )


@bp.post("/<int:id>/columns")
@allow("imports.run")
def update_columns(id: int) -> Response:
    """Say which field each column means; a column may become a new field of the organization's own."""
    found = queries.get(id)
    width = len(found.found.reading["headings"])
    chosen = [request.form.get(f"column-{at}", "")[:200] for at in range(width)]
    try:
        chosen = repairs.make_fields(chosen, found.found.reading["headings"], actor=current_user.actor)
        actions.set_columns(id, chosen)
    except FieldErrors as error:
        return _columns(found, chosen, " ".join(one.message for one in error.errors.values()), 422)
    return redirect_to(f"/imports/{id}/rules")


@bp.get("/<int:id>/rules")
@allow("imports.view")
def rules(id: int) -> Response:
    """What happens with people who are there already."""
    found = queries.get(id)
    return page(
        "staff/imports/rules.html",
        loaded=found,
        steps=_steps(found, "rules"),
        rules=Rules.from_json(found.found.rules),
        match=MATCH,
        empty=EMPTY,
        locales=LOCALES,
    )


@bp.post("/<int:id>/rules")
@allow("imports.run")
def update_rules(id: int) -> Response:
    """Keep the choices and have every row checked."""
    given = {name: request.form.get(name) for name in ("match", "empty", "locale")}
    actions.set_rules(id, given | {"access": request.form.get("access") == "1"})
    actions.start_plan(id, actor=current_user.actor)
    return redirect_to(f"/imports/{id}")


@bp.post("/<int:id>/plan")
@allow("imports.run")
def create_plan(id: int) -> Response:
    """Have every row checked."""
    actions.start_plan(id, actor=current_user.actor)
    return redirect_to(f"/imports/{id}")


@bp.post("/<int:id>/repairs")
@allow("imports.run")
def create_repair(id: int) -> Response:
    """Read one text otherwise in all rows of a group, and check again."""
    form = request.form
    repairs.repair(id, form.get("field", ""), form.get("found", ""), "" if form.get("blank") else form.get("text", ""))
    actions.start_plan(id, actor=current_user.actor)
    return redirect_to(f"/imports/{id}")


@bp.post("/<int:id>/application")
@allow("imports.run")
def create_application(id: int) -> Response:
    """Write what the check found."""
    actions.start_apply(id, actor=current_user.actor)
    return redirect_to(f"/imports/{id}")


@bp.post("/<int:id>/undo")
@allow("imports.run")
def create_undo(id: int) -> Response:
    """Take the import back: one's own, or with the right to undo others'."""
    if queries.get(id).found.account_id != current_user.account_id and not current_user.may("history.undo_others"):
        raise NotAllowed("history.undo_others")
    actions.start_undo(id, actor=current_user.actor, reason=request.form.get("reason", "")[:1000])
    return redirect_to(f"/imports/{id}")


@bp.post("/<int:id>/cancellation")
@allow("imports.run")
def create_cancellation(id: int) -> Response:
    """Stop the running step at the border of its current chunk."""
    actions.cancel(id)
    return redirect_to(f"/imports/{id}")


@bp.get("/<int:id>/rejected")
@allow("imports.view")
def show_rejected(id: int) -> Response:
    """The rows that were not imported, as a file that can be imported again."""
    found = queries.get(id)
    response = Response(stream_with_context(rejected(found.found)), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="import-{id}-rejected.csv"'
    return response
