"""The parameters of an API request, read strictly: a misspelled filter is an error, not a longer list."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from flask import request
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from app.fields.errors import FieldError
from app.fields.filter import condition
from app.fields.kinds.cleaning import shown
from app.fields.kinds.kind import too_long
from app.fields.registry import FieldSet
from app.fields.schema import can_filter
from app.i18n import gettext as _
from app.records import lists, markers, views
from app.records.errors import DeskError

LIMIT, MOST = 50, 200
MOST_FILTERS, LONGEST_SEARCH = 20, 100
# What a list takes beside its filters.
LIST_PARAMETERS = ("q", "sort", "limit", "after", "fields", "count", "view")
# What a view says of the desk's page alone.
_OF_PAGES = ("columns", "size", "density")


class BadQuery(DeskError):
    """Parameters that cannot be read, all of them at once."""

    status = 400

    def __init__(self, errors: dict[str, FieldError]):
        super().__init__(" ".join(f"{name}: {error.message}" for name, error in errors.items()))
        self.facts = {
            "errors": [
                {"parameter": name, "code": error.code, "message": error.message, "hint": error.hint}
                for name, error in errors.items()
            ]
        }


@dataclass
class Asked:
    """A list as a program asks for it."""

    wanted: lists.Wanted
    counted: bool


def only(**readers: Callable[[], Any]) -> dict[str, Any]:
    """The values of these parameters, each by its reader; raises `BadQuery` for mistakes and other parameters."""
    errors = {
        key: FieldError(_("There is no parameter “%(name)s” here.", name=shown(key)), code="field")
        for key in request.args
        if key not in readers
    }
    return _read(readers, errors)


def of_list(list_of: lists.ListOf, fields: FieldSet, viewed: str = "") -> Asked:
    """What the parameters of a list ask for; raises `BadQuery` with every mistake.

    `viewed` is the list's word in the addresses of its views, for one that has any: `view=` asks for what one of them
    shows. Filters narrow that further; `q` and `sort` take the place of the view's own.
    """
    errors: dict[str, FieldError] = {}
    filters = [
        key
        for key, _typed in request.args.items(multi=True)
        if key not in LIST_PARAMETERS or (key == "view" and not viewed)
    ]
    for key in dict.fromkeys(filters):
        errors |= _wrong_filter(key, list_of, fields)
    if len(filters) > MOST_FILTERS:
        errors["filters"] = FieldError(_("At most %(most)s filters can be combined.", most=MOST_FILTERS), code="max")
    readers = {
        "q": _search,
        "sort": lambda: _sort(list_of, fields),
        "limit": lambda: whole("limit", 1, MOST, LIMIT),
        "after": lambda: None,
        "fields": chosen(fields, list_of.moments),
        "count": lambda: bool(whole("count", 0, 1, 0)),
        "view": lambda: _view(viewed) if viewed else [],
    }
    found = _read(readers, errors)
    asked = [pair for pair in request.args.items(multi=True) if pair[0] != "view"]
    instead = {name for name in ("q", "sort") if name in request.args}
    viewed_pairs = [pair for pair in found["view"] if pair[0] not in instead]
    wanted = lists.wanted(MultiDict([*viewed_pairs, *asked]), list_of, fields, LIMIT)
    wanted.columns, wanted.size = found["fields"], found["limit"]
    return Asked(wanted, found["count"])


def _read(readers: dict[str, Callable[[], Any]], errors: dict[str, FieldError]) -> dict[str, Any]:
    found = {}
    for name, read in readers.items():
        try:
            if len(request.args.getlist(name)) > 1:
                raise FieldError(_("This stands twice."), code="several")
            found[name] = read()
        except FieldError as error:
            errors[name] = error
    if errors:
        raise BadQuery(errors)
    return found


def whole(name: str, least: int, most: int, otherwise: int) -> int:
    """A parameter that is a whole number."""
    typed = request.args.get(name)
    if typed is None:
        return otherwise
    if not (typed.isascii() and typed.isdigit() and len(typed) < 10 and least <= int(typed) <= most):
        raise FieldError(
            _(
                "A whole number from %(least)s to %(most)s is expected; “%(found)s” was found.",
                least=least,
                most=most,
                found=shown(typed),
            ),
            code="format",
        )
    return int(typed)


def chosen(fields: FieldSet, moments: Collection[str]) -> Callable[[], list[str]]:
    """Reads `fields=`: the fields that it names, in the order of the record; all of them when it is not given."""

    def read() -> list[str]:
        known = [*(entry.name for entry in fields), *moments]
        typed = request.args.get("fields")
        if typed is None:
            return known
        wanted = {name.strip() for name in typed.split(",")} - {"", "id", "version"}
        if unknown := sorted(wanted - set(known)):
            raise FieldError(_("There is no field “%(name)s”.", name=shown(unknown[0])), code="field")
        return [name for name in known if name in wanted]

    return read


def _view(noun: str) -> list[tuple[str, str]]:
    """What the view that is named asks for; nothing where none is."""
    slug = request.args.get("view")
    if slug is None:
        return []
    found = views.by_slug(noun, slug, current_user.account_id) if "\0" not in slug else None
    if found is None:
        raise FieldError(_("There is no view “%(name)s”.", name=shown(slug)), code="unknown")
    return [pair for pair in views.pairs_of(found) if pair[0] not in _OF_PAGES]


def cannot_show(problems: list[str]) -> BadQuery:
    """The error of a view that asks for what is not there any more: a longer list would not be what it shows."""
    return BadQuery({"view": FieldError(" ".join(problems), code="view")})


def _search() -> str:
    typed = request.args.get("q", "")
    if len(typed) > LONGEST_SEARCH:
        raise too_long(len(typed), LONGEST_SEARCH)
    return typed


def _sort(list_of: lists.ListOf, fields: FieldSet) -> str:
    name = request.args.get("sort", "").removeprefix("-")
    if name and name not in list_of.moments and not (name in fields and fields[name].kind.sort):
        raise FieldError(_("This list cannot be sorted by “%(name)s”.", name=shown(name)), code="field")
    if name and request.args.get("q"):
        raise FieldError(_("What is searched for has an order of its own, the best first."), code="field")
    return name


def _wrong_filter(key: str, list_of: lists.ListOf, fields: FieldSet) -> dict[str, FieldError]:
    name, _dot, operator = key.partition(".")
    entry = fields.get(name)
    if entry is None or not can_filter(entry):
        return {key: FieldError(_("There is no filter or parameter “%(name)s”.", name=shown(key)), code="field")}
    for typed in request.args.getlist(key):
        try:
            condition(entry, operator or entry.kind.operators[0], typed, list_of.model)
        except FieldError as error:
            return {key: error}
    return {}


def cannot_sort(why: str) -> BadQuery:
    """The error of a list that is too long for this order."""
    return BadQuery({"sort": FieldError(why, code="max")})


def marker() -> int | None:
    """Where a history continues; raises `BadMarker` for what no history has given."""
    typed = request.args.get("after")
    if typed is None:
        return None
    if not (typed.isascii() and typed.isdigit() and len(typed) < 19):
        raise markers.BadMarker
    return int(typed)
