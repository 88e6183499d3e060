"""A record as it was on a date: the same two addresses for every noun that has a history.

`GET …/as-of?at=2026-03-01` shows the record as it was at the end of that day in the viewer's time zone, and
`POST …/as-of/phone/restoration` puts one field back to what it was then, as an ordinary edit.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request
from flask_babel import format_date, format_datetime
from flask_login import current_user

from app.fields import api, references
from app.fields.errors import FieldError, FieldErrors
from app.fields.kinds import Date
from app.fields.kinds.cleaning import shown
from app.fields.registry import Field
from app.fields.settings import fields_of
from app.i18n import current_locale, current_zone
from app.i18n import gettext as _
from app.records import as_of as records
from app.records.errors import EditConflict, NotAllowed, NotFound

from . import cells, toasts
from .access import allow
from .forms import number
from .history import through_what
from .htmx import page
from .inline import Inline

# So many operations are named beside a field; of the others there is the number.
NAMED = 3
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?").fullmatch


@dataclass(frozen=True)
class AsOfPage:
    """What the page needs to know of a noun."""

    noun: Inline
    # What its list is called, for the way back.
    title: Any
    # Fields that the desk changes on a page of their own, and that can be put back nevertheless.
    also: tuple[str, ...] = ()
    # What belongs to such a record and is not shown here, in words.
    not_shown: tuple = ()

    def address(self, record_id: int) -> str:
        return f"{self.noun.address(record_id)}/as-of"


@dataclass(frozen=True)
class Asked:
    """The moment somebody asked for: what was before `until` counts."""

    until: datetime
    words: str
    # As it was asked for, for addresses and for the form.
    at: str
    day: str
    clock: str

    @property
    def query(self) -> str:
        return urlencode({"at": self.at} | ({"time": self.clock} if self.clock and self.at == self.day else {}))


def asked_for(at: str, clock: str = "") -> Asked:
    """The moment that is meant by `at` and a time of day; raises `FieldError`.

    A day counts to its end and a minute to its end, both by the viewer's clocks. Where the clocks were put back, the
    second of two equal times is meant, so that the whole hour counts. `at` may also be an exact moment (RFC 3339).
    """
    zone, now = current_zone(), datetime.now(UTC)
    at, clock = at.strip(), clock.strip()
    try:
        if "T" in at and (exact := datetime.fromisoformat(at)).tzinfo:
            local = exact.astimezone(zone)
            begins, until = exact, exact + timedelta(microseconds=1)
            words = format_datetime(exact, "medium")
            given = {"day": local.date().isoformat(), "clock": f"{local:%H:%M}"}
        else:
            typed, _separator, behind = at.partition("T")
            day = Date("").parse(typed, today=now.astimezone(zone).date())
            if day is None:
                raise FieldError(_("Choose a day."), code="required")
            clock = clock or behind
            given = {"day": day.isoformat(), "clock": clock}
            at = day.isoformat()
            begins, until, words = _of_day(day, clock, zone)
        if begins > now:
            raise FieldError(_("This moment is still to come."), code="max", hint=_("Choose one that has passed."))
        return Asked(until.astimezone(UTC), words, at, **given)
    except (ValueError, OverflowError) as error:
        if isinstance(error, FieldError):
            raise
        said = _("There is no such moment: “%(found)s”.", found=shown(at))
        raise FieldError(said, code="format", hint=_("Choose a day.")) from error


def _of_day(day: date, clock: str, zone) -> tuple[datetime, datetime, str]:
    """Where a day or a minute begins and ends, and how it is said."""
    if not clock:
        ends = datetime.combine(day + timedelta(days=1), time(), zone)
        return datetime.combine(day, time(), zone), ends, _("the end of %(day)s", day=format_date(day, "medium"))
    found = _CLOCK(clock)
    if not found:
        said = _("A time of day is expected; “%(found)s” is none.", found=shown(clock))
        raise FieldError(said, code="format", hint=_("Write it like 14:30."))
    begins = datetime.combine(day, time(*(int(part or 0) for part in found.groups()), fold=1), zone)
    ends = begins.astimezone(UTC) + (timedelta(seconds=1) if found[3] else timedelta(minutes=1))
    return begins, ends, format_datetime(begins, "medium" if found[3] else "short")


@dataclass
class Line:
    """One field as the page shows it."""

    id: str
    label: str
    was: str
    now: str
    differs: bool
    since: list[dict]
    more: int
    removed: bool
    put_back_url: str = ""
    error: str = ""
    fresh: bool = False


@dataclass
class Shown:
    """Everything `shared/_as_of.html` shows."""

    address: str
    asked: Asked | None = None
    error: str = ""
    day: str = ""
    clock: str = ""
    today: str = ""
    state: str = ""
    by: dict | None = None
    version: int = 0
    sections: dict[str, list[Line]] = field(default_factory=dict)
    differing: int = 0
    whole: bool = True
    not_shown: list[str] = field(default_factory=list)
    zone: str = ""


def as_of(bp: Blueprint, noun: AsOfPage) -> None:
    """Add the addresses to a noun's screens."""
    inline = noun.noun
    at = ("" if bp.url_prefix else inline.path) + "/<int:id>/as-of"

    @bp.get(at)
    @allow("history.view")
    def show_as_of(id: int) -> Response:
        """The record as it was on a date; without a date, the question for one."""
        loaded = inline.get(id, current_user)
        if not request.args.get("at", "").strip():
            return _page(noun, loaded, _empty(noun, id))
        try:
            asked = asked_for(request.args["at"], request.args.get("time", ""))
        except FieldError as error:
            said = error.sentence
            return _page(noun, loaded, _empty(noun, id, error=said), 422)
        return _page(noun, loaded, _shown(noun, loaded, asked))

    @bp.post(f"{at}/<name>/restoration")
    @allow(inline.edit)
    def create_restoration(id: int, name: str) -> Response:
        """Put one field back to what it was then; nothing is written when it was changed meanwhile."""
        # Who may not read the history is told nothing of it by a value that comes back.
        if not current_user.may("history.view"):
            raise NotAllowed("history.view")
        loaded = inline.get(id, current_user)
        fields = fields_of(inline.model, current_user)
        try:
            asked = asked_for(request.args.get("at", ""), request.args.get("time", ""))
        except FieldError as error:
            raise NotFound from error
        fact = records.read(inline.model, id, asked.until, current_user).facts.get(name)
        if fact is None or not _may_put_back(noun, fact.entry):
            raise NotFound
        operation = None
        try:
            then = {name: None if fact.was is None else fact.entry.kind.to_json(fact.was)}
            values = api.changes(then, fields.only(lambda entry: entry.name == name), fields, loaded.values)
            base = request.form.get("v", type=number)
            operation = inline.save(loaded.record, values, actor=current_user.actor, base=base)
        except FieldErrors as errors:
            return _refused(noun, id, asked, name, next(iter(errors.errors.values())), 422)
        except EditConflict as conflict:
            said = _("%(who)s changed this in the meantime. Nothing was put back.", who=conflict.by)
            return _refused(noun, id, asked, name, FieldError(said, code="conflict"), 409)
        where = f"{noun.address(id)}?{asked.query}"
        text = _("%(field)s put back", field=fact.entry.label)
        if not request.wants_fragment:
            if operation is not None:
                toasts.leave(text, operation, where)
            return redirect(where, 303)
        loaded = inline.get(id, current_user)
        toast = toasts.toast(text, operation, where) if operation is not None else None
        return _page(noun, loaded, _shown(noun, loaded, asked, fresh=name), toast=toast)


