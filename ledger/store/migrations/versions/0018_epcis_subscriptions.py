"""Subscriptions to named EPCIS queries: webhooks of their own kind, whose deliveries are stretches of events.

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("webhooks", sa.Column("query", sa.String(), nullable=False, server_default=""))
    op.add_column("deliveries", sa.Column("behind", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_table(
        "epcis_subscriptions",
        sa.Column("webhook", sa.String(), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("schedule", sa.Text(), nullable=False),
        sa.Column("report_if_empty", sa.Boolean(), nullable=False),
        sa.Column("initial", sa.BigInteger(), nullable=True),
        sa.Column("least", sa.BigInteger(), nullable=True),
        sa.Column("next_run", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["webhook"], ["webhooks.id"], name=op.f("fk_epcis_subscriptions_webhook"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("webhook", name=op.f("pk_epcis_subscriptions")),
    )


def downgrade() -> None:
    op.execute("DELETE FROM deliveries WHERE webhook IN (SELECT id FROM webhooks WHERE query <> '')")
    op.drop_table("epcis_subscriptions")
    op.execute("DELETE FROM webhooks WHERE query <> ''")
    op.drop_column("deliveries", "behind")
    op.drop_column("webhooks", "query")
