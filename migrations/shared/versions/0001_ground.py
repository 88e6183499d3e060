"""Organizations, hosts, mail addresses, servers, the wake list, and the functions every organization uses."""

from alembic import op

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE shared.shard (name text PRIMARY KEY, address text);
CREATE TABLE shared.organization (
  key text PRIMARY KEY, slug text NOT NULL CONSTRAINT uq_organization_slug UNIQUE, name text NOT NULL,
  state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'suspended')),
  shard text NOT NULL DEFAULT 'main' REFERENCES shared.shard (name),
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE shared.host (
  organization text NOT NULL REFERENCES shared.organization (key) ON DELETE CASCADE, name text NOT NULL,
  token text NOT NULL, verified_at timestamptz, removed_at timestamptz, created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organization, name)
);
CREATE UNIQUE INDEX uq_host_name ON shared.host (name) WHERE verified_at IS NOT NULL;
CREATE TABLE shared.mail_address (
  address text PRIMARY KEY, organization text NOT NULL REFERENCES shared.organization (key) ON DELETE CASCADE
);
CREATE INDEX ix_mail_address_organization ON shared.mail_address (organization);
CREATE TABLE shared.wake (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  organization text NOT NULL, at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ix_wake_at ON shared.wake (at);
INSERT INTO shared.shard (name) VALUES ('main');
"""

# Folding for search and sorting: no case, no accents, German sharp s as ss. ASCII text, the common case, only
# changes its case. Built-in functions alone, so it may stand in an index whatever the server's locale data.
FUNCTIONS = """
CREATE SCHEMA IF NOT EXISTS extensions;
CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA extensions;
CREATE FUNCTION extensions.fold(given text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE WHEN given IS NULL THEN ''
    WHEN octet_length(given) = char_length(given) THEN lower(given)
    ELSE lower(replace(replace(replace(replace(replace(translate(
      regexp_replace(normalize(given, NFKD), '[\\u0300-\\u036f]', '', 'g'),
      'ØøŁłĐđıÐð', 'oollddidd'), 'ß', 'ss'), 'Œ', 'oe'), 'œ', 'oe'), 'Æ', 'ae'), 'æ', 'ae')) END;
CREATE FUNCTION extensions.digits(given text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN coalesce(regexp_replace(given, '[^0-9]', '', 'g'), '');
CREATE FUNCTION extensions.changed(one jsonb, other jsonb) RETURNS jsonb
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN (SELECT coalesce(jsonb_object_agg(key, value), '{}')
    FROM jsonb_each(one) WHERE value IS DISTINCT FROM other -> key);
CREATE FUNCTION extensions.viewer_companies() RETURNS bigint[]
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = '' AS $$
  DECLARE given text := pg_catalog.current_setting('app.companies', true);
  BEGIN
    IF given IS NULL OR given = '' THEN
      RAISE EXCEPTION 'no portal viewer is set' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN given::bigint[];
  END $$;
CREATE FUNCTION extensions.viewer_contact() RETURNS bigint
  LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = '' AS $$
  DECLARE given text := pg_catalog.current_setting('app.contact_id', true);
  BEGIN
    IF given IS NULL OR given = '' THEN
      RAISE EXCEPTION 'no portal viewer is set' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN given::bigint;
  END $$;
"""

# The desk login reads the lists above without entering an organization. An organization may add to the wake list and
# ask for hosts, only for itself; no host is verified but by the owner, and a verified one can only be removed.
RIGHTS = """
GRANT USAGE ON SCHEMA extensions TO PUBLIC;
GRANT USAGE ON SCHEMA shared TO deskhand_app, deskhand_org;
GRANT SELECT ON shared.organization, shared.host, shared.mail_address, shared.shard, shared.alembic_version
  TO deskhand_app;
GRANT SELECT, DELETE ON shared.wake TO deskhand_app;
GRANT INSERT ON shared.wake TO deskhand_org;
ALTER TABLE shared.wake ENABLE ROW LEVEL SECURITY;
ALTER TABLE shared.wake FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_all ON shared.wake TO CURRENT_USER USING (true) WITH CHECK (true);
CREATE POLICY dispatcher ON shared.wake TO deskhand_app USING (true);
GRANT SELECT, INSERT (organization, name, token), UPDATE (removed_at), DELETE ON shared.host TO deskhand_org;
ALTER TABLE shared.host ENABLE ROW LEVEL SECURITY;
ALTER TABLE shared.host FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_all ON shared.host TO CURRENT_USER USING (true) WITH CHECK (true);
CREATE POLICY resolver ON shared.host FOR SELECT TO deskhand_app USING (true);
CREATE POLICY own_hosts ON shared.host FOR SELECT TO deskhand_org USING (current_user = 'org_' || organization);
CREATE POLICY own_claim ON shared.host FOR INSERT TO deskhand_org
  WITH CHECK (current_user = 'org_' || organization AND verified_at IS NULL AND removed_at IS NULL);
CREATE POLICY own_claim_dropped ON shared.host FOR DELETE TO deskhand_org
  USING (current_user = 'org_' || organization AND verified_at IS NULL);
CREATE POLICY own_host_removed ON shared.host FOR UPDATE TO deskhand_org
  USING (current_user = 'org_' || organization AND verified_at IS NOT NULL AND removed_at IS NULL)
  WITH CHECK (current_user = 'org_' || organization AND verified_at IS NOT NULL AND removed_at IS NOT NULL);
CREATE POLICY own_organization ON shared.wake FOR INSERT TO deskhand_org
  WITH CHECK (current_user IN ('org_' || organization, 'org_' || organization || '_portal'));
"""


def upgrade():
    op.execute(TABLES)
    op.execute(FUNCTIONS)
    op.execute(RIGHTS)
