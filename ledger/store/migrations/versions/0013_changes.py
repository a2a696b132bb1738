"""Counts of what changes beside the log's size, so that nobody counts rows to see whether an answer still holds.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    made = op.create_table(
        "changes",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_changes")),
    )
    op.bulk_insert(made, [{"kind": kind, "count": 0} for kind in ("parts", "evidence", "documents")])


def downgrade() -> None:
    op.drop_table("changes")
