"""Reading companies."""

from sqlalchemy import Select, cast, func, or_, select
from sqlalchemy import Text as TextType
from sqlalchemy.orm import aliased

from app.fields.folding import folded
from app.fields.settings import fields_of
from app.records import attachments, notes, read
from app.records.history import RECORD, Past
from app.records.lists import ListOf
from app.records.merged import Merged, former
from app.records.search import Search

from .domains import Domain
from .models import Company

# One and the same query, so that statements made of it are made once.
ALL = select(Company)


def visible_to(viewer) -> Select:
    """Every company that the viewer may see: staff see all, the database itself limits the portal."""
    return ALL


def get(company_id: int, viewer) -> read.Loaded:
    """One company with all fields; raises `NotFound`."""
    portal = viewer.surface == "portal"
    return read.load(Company, company_id, visible_to(viewer), fields_of(Company, viewer), opened=portal)


def get_deleted(company_id: int, viewer) -> read.Loaded:
    """One company that was deleted, for the desk alone; raises `NotFound`."""
    return read.load(Company, company_id, ALL, fields_of(Company, viewer), deleted=True)


def _by_number(first, most: int) -> Select:
    return select(Company.id).where(cast(Company.number, TextType).like(first)).limit(most)


_GONE = aliased(Company, name="gone")


def _by_former_number(first, most: int) -> Select:
    """By the number of a company that was merged into this one."""
    rows = select(Merged.into_id).join(_GONE, _GONE.id == Merged.id)
    return rows.where(Merged.noun == "company", cast(_GONE.number, TextType).like(first)).limit(most)


def _by_domain(first, most: int) -> Select:
    return select(Domain.company_id).where(Domain.name.like(first), Domain.withdrawn_at.is_(None)).limit(most)


LIST = ListOf(
    Company,
    sort="name",
    statuses=("deleted",),
    search=Search((folded(Company.name),), Company.search_text, (_by_number, _by_domain, _by_former_number)),
)


# A company's history tells of its web domains, too, those that were removed included, of those merged into it, and of
# notes and files.
_FORMER = former("company", RECORD)
_ONE_OF = Domain.company_id == func.any(func.array(_FORMER.scalar_subquery()))
PAST = Past(
    "company",
    (
        ("company", _FORMER),
        ("company_domain", select(Domain.id).where(or_(Domain.company_id == RECORD, _ONE_OF))),
    ),
    (notes.part("company_id"), attachments.part("company_id")),
)
