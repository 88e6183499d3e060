"""Merging on screen, the same two addresses for every noun that can be merged.

`GET …/7/merge?with=9` shows the records side by side with what would become of them; every choice stands in the
address, so that the preview needs no scripts. `POST …/7/merge` merges them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, Response, request
from flask_login import current_user

from app.fields import references
from app.fields.errors import FieldErrors
from app.fields.kinds import Reference
from app.fields.record import Record
from app.fields.settings import fields_of
from app.i18n import current_locale
from app.i18n import gettext as _
from app.records import choosing, merge
from app.records.merged import WasMerged
from app.records.read import Loaded

from . import cells, toasts
from .access import allow
from .forms import number
from .htmx import page, redirect_to
from .inline import Inline

LONGEST_REASON = 1000


@dataclass(frozen=True)
class MergePage:
    """What the page needs to know of a noun."""

    noun: Inline
    permission: str
    # What its list is called, for the way back, and what is said about one record beside its name.
    title: Any
    # (records, who is left, what was picked) -> what the noun asks beside its fields.
    questions: Callable[[Sequence[Loaded], int, Any], list[choosing.Question]] = lambda loaded, survivor, picked: []

    def address(self, record_id: int) -> str:
        return f"{self.noun.address(record_id)}/merge"


@dataclass
class Row:
    """One field or question: what each record has, which of them is taken, and what comes out."""

    id: str
    name: str
    label: str
    # Value of the radio button, what it says; in the order of the records, None where a record has nothing to offer.
    options: list[tuple[str, str] | None]
    taken: str
    result: str
    all: bool = False


@dataclass
class Side:
    """One of the records."""

    id: int
    name: str
    url: str
    version: int
    counts: list[tuple[str, int]] = field(default_factory=list)


@dataclass
class Sides:
    """Everything `staff/merge/_sides.html` shows."""

    address: str
    noun: str
    title: str
    list_url: str
    first: Side
    others: list[Side]
    survivor: int
    rows: list[Row]
    same: list[tuple[str, str]]
    kept: list[str]
    reason: str
    chooser: cells.Editor | None
    error: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    choices: dict[str, int] = field(default_factory=dict)

    @property
    def sides(self) -> list[Side]:
        return [self.first, *self.others]


def merging(bp: Blueprint, noun: MergePage) -> None:
    """Add the addresses of merging to a noun's screens."""
    at = ("" if bp.url_prefix else noun.noun.path) + "/<int:id>/merge"

    @bp.get(at)
    @allow(noun.permission)
    def new_merge(id: int) -> Response:
        """The records side by side, with what would come out."""
        return _shown(_sides(noun, id))

    @bp.post(at)
    @allow(noun.permission)
    def create_merge(id: int) -> Response:
        """Merge the records."""
        model = noun.noun.model
        try:
            found = _sides(noun, id)
        except WasMerged as error:
            raise merge.already(model, [error.record_id]) or error from error
        if not found.others:
            found.error = found.error or _("Choose the record that is the same.")
            return _shown(found, 422)
        versions = {side.id: request.form.get(f"v.{side.id}", type=number) for side in found.sides}
        try:
            operation = merge.merge(
                model,
                found.survivor,
                [side.id for side in found.sides if side.id != found.survivor],
                found.values,
                actor=current_user.actor,
                reason=found.reason,
                versions={one: version for one, version in versions.items() if version is not None},
                choices=found.choices,
            )
        except FieldErrors as error:
            found.error = " ".join(one.message for one in error.errors.values())
            return _shown(found, 422)
        except (merge.ChangedMeanwhile, merge.WrongNumber) as error:
            found.error = str(error)
            return _shown(found, error.status)
        here = noun.noun.address(found.survivor)
        toasts.leave(operation.title, operation, here)
        return redirect_to(here)


def _shown(found: Sides, status: int = 200) -> Response:
    return page("staff/merge/show.html", part="staff/merge/_sides.html", status=status, merge=found)


