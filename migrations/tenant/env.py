"""Alembic's entry for the tenant tree: the caller brings the connection and its transaction."""

from alembic import context

# With the schema's name the look for the version costs the same however many schemas there are.
given = context.config.attributes
context.configure(connection=given["connection"], version_table_schema=given["schema"], transactional_ddl=False)
context.run_migrations()
