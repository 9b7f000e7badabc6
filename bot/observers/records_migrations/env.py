"""Run by Alembic for every migration, on the connection that the records hand over."""

from alembic import context

from bot.observers.records_tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
