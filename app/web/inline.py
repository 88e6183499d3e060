"""Editing a field where it stands: the same three addresses for every field of every noun.

`GET …/fields/phone` is the cell, `GET …/fields/phone/edit` its form, `POST …/fields/phone` saves it. Each answers a
fragment to htmx and a whole page otherwise, so that everything works without scripts.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask_login import current_user

from app.fields.errors import FieldError, FieldErrors
from app.fields.form import read_one
from app.fields.record import Record
from app.fields.registry import Field, FieldSet
from app.fields.settings import fields_of
from app.i18n import current_locale
from app.i18n import gettext as _
from app.records import history, undo, write
from app.records.errors import EditConflict, NotFound
from app.records.read import Loaded

from . import cells
from .access import allow, local_path
from .forms import number
from .views import columns_at


@dataclass(frozen=True)
class Inline:
    """What inline editing needs to know of a noun on one surface."""

    model: type[Record]
    get: Callable[[int, object], Loaded]
    path: str
    view: str
    edit: str
    # Layout of the whole page that is shown without htmx.
    page: str = "staff/base.html"
    # (record, values, actor, base) -> operation; a noun with rules of its own brings its verb.
    save: Callable = write.update
    # The path of a list -> the columns that it shows when its address names none; Tab follows them.
    columns: Callable[[str], list[str]] = lambda path: []
    # Whether rows of its list can be ticked, in the first column.
    picked: bool = False
    # The fields that such a record has, where not all of them have the same.
    fields: Callable[[Loaded], FieldSet] | None = None
    # The face that the first cell of a row shows.
    face: Callable[[Any], str] = lambda record: ""
    # Whose record it is where the address names none: one's own.
    own: Callable[[], int] | None = None

    def address(self, record_id: int) -> str:
        return self.path if self.own else f"{self.path}/{record_id}"

    def fields_of(self, loaded: Loaded) -> FieldSet:
        """The fields of a record, as far as this viewer may see them."""
        return self.fields(loaded) if self.fields else fields_of(self.model, current_user)

    def cell(
        self, entry: Field, loaded: Loaded, tag: str, titles: cells.Titles | None = None, beside: bool = False
    ) -> cells.Cell:
        """The cell of one field of one record; in a list the first column leads to the record."""
        fields, path = self.fields_of(loaded), self.address(loaded.id)
        made = self._cells(fields, entry, tag, current_user)
        first = _on_screen(self, fields)[:1] if tag == "td" else []
        leads = path if tag == "td" and entry.name in ("name", *first) else None
        titles = titles or cells.Titles([entry], [loaded.values])
        pick = f"{self.path.strip('/')}-pick" if self.picked and entry.name in first else ""
        face = self.face(loaded.record) if entry.name in first else ""
        return made.cell(loaded.id, loaded.values[entry.name], titles, path, leads, beside, pick, face)

    def _cells(self, fields: FieldSet, entry: Field, tag: str, viewer) -> cells.Cells:
        editable = viewer.may(self.edit) and entry.editable_by(viewer)
        return cells.cells_of(fields, entry, tag, editable, current_locale())

    def _sections(self, loaded: Loaded, of: FieldSet, shown: FieldSet, titles: cells.Titles) -> list[dict]:
        path, viewer = self.address(loaded.id), current_user._get_current_object()

        def cell(entry: Field) -> cells.Cell:
            return self._cells(of, entry, "dd", viewer).cell(loaded.id, loaded.values[entry.name], titles, path)

        return [{"title": title, "cells": list(map(cell, entries))} for title, entries in shown.sections().items()]

    def titles(self, loaded: Loaded) -> cells.Titles:
        """The names of what a record refers to."""
        return cells.Titles(self.fields_of(loaded), [loaded.values])

    def facts(self, loaded: Loaded, titles: cells.Titles | None = None) -> list[dict]:
        """All cells of a record's page, by section."""
        fields = self.fields_of(loaded)
        shown = fields.only(lambda entry: entry.name in loaded.values)
        return self._sections(loaded, fields, shown, titles or self.titles(loaded))

    def filled(self, loaded: Loaded, but: tuple[str, ...] = ()) -> list[dict]:
        """What a page that is only read shows: the sections with those cells that have a value."""
        values = {
            name: value for name, value in loaded.values.items() if name not in but and value not in (None, "", [])
        }
        fields = self.fields_of(loaded)
        shown = fields.only(lambda entry: entry.name in values)
        return self._sections(loaded, fields, shown, cells.Titles(shown, [values]))


