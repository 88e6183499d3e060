"""Named views of lists: filter, columns, order, sort and page size, kept as the address that stands for them."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import BigInteger, Index, Text, delete, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from app.fields.errors import FieldError, FieldErrors
from app.fields.kinds import Text as TextKind
from app.fields.kinds import YesNo
from app.fields.record import Record
from app.fields.registry import field
from app.i18n import gettext as _
from app.i18n import lazy_gettext as _l
from tenants import Tenanted, db

from . import write
from .actor import Actor
from .errors import NotFound
from .models import Operation

# What an address says of the page at hand, and of the view it came from: never part of a view.
APART = ("after", "before", "in", "panel", "view", "of")
LONGEST = 4000


class View(Record):
    """A list as somebody wants it again: personal, or shared with everybody of the organization."""

    __tablename__ = "list_view"
    __table_args__ = (
        Index("uq_list_view_slug", "of_noun", "slug", unique=True, postgresql_where=text("withdrawn_at IS NULL")),
        Index("ix_list_view_account", "account_id", "of_noun"),
    )
    noun = "list_view"
    companies_sql = "'{}'::bigint[]"

    of_noun: Mapped[str] = mapped_column(Text)
    slug: Mapped[str] = mapped_column(Text)
    account_id: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = field(TextKind(_l("Name"), max=64, required=True))
    query: Mapped[str] = mapped_column(Text)
    shared: Mapped[bool] = field(YesNo(_l("For everybody")), server_default=text("false"))


class Default(Tenanted):
    """The view that a person's list begins with."""

    __tablename__ = "list_default"

    account_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    of_noun: Mapped[str] = mapped_column(Text, primary_key=True)
    view_id: Mapped[int] = mapped_column(BigInteger)


@dataclass(frozen=True)
class Named:
    """A view as a list offers it."""

    id: int
    name: str
    slug: str
    shared: bool
    own: bool
    default: bool


def _visible(account_id: int):
    return View.withdrawn_at.is_(None) & or_(View.account_id == account_id, View.shared)


def offered(of_noun: str, account_id: int) -> list[Named]:
    """The views of a list that this person may open, their own first."""
    mine = (Default.account_id == account_id) & (Default.view_id == View.id)
    rows = select(View, Default.view_id).outerjoin(Default, mine)
    rows = rows.where(_visible(account_id), View.of_noun == of_noun)
    rows = rows.order_by((View.account_id == account_id).desc(), View.name, View.id)
    return [
        Named(view.id, view.name, view.slug, view.shared, view.account_id == account_id, default is not None)
        for view, default in db.session.execute(rows)
    ]


def by_slug(of_noun: str, slug: str, account_id: int) -> View | None:
    """The view that an address names, None for none that this person may open."""
    found = select(View).where(_visible(account_id), View.of_noun == of_noun, View.slug == slug)
    return db.session.scalar(found)


def default_slug(of_noun: str, account_id: int) -> str:
    """The view that this person's list begins with, '' for none."""
    found = select(View.slug).join(Default, Default.view_id == View.id)
    found = found.where(Default.account_id == account_id, Default.of_noun == of_noun, _visible(account_id))
    return db.session.scalar(found) or ""


def get(view_id: int, account_id: int, may_share: bool) -> View:
    """A view that this person may change: their own, or with the right to share a shared one; raises `NotFound`."""
    found = db.session.scalar(select(View).where(View.id == view_id, _visible(account_id)))
    if found is None or (found.account_id != account_id and not may_share):
        raise NotFound
    return found


def query_of(pairs: Iterable[tuple[str, str]]) -> str:
    """What a view keeps of an address."""
    kept = urlencode([(name, value) for name, value in pairs if name not in APART and value != ""])
    if len(kept) > LONGEST:
        raise FieldErrors({"name": FieldError(_("These are too many filters for a view."), code="max")})
    return kept


def pairs_of(view: View) -> list[tuple[str, str]]:
    """A view's address, part by part."""
    return parse_qsl(view.query, keep_blank_values=True)


def save_as(of_noun: str, values: dict, query: str, *, actor: Actor) -> View:
    """Keep a view under a new name."""
    operation = write.begin(actor, "create", title=_("View %(name)s", name=values["name"]))
    given = values | {"of_noun": of_noun, "query": query, "account_id": actor.account_id}
    made = write.create(View, given | {"slug": _free_slug(of_noun, values["name"])}, actor=actor, operation=operation)
    return db.session.get(View, made)


def change(view: View, values: dict, *, actor: Actor) -> Operation | None:
    """Give a view another name, other readers or another address; its link stays."""
    return write.update(view, values, actor=actor)


def remove(view: View, *, actor: Actor) -> Operation:
    """Delete a view."""
    operation = write.begin(actor, "withdraw", title=_("View %(name)s", name=view.name))
    return write.withdraw(view, actor=actor, operation=operation)


def begin_with(of_noun: str, view: View | None, account_id: int) -> None:
    """Let this person's list begin with a view, or with all."""
    db.session.execute(delete(Default).where(Default.account_id == account_id, Default.of_noun == of_noun))
    if view is not None:
        values = {"account_id": account_id, "of_noun": of_noun, "view_id": view.id}
        db.session.execute(insert(Default).values(values).on_conflict_do_nothing())


def _free_slug(of_noun: str, name: str) -> str:
    """A word for addresses that no other view of this list has."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    wanted = re.sub("[^a-z0-9]+", "-", plain).strip("-")[:40] or "view"
    like = View.slug.startswith(wanted, autoescape=True)
    taken = set(db.session.scalars(select(View.slug).where(View.of_noun == of_noun, like)))
    slug, n = wanted, 1
    while slug in taken:
        n += 1
        slug = f"{wanted}-{n}"
    return slug
