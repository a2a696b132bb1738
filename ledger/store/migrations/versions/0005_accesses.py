"""Who opened private parts, when and on what right, for ever.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

from ledger.store.triggers import refusing_more

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "accesses",
        sa.Column("record_id", sa.LargeBinary(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("hour", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("paths", sa.String(), nullable=False),
        sa.Column("partner", sa.BigInteger(), nullable=False),
        sa.Column("right", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("record_id", "key", "hour", "paths", name=op.f("pk_accesses")),
    )
    for statement in refusing_more(op.get_bind().dialect.name, ["accesses"]):
        op.execute(statement)


def downgrade() -> None:
    raise ValueError("who opened private parts is noted for ever: there is no way back to before that")
