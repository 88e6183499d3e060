"""What fields of the kind `reference` point to: how such a record is called, found by typing, and opened."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Integer,
    Select,
    Text,
    any_,
    bindparam,
    cast,
    func,
    literal,
    select,
    union_all,
)

from tenants import db, fetch

from .folding import folded, like, sought
from .record import Record


@dataclass(frozen=True)
class Source:
    """One kind of record that can be referred to."""

    model: type[Record]
    title: ColumnElement
    url: str = ""
    # Where it is said what should be known of such a record before it is chosen.
    comments: str = ""
    restrict: Callable[[Select], Select] | None = None
    # The same for what is offered, by typing or unasked; others may still be named.
    offered: Callable[[Select], Select] | None = None
    # A company's id -> the condition 'belongs to that company'.
    within: Callable[[int], ColumnElement[bool]] | None = None


_sources: dict[str, Source] = {}


def referable(noun: str, source: Source) -> None:
    """Say how records of this noun are called when another record refers to them."""
    _sources[noun] = source


def model(noun: str) -> type[Record] | None:
    """The model of the records that a reference to this noun names."""
    return _sources[noun].model if noun in _sources else None


def titles(noun: str, ids: Iterable[int]) -> dict[int, str]:
    """The names of the records with these ids, in one query; those that the viewer cannot see are missing."""
    return names({noun: ids})[noun]


def names(wanted: Mapping[str, Iterable[int]]) -> dict[str, dict[int, str]]:
    """The names of records of several nouns, in one query; those that the viewer cannot see are missing."""
    found: dict[str, dict[int, str]] = {noun: {} for noun in wanted}
    asked = {noun: sorted({record_id for record_id in ids if record_id is not None}) for noun, ids in wanted.items()}
    asked = {noun: asked[noun] for noun in sorted(asked) if asked[noun]}
    if asked:
        for noun, record_id, title in fetch(_naming(tuple(asked)), asked):
            found[noun][record_id] = title
    return found


# Made once for the same nouns: making it takes longer than its answer.
@lru_cache(100)
def _naming(nouns: tuple[str, ...]) -> CompoundSelect:
    arms = []
    for noun in nouns:
        source, ids = _sources[noun], bindparam(noun, type_=ARRAY(BigInteger))
        title = cast(source.title, Text).label("title")
        arms.append(select(literal(noun).label("noun"), source.model.id, title).where(source.model.id == any_(ids)))
    return union_all(*arms)


def title_of(noun: str, number: ColumnElement, model: type[Record]) -> ColumnElement[str]:
    """The SQL expression of the name of the record whose number an expression over `model` gives."""
    source = _sources[noun]
    named = select(source.model.id, source.title.label("title")).subquery("named")
    return select(named.c.title).where(named.c.id == number).correlate(model).scalar_subquery()


def url(noun: str, record_id: int | None) -> str:
    """The address of the record's page, '' when records of this noun have none."""
    pattern = _sources[noun].url if noun in _sources else ""
    return pattern.format(id=record_id) if pattern and record_id else ""


def comments_url(noun: str) -> str:
    """The address that tells what should be known of a chosen record whose number is {id}, '' for none."""
    return _sources[noun].comments if noun in _sources else ""


def _choosable(source: Source, company_id: int | None) -> Select:
    """The records that may be chosen, of one company where a company is given."""
    statement = select(source.model.id, source.title).where(source.model.withdrawn_at.is_(None))
    if source.restrict:
        statement = source.restrict(statement)
    if company_id is not None and source.within:
        statement = statement.where(source.within(company_id))
    return statement


def search(noun: str, typed: str, company_id: int | None = None, limit: int = 20) -> list[tuple[int, str]]:
    """Records whose name contains what was typed, those that begin with it first."""
    values: dict[str, Any] = {"typed": like(typed).strip(), "most": limit}
    return list(fetch(_searching(noun, bool(typed.strip()), company_id), values))


@lru_cache(200)
def _searching(noun: str, typed: bool, company_id: int | None) -> Select:
    source = _sources[noun]
    name = folded(source.title)
    statement = _choosable(source, company_id)
    if source.offered:
        statement = source.offered(statement)
    order = [name, source.model.id]
    if typed:
        pattern = func.extensions.fold(bindparam("typed", type_=Text), type_=Text)
        statement = statement.where(name.like("%" + pattern + "%", escape="\\"))
        order.insert(0, name.like(pattern + "%", escape="\\").desc())
    return statement.order_by(*order).limit(bindparam("most", type_=Integer))


def known(noun: str, record_id: int, company_id: int | None = None) -> bool:
    """Whether such a record exists for this viewer and may be chosen."""
    source = _sources[noun]
    statement = _choosable(source, company_id).where(source.model.id == record_id)
    return db.session.execute(statement).first() is not None


def by_title(noun: str, typed: str, company_id: int | None = None) -> list[int]:
    """The ids of the records that bear exactly this name, accents and case aside; two at most."""
    source = _sources[noun]
    statement = _choosable(source, company_id).where(folded(source.title) == func.extensions.fold(sought(typed)))
    return [row.id for row in db.session.execute(statement.limit(2))]


def is_referable(noun: str) -> bool:
    """Whether records of this noun can be referred to."""
    return noun in _sources