def inline(bp: Blueprint, noun: Inline) -> None:
    """Add the addresses of inline editing to a noun's screens."""
    at = ("" if bp.url_prefix else noun.path) + ("" if noun.own else "/<int:id>")

    @bp.get(f"{at}/fields/<name>")
    @allow(noun.view)
    def field(name: str, id: int = 0) -> Response:
        """The cell at rest."""
        loaded, entry = _find(noun, id, name)
        if not request.wants_fragment:
            return redirect(noun.address(loaded.id))
        return make_response(noun.cell(entry, loaded, _tag()).html)

    @bp.get(f"{at}/fields/<name>/edit")
    @allow(noun.edit)
    def edit_field(name: str, id: int = 0) -> Response:
        """The field's form."""
        loaded, entry = _find(noun, id, name, editable=True)
        return _form(noun, loaded, entry)

    @bp.post(f"{at}/fields/<name>")
    @allow(noun.edit)
    def update_field(name: str, id: int = 0) -> Response:
        """Save the field, or show the form again with what is wrong."""
        loaded, entry = _find(noun, id, name, editable=True)
        id = loaded.id
        typed = request.form.get("value") or request.form.get("value_text") or ""
        if entry.kind.input == "checkboxes":
            typed = request.form.getlist("value")
        try:
            operation = None
            # What was not touched is no edit, even if it could not be chosen any more today.
            if typed != cells.editor(entry, loaded.values[name], record=loaded.values).value:
                value = read_one(entry, request.form, "value", loaded.values)
                base = request.form.get("v", type=number)
                operation = noun.save(loaded.record, {name: value}, actor=current_user.actor, base=base)
        except FieldError as error:
            return _form(noun, loaded, entry, 422, typed=typed, error=error.sentence)
        except FieldErrors as errors:
            return _form(noun, loaded, entry, 422, typed=typed, error=next(iter(errors.errors.values())).sentence)
        except EditConflict as conflict:
            return _conflict(noun, id, entry, typed, conflict)
        return _saved(noun, id, name, operation, loaded.values)

    @bp.post(f"{at}/fields/<name>/undo")
    @allow(noun.edit)
    def undo_field(name: str, id: int = 0) -> Response:
        """Take back the edit that was just made here."""
        loaded, _entry = _find(noun, id, name, editable=True)
        id, before = loaded.id, loaded.values
        operation = request.values.get("operation", type=number)
        if operation is None or not history.touched(operation, noun.model, id, current_user.actor):
            raise NotFound
        outcome = undo.undo(operation, current_user.actor)
        if not outcome.reversed:
            raise undo.ChangedSince
        loaded, entry = _find(noun, id, name)
        if not request.wants_fragment:
            return redirect(noun.address(id), 303)
        cell = noun.cell(entry, loaded, _tag())
        beside = _changed_too(noun, before, loaded, name)
        response = _answer("shared/_cell_saved.html", cell=cell, beside=beside, toast={"text": _("Undone")})
        response.headers["HX-Retarget"] = f"#{cell.id}"
        response.headers["HX-Reswap"] = "outerHTML"
        return _announced(noun, id, response)


def _find(noun: Inline, id: int, name: str, editable: bool = False) -> tuple[Loaded, Field]:
    """The record and the field, both only if this viewer may see (and change) them."""
    loaded = noun.get(noun.own() if noun.own else id, current_user)
    entry = noun.fields_of(loaded).get(name)
    if entry is None or (editable and not entry.editable_by(current_user)):
        raise NotFound
    return loaded, entry


def _tag() -> str:
    return "td" if request.args.get("in") == "row" else "dd"


def _editor(noun: Inline, loaded: Loaded, entry: Field, **more) -> cells.Editor:
    tag = _tag()
    address = f"{noun.address(loaded.id)}/fields/{entry.name}"
    return cells.editor(
        entry,
        loaded.values[entry.name],
        id=f"{noun.model.noun}-{loaded.id}-{entry.name}",
        tag=tag,
        address=address + ("?in=row" if tag == "td" else ""),
        version=loaded.version,
        record=loaded.values,
        context=local_path(request.values.get("context"), "") if not request.wants_fragment else "",
        **more,
    )


