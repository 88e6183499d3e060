"""Contacts, companies and org units with all that is known of them."""

from alembic import op

from tenants.ddl import roles

revision = "0005"
down_revision = "0004"

TABLES = """
ALTER TABLE field_setting ADD COLUMN choices JSONB;
ALTER TABLE account ADD COLUMN signed_in_from TEXT;
ALTER TABLE contact
  ADD COLUMN middle_name TEXT,
  ADD COLUMN suffix TEXT,
  ADD COLUMN send_to TEXT,
  ADD COLUMN employee_id TEXT,
  ADD COLUMN employee_status TEXT,
  ADD COLUMN sla_level TEXT,
  ADD COLUMN last_survey_on DATE,
  ADD COLUMN mobile_carrier TEXT,
  ADD COLUMN sms_number TEXT,
  ADD COLUMN address3 TEXT,
  ADD COLUMN personal_email TEXT,
  ADD COLUMN twitter TEXT,
  ADD COLUMN facebook TEXT,
  ADD COLUMN linkedin TEXT,
  ADD COLUMN network_id TEXT,
  ADD COLUMN sam_account_name TEXT,
  ADD COLUMN exclude_from_search BOOLEAN DEFAULT false NOT NULL,
  ADD COLUMN comment TEXT;
ALTER TABLE company
  ADD COLUMN external_system TEXT,
  ADD COLUMN external_id TEXT,
  ADD COLUMN auto_assign BOOLEAN DEFAULT false NOT NULL,
  ADD COLUMN collaborators TEXT,
  ADD COLUMN is_partner BOOLEAN DEFAULT false NOT NULL,
  ADD COLUMN comment TEXT;
CREATE INDEX ix_company_partner ON company (id) WHERE is_partner AND withdrawn_at IS NULL;
ALTER TABLE department
  ADD COLUMN parent_id BIGINT,
  ADD COLUMN kind TEXT DEFAULT 'department' NOT NULL,
  ADD COLUMN rooms TEXT[],
  ADD CONSTRAINT fk_department_company_id_parent_id FOREIGN KEY (company_id, parent_id)
    REFERENCES department (company_id, id);
CREATE INDEX ix_department_parent ON department (parent_id) WHERE parent_id IS NOT NULL;
ALTER TABLE membership
  ADD COLUMN room TEXT,
  ADD COLUMN collaborates BOOLEAN DEFAULT false NOT NULL;
"""

# What an organization may open to the portal, and what it may let people change of themselves.
READ = (
    "middle_name, suffix, send_to, employee_id, employee_status, sla_level, mobile_carrier, sms_number, address3,"
    " personal_email, twitter, facebook, linkedin"
)
WRITE = "middle_name, suffix, address3, personal_email, twitter, facebook, linkedin"


def upgrade() -> None:
    """New columns are empty, or say what was so before: nothing of a row is written anew."""
    op.execute(TABLES.replace(":", "\\:"))
    _staff, viewer = roles()
    op.execute(f"GRANT SELECT ({READ}), UPDATE ({WRITE}) ON contact TO {viewer}")
    op.execute(f"GRANT SELECT (room) ON membership TO {viewer}")
