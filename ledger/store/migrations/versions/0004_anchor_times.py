"""Block times of anchored checkpoints: evidence of when their leaves were there.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("checkpoints", sa.Column("anchored_time", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("checkpoints", "anchored_time")
