"""Alembic's entry for the tenant tree: the caller brings the connection and its transaction."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=False)
context.run_migrations()