def _refused(noun: AsOfPage, id: int, asked: Asked, name: str, error: FieldError, status: int) -> Response:
    loaded = noun.noun.get(id, current_user)
    said = error.sentence
    return _page(noun, loaded, _shown(noun, loaded, asked, wrong=(name, said)), status)


def _page(noun: AsOfPage, loaded, shown: Shown, status: int = 200, toast: dict | None = None) -> Response:
    inline = noun.noun
    title = references.titles(inline.model.noun, [loaded.id]).get(loaded.id, "")
    here = inline.address(loaded.id)
    crumbs = [(noun.title, inline.path), (title, here), (_("History"), f"{here}/history"), (_("As it was"), None)]
    more = {"layout": inline.page, "title": title, "crumbs": crumbs, "toast": toast}
    return page("shared/as_of_page.html", part="shared/_as_of.html", status=status, as_of=shown, **more)


def _empty(noun: AsOfPage, id: int, error: str = "") -> Shown:
    today = datetime.now(current_zone()).date().isoformat()
    typed = {"day": request.args.get("at", "")[:40], "clock": request.args.get("time", "")[:40]}
    return Shown(noun.address(id), error=error, today=today, zone=current_zone().key, **typed)


def _shown(noun: AsOfPage, loaded, asked: Asked, wrong: tuple[str, str] = ("", ""), fresh: str = "") -> Shown:
    found = records.read(noun.noun.model, loaded.id, asked.until, current_user)
    shown = _empty(noun, loaded.id)
    shown.asked, shown.day, shown.clock = asked, asked.day, asked.clock
    shown.state, shown.whole, shown.version = found.state, found.whole, loaded.version
    shown.by = _operation(found.by) if found.by is not None and found.state != records.THERE else None
    facts = list(found.facts.values())
    named = cells.Titles(
        [fact.entry for fact in facts],
        [{fact.entry.name: value} for fact in facts for value in (fact.was, fact.now)],
    )
    for fact in facts:
        line = _line(noun, loaded.id, fact, named, asked)
        line.error, line.fresh = wrong[1] if wrong[0] == fact.entry.name else "", fresh == fact.entry.name
        shown.sections.setdefault(str(fact.entry.section), []).append(line)
    shown.differing = sum(fact.differs for fact in facts)
    shown.not_shown = [str(entry.label) for entry in found.unknown] + [str(words) for words in noun.not_shown]
    return shown


