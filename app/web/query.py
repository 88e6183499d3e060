"""The parameters of an API request, read strictly: a misspelled filter is an error, not a longer list."""

from collections.abc import Collection
from dataclasses import dataclass

from flask import request

from app.fields.errors import FieldError
from app.fields.filter import condition
from app.fields.kinds.cleaning import shown
from app.fields.kinds.kind import too_long
from app.fields.registry import FieldSet
from app.fields.schema import can_filter
from app.i18n import gettext as _
from app.records import lists
from app.records.errors import DeskError

LIMIT, MOST = 50, 200
MOST_FILTERS, LONGEST_SEARCH = 20, 100
# What a list takes beside its filters.
LIST_PARAMETERS = ("q", "sort", "limit", "after", "fields", "count")


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


def only(*names: str) -> None:
    """Refuse parameters that this address does not know, and those given twice."""
    raise_if(_unknown(names) | _twice(names))


def whole(name: str, least: int, most: int, otherwise: int) -> int:
    """A parameter that is a whole number."""
    typed = request.args.get(name)
    if typed is None:
        return otherwise
    if not (typed.isascii() and typed.isdigit() and len(typed) < 10 and least <= int(typed) <= most):
        raise BadQuery({name: _expected(_("a whole number from %(least)s to %(most)s", least=least, most=most), typed)})
    return int(typed)


def chosen(fields: FieldSet, moments: Collection[str]) -> list[str]:
    """The fields that `fields=` names, in the order of the record; all of them when it is not given."""
    known = [*(entry.name for entry in fields), *moments]
    typed = request.args.get("fields")
    if typed is None:
        return known
    wanted = {name.strip() for name in typed.split(",")}
    for name in sorted(wanted - set(known) - {"", "id", "version"}):
        raise BadQuery({"fields": FieldError(_("There is no field “%(name)s”.", name=shown(name)), code="field")})
    return [name for name in known if name in wanted]


def of_list(list_of: lists.ListOf, fields: FieldSet) -> Asked:
    """What the parameters of a list ask for; raises `BadQuery` with every mistake."""
    errors = _twice(LIST_PARAMETERS)
    for key in request.args:
        if key not in LIST_PARAMETERS:
            errors |= _wrong_filter(key, list_of, fields)
    if len([key for key, _typed in request.args.items(multi=True) if key not in LIST_PARAMETERS]) > MOST_FILTERS:
        errors["filters"] = FieldError(_("At most %(most)s filters can be combined.", most=MOST_FILTERS), code="max")
    raise_if(errors | _wrong_order(list_of, fields))
    wanted = lists.wanted(request.args, list_of, fields, LIMIT)
    wanted.columns = chosen(fields, list_of.moments)
    wanted.size = whole("limit", 1, MOST, LIMIT)
    return Asked(wanted, request.args.get("count") == "1")


def _wrong_order(list_of: lists.ListOf, fields: FieldSet) -> dict[str, FieldError]:
    errors = {}
    sort, typed = request.args.get("sort", "").removeprefix("-"), request.args.get("q", "")
    if sort and sort not in list_of.moments and not (sort in fields and fields[sort].kind.sort):
        errors["sort"] = FieldError(_("This list cannot be sorted by “%(name)s”.", name=shown(sort)), code="field")
    elif sort and typed:
        errors["sort"] = FieldError(_("What is searched for has an order of its own, the best first."), code="field")
    if len(typed) > LONGEST_SEARCH:
        errors["q"] = too_long(len(typed), LONGEST_SEARCH)
    if request.args.get("count", "1") not in ("0", "1"):
        errors["count"] = _expected(_("0 or 1"), request.args["count"])
    return errors


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


def _unknown(names: Collection[str]) -> dict[str, FieldError]:
    return {
        key: FieldError(_("There is no parameter “%(name)s” here.", name=shown(key)), code="field")
        for key in request.args
        if key not in names
    }


def _twice(names: Collection[str]) -> dict[str, FieldError]:
    return {
        key: FieldError(_("This stands twice."), code="several")
        for key in request.args
        if key in names and len(request.args.getlist(key)) > 1
    }


def _expected(what: str, typed: str) -> FieldError:
    return FieldError(
        _("Expected %(expected)s, found “%(found)s”.", expected=what, found=shown(typed)), code="format"
    )


def raise_if(errors: dict[str, FieldError]) -> None:
    """Raise `BadQuery` when there are any."""
    if errors:
        raise BadQuery(errors)


def cannot_sort(why: str) -> BadQuery:
    """The error of a list that is too long for this order."""
    return BadQuery({"sort": FieldError(why, code="max")})


def marker() -> int | None:
    """Where a history continues; raises `BadCursor` for what no history has given."""
    typed = request.args.get("after")
    if typed is None:
        return None
    if not (typed.isascii() and typed.isdigit() and len(typed) < 19):
        raise lists.BadCursor
    return int(typed)