def _sides(noun: MergePage, id: int) -> Sides:
    """The records that the request names, and what was picked."""
    model, form = noun.noun.model, request.values
    fields = fields_of(model, current_user)
    wanted, error = _others(noun, id)
    loaded = [noun.noun.get(one, current_user) for one in [id, *wanted]]
    ids = [one.id for one in loaded]
    names = references.titles(model.noun, ids)
    survivor = form.get("survivor", type=number)
    survivor = survivor if survivor in ids else ids[0]
    sides = [Side(one.id, names.get(one.id, ""), noun.noun.address(one.id), one.version) for one in loaded]
    rows: list[Row] = []
    same: list[tuple[str, str]] = []
    kept: list[str] = []
    values: dict[str, Any] = {}
    asked: list[choosing.Question] = []
    if wanted:
        _count(model, sides)
        picked = {name.removeprefix("f."): value for name, value in form.items() if name.startswith("f.")}
        changed = choosing.latest(model, ids)
        choices = choosing.choose(fields, loaded, survivor, changed, picked)
        values = choosing.values_of(choices, names)
        titles = cells.Titles(fields, [one.values for one in loaded])
        locale = current_locale()
        for choice in choices:
            shown = {one: cells.display(choice.entry, value, titles, locale) for one, value in choice.values.items()}
            result = cells.display(choice.entry, values[choice.entry.name], titles, locale)
            if not choice.open:
                same += [(str(choice.entry.label), result)] if result else []
                continue
            options = [(str(one), shown[one]) for one in ids]
            more = choice.may_be_all and len({text for text in shown.values() if text}) > 1
            name = f"f.{choice.entry.name}"
            rows.append(
                Row(
                    f"merge-{choice.entry.name}",
                    name,
                    str(choice.entry.label),
                    options,
                    str(choice.taken),
                    result,
                    more,
                )
            )
        kept = [f"{choice.entry.label} {value}" for choice, _one, value in choosing.not_taken(choices)]
        asked = noun.questions(
            loaded, survivor, {name.removeprefix("x."): value for name, value in form.items() if name.startswith("x.")}
        )
        for question in asked:
            options = [(str(one), question.options[one]) if one in question.options else None for one in ids]
            result = question.options[question.taken]
            rows.append(
                Row(
                    f"merge-x-{question.name}",
                    f"x.{question.name}",
                    question.label,
                    options,
                    str(question.taken),
                    result,
                )
            )
    return Sides(
        address=noun.address(id),
        noun=model.noun,
        title=str(noun.title),
        list_url=noun.noun.path,
        first=sides[0],
        others=sides[1:],
        survivor=survivor,
        rows=rows,
        same=same,
        kept=kept,
        reason=form.get("reason", "").strip()[:LONGEST_REASON],
        chooser=_chooser(model) if len(sides) < merge.MOST else None,
        error=error,
        values=values,
        choices={question.name: question.taken for question in asked},
    )


def _others(noun: MergePage, id: int) -> tuple[list[int], str]:
    """The other records that are named, by number or as they are called, and what is wrong with that."""
    form, model = request.values, noun.noun.model
    found = [one for one in form.getlist("with", type=number) if one != id]
    error = ""
    typed = form.get("with_text", "").strip()
    if typed:
        named = [one for one in references.by_title(model.noun, typed) if one != id]
        if len(named) == 1:
            found += named
        else:
            error = (
                _("Several are called “%(name)s”. Open the one that is meant and merge from there.", name=typed)
                if named
                else _("Nothing else is called “%(name)s”.", name=typed)
            )
    found = list(dict.fromkeys(found))
    if len(found) >= merge.MOST:
        error, found = str(merge.WrongNumber.sentence), found[: merge.MOST - 1]
    return found, error


def _chooser(model: type[Record]) -> cells.Editor:
    made = cells.Editor("merge-with", "div", _("Merge with"), "", "with", Reference.input, "")
    made.search_url = f"/options/{model.noun}"
    made.options = []
    return made


def _count(model: type[Record], sides: list[Side]) -> None:
    """Say of each record how many rows name it."""
    by_id = {side.id: side for side in sides}
    for table, record_id, n in merge.counts(model, by_id):
        by_id[record_id].counts.append((table, n))
