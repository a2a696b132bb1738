"""An index of the transactions that may still be mined: few, however many there were.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_OPEN = "state IN ('stored', 'sent', 'unknown')"


def upgrade() -> None:
    op.create_index(
        "ix_transactions_open",
        "transactions",
        ["sender", "nonce"],
        sqlite_where=sa.text(_OPEN),
        postgresql_where=sa.text(_OPEN),
    )


def downgrade() -> None:
    op.drop_index("ix_transactions_open", "transactions")
