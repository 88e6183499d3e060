"""Deleting a record and bringing it back: the same three addresses for every noun, and the page of a deleted record.

`GET …/deletion` asks, or says what is in the way; `POST …/deletion` deletes, and `POST …/recovery` brings back.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, Response, request
from flask_login import current_user

from app.fields.registry import model_of
from app.fields.settings import fields_of
from app.i18n import gettext as _
from app.records import removing, write
from app.records.history import Past
from app.records.merged import WasMerged, successor
from app.records.models import Operation
from app.records.read import Loaded
from app.records.removing import InTheWay, Naming, Removal
from tenants import db

from . import history, toasts
from .access import allow
from .confirm import Confirm
from .htmx import page, redirect_to
from .inline import Inline

LONGEST_REASON = 500


@dataclass(frozen=True)
class Removing:
    """What deleting needs to know of a noun."""

    noun: Inline
    removal: Removal
    get_deleted: Callable[[int, Any], Loaded]
    past: Past
    # What a record is called, and what its list is, for the way back.
    name: Callable[[Any], str]
    title: Any
    # The nouns of records that name one of these -> (id -> the address of the list that shows them).
    lists: dict[str, Callable[[int], str]]
    # What else is done, with the ids, once records are deleted.
    after: Callable[[list[int]], None] = lambda ids: None
    # What should be known before one is deleted: its id -> sentences.
    told: Callable[[int], list[str]] = lambda id: []
    # The permission to erase what is kept about one, where that can be done.
    erasing: str = ""

    def address(self, record_id: int) -> str:
        return f"{self.noun.path}/{record_id}"

    def ask(self, loaded: Loaded) -> Confirm:
        """The question before a record is deleted, or what is in the way."""
        name, where = self.name(loaded.record), self.address(loaded.id)
        named = removing.named_by(self.removal.model, [loaded.id]).get(loaded.id, [])
        asked = Confirm(
            title=_("Delete %(name)s?", name=name),
            text=_("It leaves all lists and can be brought back: it stays under “Deleted”."),
            action=f"{where}/deletion",
            submit=_("Delete"),
            cancel_url=where,
            danger=True,
            reason="optional",
            items=self.told(loaded.id),
            links=[(self._naming(one), self.lists.get(one.noun, lambda _id: "")(loaded.id)) for one in named],
        )
        forbidden = removing.forbidden(self.removal, [loaded.id])
        if forbidden or (named and self.removal.alone):
            asked.title, asked.action = _("%(name)s cannot be deleted yet", name=name), ""
            asked.text, asked.items = _("This is in the way:"), list(forbidden.values())
            asked.links = asked.links if self.removal.alone else []
        elif named:
            asked.text += " " + _("These keep its name:")
        return asked

    def _naming(self, naming: Naming) -> str:
        entry = fields_of(model_of(naming.noun)).get(naming.field)
        nouns = words()
        said = nouns.get(naming.noun, naming.noun)
        return f"{said}: {naming.count}" + (f" ({entry.label})" if entry and naming.noun in nouns else "")

    def deleted_page(self, id: int) -> Response:
        """The page of a record that was deleted: what it was, who deleted it and why, and the way back.

        One that was merged is another one's by now, and leads there.
        """
        if became := successor(self.noun.model, id):
            raise WasMerged(self.noun.model.noun, id, *became)
        loaded = self.get_deleted(id, current_user)
        bare = replace(self.noun, edit="")
        operation = db.session.get(Operation, loaded.record.updated_op) if loaded.record.updated_op else None
        where = self.address(id)
        return page(
            "shared/deleted.html",
            part="shared/_history.html",
            layout=self.noun.page,
            crumbs=[(str(self.title), self.noun.path), (self.name(loaded.record), None)],
            name=self.name(loaded.record),
            deleted_at=loaded.record.withdrawn_at,
            operation=operation,
            restore_url=f"{where}/recovery" if current_user.may(self.removal.permission) else "",
            erase_url=f"{where}/erasure" if self.erasing and current_user.may(self.erasing) else "",
            facts=bare.filled(loaded),
            # Nothing is written about what is deleted.
            history=history.block(self.past, id, where, notes_url=None, files_url=None),
        )


def words() -> dict[str, str]:
    """What the records are called that may name another."""
    return {
        "contact": _("Contacts"),
        "membership": _("Contacts"),
        "contract": _("Contracts"),
        "company": _("Companies"),
    }


def removal(bp: Blueprint, noun: Removing) -> None:
    """Add the addresses of deleting to a noun's screens."""
    at = ("" if bp.url_prefix else noun.noun.path) + "/<int:id>"
    permission = noun.removal.permission

    @bp.get(f"{at}/deletion")
    @allow(permission)
    def new_deletion(id: int) -> Response:
        """Ask whether the record shall be deleted, or say what is in the way."""
        loaded = noun.noun.get(id, current_user)
        name = noun.name(loaded.record)
        crumbs = [(str(noun.title), noun.noun.path), (name, noun.address(id)), (_("Delete"), None)]
        shown = {"crumbs": crumbs, "layout": noun.noun.page, "confirm": noun.ask(loaded)}
        return page("shared/confirm_page.html", part="shared/_confirm.html", **shown)

    @bp.post(f"{at}/deletion")
    @allow(permission)
    def create_deletion(id: int) -> Response:
        """Delete the record with what belongs to it alone."""
        loaded = noun.noun.get(id, current_user)
        name = noun.name(loaded.record)
        operation = write.begin(current_user.actor, "delete", title=_("%(name)s deleted", name=name), reason=reason())
        _done, kept = removing.delete(noun.removal, [id], operation)
        if kept:
            raise InTheWay(_("%(name)s was not deleted: %(why)s", name=name, why=kept[id]))
        noun.after([id])
        toasts.leave(_("%(name)s deleted", name=name), operation, noun.address(id))
        return redirect_to(noun.noun.path)

    @bp.post(f"{at}/recovery")
    @allow(permission)
    def create_recovery(id: int) -> Response:
        """Bring a deleted record back with what went with it."""
        loaded = noun.get_deleted(id, current_user)
        name, where = noun.name(loaded.record), noun.address(id)
        title = _("%(name)s restored", name=name)
        operation = write.begin(current_user.actor, "restore", title=title, reason=reason())
        _done, kept = removing.restore(noun.removal, [id], operation)
        if kept:
            raise InTheWay(_("%(name)s was not restored: %(why)s", name=name, why=kept[id]))
        toasts.leave(title, operation, where)
        return redirect_to(where)


def reason() -> str:
    """Why something is done, as far as it was said."""
    return " ".join(request.form.get("reason", "").split())[:LONGEST_REASON]
