"""Alembic's entry: the connection comes from `ledger.store.migrate`, and its transaction with it."""

from alembic import context

from ledger.store.epcis import tables as _epcis  # noqa: F401 - declares its tables
from ledger.store.tables import durable

context.configure(connection=context.config.attributes["connection"], target_metadata=durable)
context.run_migrations()
