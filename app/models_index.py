"""All tables of an organization, in one place for migrations and tests."""

from app.companies import domains
from app.companies import models as companies
from app.contacts import models as contacts
from app.contracts import models as contracts
from app.fields import models as fields
from app.imports import models as imports
from app.people import models as people
from app.records import files, models, receipts
from app.settings import models as settings
from tenants import jobs

__all__ = [
    "companies",
    "contacts",
    "contracts",
    "domains",
    "fields",
    "files",
    "imports",
    "jobs",
    "models",
    "people",
    "receipts",
    "settings",
]
