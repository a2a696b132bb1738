"""Consents to forwarding records to other operators, for ever, and what was forwarded.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

from ledger.store.triggers import refusing_more

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "consents",
        sa.Column("document_hash", sa.LargeBinary(), nullable=False),
        sa.Column("consent", sa.LargeBinary(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("document_hash", name=op.f("pk_consents")),
    )
    op.create_index(op.f("ix_consents_consent"), "consents", ["consent"])
    op.create_table(
        "forwarded",
        sa.Column("record_id", sa.LargeBinary(), nullable=False),
        sa.Column("log_id", sa.LargeBinary(), nullable=False),
        sa.Column("paths", sa.String(), nullable=False),
        sa.Column("consent", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["records.record_id"], name=op.f("fk_forwarded_record_id")),
        sa.PrimaryKeyConstraint("record_id", "log_id", name=op.f("pk_forwarded")),
    )
    op.create_index(op.f("ix_forwarded_consent"), "forwarded", ["consent"])
    for statement in refusing_more(op.get_bind().dialect.name, ["consents"]):
        op.execute(statement)


def downgrade() -> None:
    raise ValueError("what partners consented to is kept for ever: there is no way back to before that")
