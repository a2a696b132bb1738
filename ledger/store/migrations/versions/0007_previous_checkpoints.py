"""Each checkpoint names the one before, so that one which is forgotten leaves a gap.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("checkpoints", sa.Column("previous", sa.BigInteger(), nullable=True))
    before = "SELECT max(size) FROM checkpoints AS other WHERE other.size < checkpoints.size"
    op.execute(f"UPDATE checkpoints SET previous = ({before})")  # noqa: S608 a literal


def downgrade() -> None:
    op.drop_column("checkpoints", "previous")
