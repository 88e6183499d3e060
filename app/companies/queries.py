"""Reading companies."""

from sqlalchemy import Select, cast, select
from sqlalchemy import Text as TextType

from app.fields.folding import folded
from app.fields.settings import fields_of
from app.records import read
from app.records.history import RECORD, Past
from app.records.lists import ListOf
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


def _by_number(first, most: int) -> Select:
    return select(Company.id).where(cast(Company.number, TextType).like(first)).limit(most)


def _by_domain(first, most: int) -> Select:
    return select(Domain.company_id).where(Domain.name.like(first), Domain.withdrawn_at.is_(None)).limit(most)


LIST = ListOf(
    Company,
    sort="name",
    search=Search((folded(Company.name),), Company.search_text, (_by_number, _by_domain)),
)


# A company's history tells of its web domains, too, those that were removed included.
PAST = Past("company", (("company_domain", select(Domain.id).where(Domain.company_id == RECORD)),))
