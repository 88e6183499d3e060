"""A noun in the API: the same five addresses for each, over the noun's own queries and verbs.

`GET …/contacts` is the list, `POST …/contacts` makes one, `GET …/contacts/7` is the record, `PATCH …/contacts/7`
changes it, and `GET …/contacts/7/history` tells what happened to it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from types import ModuleType
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, request
from flask_login import current_user

from app.fields import api, schema
from app.fields.record import Record
from app.fields.registry import FieldSet
from app.fields.settings import fields_of
from app.i18n import gettext as _
from app.records import history, lists, read
from app.records.errors import DeskError, NotAllowed
from app.records.read import Loaded

from . import query
from .access import allow
from .body import PATCH, PLAIN, json_object
from .described import described
from .repeatable import repeatable

OPERATION = "Deskhand-Operation"


class VersionMissing(DeskError):
    """A change that does not say which version of the record it was made over."""

    status = 428


class Stale(DeskError):
    """The record is no longer the one that this change was made over: nothing was written."""

    status = 412

    def __init__(self, loaded: Loaded, fields: FieldSet, values: dict[str, Any]):
        super().__init__(_("This record was changed since you read it. Nothing was saved."))
        self.headers = {"ETag": f'"{loaded.version}"'}
        self.facts = {
            "version": loaded.version,
            "updated_at": api.moment(loaded.record.updated_at),
            "updated_by": loaded.updated_by,
            "conflicts": [
                {
                    "pointer": api.pointer(name),
                    "yours": fields[name].kind.to_json(value),
                    "theirs": fields[name].kind.to_json(loaded.values.get(name)),
                }
                for name, value in values.items()
                if value != loaded.values.get(name)
            ],
        }


@dataclass(frozen=True)
class Resource:
    """A noun as the API offers it.

    `queries` has LIST, PAST, visible_to and get, `actions` has new_fields, create and update. `name` is the noun's
    word in addresses and permissions.
    """

    model: type[Record]
    name: str
    queries: ModuleType
    actions: ModuleType
    # Required fields that the noun fills itself when a new record comes without them.
    made_otherwise: tuple[str, ...] = ()
    # Fields that the desk changes on a page of their own.
    also: tuple[str, ...] = ()
    # Whether its list on the desk has named views, which can be asked for here.
    views: bool = False

    @property
    def path(self) -> str:
        return f"/api/v1/{self.name}"

    @property
    def title(self) -> str:
        return self.model.__name__

    def fields(self) -> FieldSet:
        """The fields that this request may see."""
        return fields_of(self.model, current_user)

    def may_make(self) -> FieldSet:
        """The fields that a new record may bring."""
        return self.actions.new_fields(current_user).only(lambda entry: not entry.related or bool(entry.related.save))

    def may_change(self) -> FieldSet:
        """The fields that may be changed on a record that exists."""
        return self.fields().only(lambda entry: entry.editable_by(current_user) or entry.name in self.also)

    def schemas(self) -> dict[str, schema.Schema]:
        """The documents of this noun, by the names that its operations use."""
        return {
            self.title: schema.answered(self.fields(), self.title),
            f"{self.title}List": schema.page_of(self.title),
            f"New{self.title}": schema.made(self.may_make(), self.made_otherwise),
            f"Changed{self.title}": schema.changed(self.may_change()),
            f"{self.title}Filters": schema.filters(self.fields()),
        }


RESOURCES: list[Resource] = []


def resource(bp: Blueprint, noun: Resource) -> None:
    """Add the addresses of a noun to its part of the API."""
    RESOURCES.append(noun)
    view, edit, title = f"{noun.name}.view", f"{noun.name}.edit", noun.title

    @bp.get("")
    @allow(view)
    @described(
        f"The {noun.name} that meet the filters, page by page",
        {200: f"{title}List"},
        parameters=(
            *(("view",) if noun.views else ()),
            "q",
            "sort",
            "limit",
            "after",
            "fields",
            "count",
            f"{title}Filters",
        ),
        headers=("Link",),
        problems=(400,),
    )
    def index() -> Response:
        """One page of the list."""
        return _page(noun)

    @bp.post("")
    @allow(edit)
    @described(
        "Make one",
        {201: title},
        sent={PLAIN: f"New{title}"},
        parameters=("Idempotency-Key",),
        headers=("ETag", "Location", OPERATION, "Idempotent-Replayed"),
        problems=(400, 413, 415, 422),
    )
    @repeatable
    def create() -> Response:
        """Make a record."""
        query.only()
        values = api.new(json_object(PLAIN), noun.may_make(), noun.fields(), noun.made_otherwise)
        made = noun.actions.create(values, actor=current_user.actor)
        response = _record(noun, noun.queries.get(made, current_user))
        response.status_code = 201
        response.headers["Location"] = f"{noun.path}/{made}"
        return response

    @bp.get("/<int:id>")
    @allow(view)
    @described(
        "One record",
        {200: title, 304: ""},
        parameters=("id", "fields", "If-None-Match"),
        headers=("ETag",),
        problems=(400,),
    )
    def show(id: int) -> Response:
        """One record, or nothing when the reader has it already."""
        wanted = query.only(fields=query.chosen(noun.fields(), noun.queries.LIST.moments))["fields"]
        loaded = noun.queries.get(id, current_user)
        if request.if_none_match.contains_weak(str(loaded.version)):
            response = Response(status=304)
            response.set_etag(str(loaded.version))
            return response
        return _record(noun, loaded, wanted)

    @bp.patch("/<int:id>")
    @allow(edit)
    @described(
        "Change some fields (a merge patch)",
        {200: title},
        sent={PATCH: f"Changed{title}", PLAIN: f"Changed{title}"},
        parameters=("id", "If-Match"),
        headers=("ETag", OPERATION),
        problems=(400, 412, 413, 415, 422, 428),
    )
    def update(id: int) -> Response:
        """Change some fields of a record that is still the one that was read."""
        query.only()
        if not current_user.may(view):
            raise NotAllowed(view)
        read.hold(noun.model, id)
        loaded = noun.queries.get(id, current_user)
        _ask_for_version()
        values = api.changes(json_object(PATCH, PLAIN), noun.may_change(), noun.fields(), loaded.values)
        if not request.if_match.contains_weak(str(loaded.version)):
            raise Stale(loaded, noun.fields(), values)
        new = {name: value for name, value in values.items() if value != loaded.values.get(name)}
        if new:
            noun.actions.update(loaded.record, new, actor=current_user.actor, base=loaded.version)
        return _record(noun, noun.queries.get(id, current_user))

    @bp.get("/<int:id>/history")
    @allow("history.view")
    @described(
        "What happened to one record, the newest first",
        {200: "History"},
        parameters=("id", "after"),
        headers=("Link",),
        problems=(400,),
    )
    def show_history(id: int) -> Response:
        """The operations that touched a record, the newest first."""
        if not current_user.may(view):
            raise NotAllowed(view)
        until = query.only(after=query.marker)["after"]
        noun.queries.get(id, current_user)
        entries, older = history.feed(noun.queries.PAST, id, current_user, until)
        return page([_entry(entry) for entry in entries], str(older) if older else "")


def _ask_for_version() -> None:
    if not request.headers.get("If-Match", "").strip() or request.if_match.star_tag:
        raise VersionMissing(_('Send the version that you have read as If-Match, such as If-Match: "3".'))


def _record(noun: Resource, loaded: Loaded, wanted: Collection[str] | None = None) -> Response:
    """A record as an answer, to those who may read it; otherwise only what names it."""
    values = loaded.values | {name: getattr(loaded.record, name) for name in noun.queries.LIST.moments}
    if not current_user.may(f"{noun.name}.view"):
        wanted = ()
    shown = {name: value for name, value in values.items() if wanted is None or name in wanted}
    response = jsonify(api.to_json(loaded.id, loaded.version, shown, noun.fields()))
    response.set_etag(str(loaded.version))
    if request.method != "GET" and loaded.record.updated_op is not None:
        response.headers[OPERATION] = str(loaded.record.updated_op)
    return response


def _page(noun: Resource) -> Response:
    fields = noun.fields()
    asked = query.of_list(noun.queries.LIST, fields, noun.name if noun.views else "")
    sort = asked.wanted.sort
    found = lists.read(noun.queries.LIST, asked.wanted, fields, noun.queries.visible_to(current_user))
    if asked.wanted.problems:
        raise query.cannot_show(asked.wanted.problems)
    if asked.wanted.sort != sort:
        raise query.cannot_sort(found.note)
    items = [api.to_json(row.id, row.version, row.values, fields) for row in found.rows]
    return page(items, found.after, {"count": found.count, "capped": found.capped} if asked.counted else {})


def page(items: list, after: str, more: dict[str, Any] | None = None) -> Response:
    """A page of a list; where there is another one, its address stands in the document and in the Link header."""
    address = None
    if after:
        kept = [(name, value) for name, value in request.args.items(multi=True) if name != "after"]
        address = f"{request.base_url}?{urlencode([*kept, ('after', after)])}"
    response = jsonify({"items": items, "next": address} | (more or {}))
    if address:
        response.headers["Link"] = f'<{address}>; rel="next"'
    return response


def _entry(entry: history.Entry) -> dict[str, Any]:
    """One operation as it touched a record: the values as JSON has them, and as this reader's language writes them."""
    return {
        "operation": entry.id,
        "kind": entry.kind,
        "title": entry.title,
        "at": api.moment(entry.when),
        "by": entry.who,
        "on_behalf_of": entry.on_behalf,
        "through": entry.through,
        "reason": entry.why,
        "undone": entry.undone,
        "undoes": entry.undoes,
        "actions": sorted(entry.actions),
        "changes": [
            {
                "id": line.change_id,
                "field": line.field,
                "label": line.label,
                "before": line.was,
                "after": line.now,
                "before_text": line.before,
                "after_text": line.after,
            }
            for line in entry.lines
        ],
    }
