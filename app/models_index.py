"""All tables of an organization, in one place for migrations and tests."""

from app.companies import domains
from app.companies import models as companies
from app.contacts import addresses
from app.contacts import models as contacts
from app.contracts import models as contracts
from app.fields import models as fields
from app.forms import models as forms
from app.groups import models as groups
from app.imports import models as imports
from app.people import models as people
from app.people import security
from app.records import attachments, bulk, duplicates, erased, files, merged, models, notes, presence, receipts, views
from app.settings import models as settings
from tenants import jobs

__all__ = [
    "addresses",
    "attachments",
    "bulk",
    "companies",
    "contacts",
    "contracts",
    "domains",
    "duplicates",
    "erased",
    "fields",
    "files",
    "forms",
    "groups",
    "imports",
    "jobs",
    "merged",
    "models",
    "notes",
    "people",
    "presence",
    "receipts",
    "security",
    "settings",
    "views",
]