def _form(noun: Inline, loaded: Loaded, entry: Field, status: int = 200, **more) -> Response:
    editor = _editor(noun, loaded, entry, **more)
    if request.wants_fragment:
        return _answer("shared/_cell_form.html", status, editor=editor)
    editor.tag = "div"
    editor.context = editor.context or noun.address(loaded.id)
    page = render_template("shared/field_page.html", layout=noun.page, editor=editor, back=noun.address(loaded.id))
    return make_response(page, status)


def _conflict(noun: Inline, id: int, entry: Field, typed, conflict: EditConflict) -> Response:
    """The form again with both values; saving once more overwrites knowingly, since it bears the new version."""
    loaded = noun.get(id, current_user)
    theirs = cells.Conflicting(noun.cell(entry, loaded, "dd").display, conflict.by, conflict.at)
    editor = _editor(noun, loaded, entry, typed=typed)
    editor.conflict, editor.version = theirs, conflict.version
    if request.wants_fragment:
        return _answer("shared/_cell_form.html", 409, editor=editor)
    editor.tag = "div"
    page = render_template("shared/field_page.html", layout=noun.page, editor=editor, back=noun.address(id))
    return make_response(page, 409)


def _saved(noun: Inline, id: int, name: str, operation, before: Mapping[str, Any]) -> Response:
    if not request.wants_fragment:
        return redirect(local_path(request.form.get("context"), noun.address(id)), 303)
    loaded, entry = _find(noun, id, name)
    tag = _tag()
    more: dict = {"cell": noun.cell(entry, loaded, tag)}
    if operation is not None:
        where = f"{noun.address(id)}/fields/{name}/undo?operation={operation.id}{'&in=row' if tag == 'td' else ''}"
        more["toast"] = {"text": _("%(field)s saved", field=entry.label), "undo_url": where, "focus": more["cell"].id}
        more["beside"] = _changed_too(noun, before, loaded, name)
    if neighbour := _neighbour(noun.fields_of(loaded), noun, name, request.form.get("_then", "")):
        more["neighbour"] = _editor(noun, loaded, neighbour)
        more["beside"] = [one for one in more.get("beside", ()) if one.id != more["neighbour"].id]
    response = _answer("shared/_cell_saved.html", **more)
    return _announced(noun, id, response)


def _announced(noun: Inline, id: int, response: Response) -> Response:
    """Tell the page that a record was changed; where its fields depend on each other, what shows them looks again."""
    also = {f"{noun.model.noun}-{id}:changed": {}} if noun.fields else {}
    response.headers["HX-Trigger"] = json.dumps({f"{noun.model.noun}:changed": {"id": id}} | also)
    return response


def _changed_too(noun: Inline, before: Mapping[str, Any], loaded: Loaded, name: str) -> list[cells.Cell]:
    """The cells on the screen that followed the saved one, such as the time zone that follows the country."""
    fields, tag = noun.fields_of(loaded), _tag()
    return [
        noun.cell(fields[one], loaded, tag, beside=True)
        for one in _on_screen(noun, fields)
        if one != name and loaded.values[one] != before.get(one)
    ]


def _neighbour(fields: FieldSet, noun: Inline, name: str, then: str) -> Field | None:
    """The editable field before or after this one, in the order in which they stand on the screen."""
    if then not in ("next", "prev"):
        return None
    names = [one for one in _on_screen(noun, fields) if fields[one].editable_by(current_user)]
    if name not in names:
        return None
    place = names.index(name) + (1 if then == "next" else -1)
    return fields[names[place]] if 0 <= place < len(names) else None


def _on_screen(noun: Inline, fields: FieldSet) -> list[str]:
    """The fields that the page behind this request shows, in their order: the columns of a list, or all on a record."""
    if _tag() != "td":
        return [entry.name for entries in fields.sections().values() for entry in entries]
    here = request.current_page
    named = [one for one in columns_at(here.path, here.query) if one in fields]
    return list(dict.fromkeys(named)) or [one for one in noun.columns(here.path) if one in fields]


def _answer(template: str, status: int = 200, **context) -> Response:
    return make_response(render_template(template, **context), status)