def _line(noun: AsOfPage, record_id: int, fact: records.Fact, titles: cells.Titles, asked: Asked) -> Line:
    entry, locale = fact.entry, current_locale()
    url = f"{noun.address(record_id)}/{entry.name}/restoration?{asked.query}"
    return Line(
        id=f"as-of-{entry.name}",
        label=str(entry.label),
        was=cells.display(entry, fact.was, titles, locale),
        now=cells.display(entry, fact.now, titles, locale),
        differs=fact.differs,
        since=[_operation(operation) for operation in fact.since[:NAMED]],
        more=len(fact.since[NAMED:]),
        removed=fact.removed,
        put_back_url=url if fact.differs and _may_put_back(noun, entry) and _can_be(entry, fact.was) else "",
    )


def _may_put_back(noun: AsOfPage, entry: Field) -> bool:
    """Whether this person may change the field at all."""
    fields: Iterable[Field] = fields_of(noun.noun.model, current_user)
    known = any(entry.name == one.name for one in fields)
    changes = entry.editable_by(current_user) or entry.name in noun.also
    return known and changes and current_user.may(noun.noun.edit)


def _can_be(entry: Field, value: Any) -> bool:
    """Whether the field may have this value today; it may have become required since."""
    return value is not None or not (entry.required or not api.nullable(entry))


def _operation(operation) -> dict:
    """One operation as the page names it."""
    return {
        "id": operation.id,
        "who": operation.actor,
        "on_behalf": operation.on_behalf,
        "through": through_what(operation.through),
        "when": operation.at,
        "url": f"/operations/{operation.id}",
    }
