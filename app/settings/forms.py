"""The fields of the forms in which an administrator describes a field."""

from collections.abc import Iterable
from typing import Any

from babel.numbers import get_currency_name

from app.fields.kinds import KINDS, Choice, Decimal, Duration, Kind, LongText, Text, Whole, YesNo
from app.fields.kinds.money import currencies
from app.fields.registry import Field
from app.i18n import current_locale
from app.i18n import gettext as _
from app.i18n import lazy_gettext as _l

from .custom import OFFERED, ONCE, TARGETS, options_of

PORTAL = {
    "": _l("Not shown"),
    "view": _l("Shown"),
    "edit": _l("Shown, and people may change their own"),
}


def _field(name: str, kind: Kind, **more: Any) -> Field:
    return Field(name=name, kind=kind, label=kind.label, required=kind.required, help=str(kind.help or ""), **more)


def portal_choices(widest: str) -> list[tuple[str, Any]]:
    """What can be chosen for the portal, up to the most that this field may be opened."""
    names = list(PORTAL)
    return [("none" if name == "" else name, PORTAL[name]) for name in names[: names.index(widest) + 1]]


def describing(headings: Iterable[str], widest: str, usual_label: str = "") -> list[Field]:
    """The fields that every field has: name, help, heading and what the portal may do."""
    used = ", ".join(headings)
    label_help = _("Deskhand calls it “%(label)s”.", label=usual_label) if usual_label else ""
    section_help = _("In use: %(names)s. Empty for the first part of the page.", names=used) if used else ""
    found = [
        _field("label", Text(_l("Name"), max=64, required=not usual_label, help=label_help)),
        _field("section", Text(_l("Heading"), max=64, help=section_help)),
        _field("help", Text(_l("Help"), max=500, help=_l("Shown below the field while it is filled in."))),
    ]
    if widest:
        choices = portal_choices(widest)
        found.append(_field("portal", Choice(_l("In the portal"), choices=choices, required=True, default="none")))
    return found


def own_choices() -> Field:
    """The field for the choices of a given field."""
    help_ = _l("To rename a choice and keep it where it was chosen, write: old name | new name. Empty: the usual ones.")
    return _field("choices", LongText(_l("Choices, one on a line"), max=100_000, help=help_))


def rules(required: bool = True, hidden: bool = True) -> list[Field]:
    """Whether a field must be filled in, and whether it is shown at all."""
    found = [_field("required", YesNo(_l("Must be filled in")))] if required else []
    return found + ([_field("hidden", YesNo(_l("Hidden: neither shown nor asked for")))] if hidden else [])


def options(kind: str, new: bool = True) -> list[Field]:
    """The fields for what can be chosen about a kind, for a new field or for one that is there already."""
    text = KINDS[kind].input not in ("number", "duration")
    exact = Decimal("", places=6)
    bound = {"decimal": exact, "money": exact, "duration": Duration("")}.get(kind) or Whole("")
    made = {
        "choices": _field(
            "choices",
            LongText(
                _l("Choices, one on a line"),
                max=100_000,
                required=True,
                help=_l("To rename a choice and keep it where it was chosen, write: old name | new name"),
            ),
        ),
        "currency": _field(
            "currency",
            Choice(
                _l("Currency"),
                choices=_currencies(),
                required=True,
                default="EUR",
                help=_l("It decides how many decimals there are, and stays as it is."),
            ),
        ),
        "noun": _field("noun", Choice(_l("Points to"), choices=TARGETS, required=True)),
        "places": _field("places", Whole(_l("Decimals"), min=0, max=6)),
        "default": _field("default", _begins(kind)),
        "min": _field("min", _labelled(bound, _l("At least"))),
        "max": _field(
            "max", Whole(_l("Longest text, in characters"), min=1) if text else _labelled(bound, _l("At most"))
        ),
    }
    wanted = [name for name in options_of(kind) if new or name not in ONCE]
    return [made[name] for name in ("choices", "noun", "currency", "places", "min", "max", "default") if name in wanted]


def _begins(kind: str) -> Kind:
    """The field for what a new record begins with."""
    if KINDS[kind].input == "checkbox":
        return YesNo(_l("Ticked for a new record"))
    long = LongText if KINDS[kind].input == "textarea" else Text
    return long(_l("To begin with"), max=500, help=_l("Filled in for a new record, where it can be changed."))


def _currencies() -> list[tuple[str, str]]:
    """The currencies in use with their names, by code."""
    locale = current_locale()
    return [(code, f"{code} – {get_currency_name(code, locale=locale)}") for code in sorted(currencies())]


def _labelled(kind: Kind, label: Any) -> Kind:
    return Decimal(label, places=6) if isinstance(kind, Decimal) else type(kind)(label)


def kind_name(entry: Field) -> str:
    """What a field is, in the administrator's words."""
    if entry.kind.name == "several":
        return _("Several: %(kind)s", kind=entry.kind.of.label)
    return str(OFFERED[entry.kind.name][0]) if entry.kind.name in OFFERED else str(entry.kind.label)
