"""What was erased, for ever.

Revision ID: 0003
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

from ledger.store.triggers import refusing_more

revision = "0003"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "erasures",
        sa.Column("record_id", sa.LargeBinary(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("erased_at", sa.BigInteger(), nullable=False),
        sa.Column("erased_by", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("record_id", "path", name=op.f("pk_erasures")),
    )
    for statement in refusing_more(op.get_bind().dialect.name, ["erasures"]):
        op.execute(statement)


def downgrade() -> None:
    raise ValueError("what was erased is noted for ever: there is no way back to before that")
