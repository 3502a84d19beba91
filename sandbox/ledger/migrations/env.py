"""Run the migrations on the connection that `sandbox.ledger.storage` has opened, inside its transaction."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
