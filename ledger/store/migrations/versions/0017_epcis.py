"""EPCIS events with what they are found by and who may see them, capture jobs, named queries.

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None
BY_CODE = sa.String().with_variant(sa.String(collation="C"), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "epcis_events",
        sa.Column("number", SERIAL, nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("record_id", sa.LargeBinary(), nullable=False),
        sa.Column("record_type", sa.Integer(), nullable=False),
        sa.Column("capture", sa.String(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("event_time", sa.BigInteger(), nullable=False),
        sa.Column("record_time", sa.BigInteger(), nullable=False),
        sa.Column("parts", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_epcis_events")),
        sqlite_autoincrement=True,
    )
    for columns in (
        ("event_id",),
        ("record_id",),
        ("capture",),
        ("hash",),
        ("event_time", "number"),
        ("record_time", "number"),
    ):
        op.create_index(f"ix_epcis_events_{'_'.join(columns)}", "epcis_events", list(columns))
    _of_events(
        "epcis_terms", sa.Column("kind", sa.String(), nullable=False), sa.Column("value", BY_CODE, nullable=False)
    )
    _of_events("epcis_readers", sa.Column("partner", sa.BigInteger(), nullable=False))
    op.create_table(
        "epcis_due",
        sa.Column("record_id", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_epcis_due")),
    )
    op.create_table(
        "epcis_captures",
        sa.Column("capture_id", sa.String(), nullable=False),
        sa.Column("partner", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=False),
        sa.Column("success", sa.Boolean(), nullable=False),
        sa.Column("behaviour", sa.String(), nullable=False),
        sa.Column("document_hash", sa.LargeBinary(), nullable=False),
        sa.Column("errors", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("capture_id", name=op.f("pk_epcis_captures")),
    )
    op.create_index(
        "ix_epcis_captures_partner_created_at_capture_id", "epcis_captures", ["partner", "created_at", "capture_id"]
    )
    op.create_table(
        "epcis_queries",
        sa.Column("partner", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("partner", "name", name=op.f("pk_epcis_queries")),
    )


def _of_events(table: str, *columns: sa.Column[str] | sa.Column[int]) -> None:
    """Rows that go with their event."""
    names = [column.name for column in columns]
    op.create_table(
        table,
        *columns,
        sa.Column("event", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["event"], ["epcis_events.number"], name=op.f(f"fk_{table}_event"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint(*names, "event", name=op.f(f"pk_{table}")),
        sqlite_with_rowid=False,
    )
    op.create_index(f"ix_{table}_event", table, ["event"])


def downgrade() -> None:
    for table in ("epcis_queries", "epcis_captures", "epcis_due", "epcis_readers", "epcis_terms", "epcis_events"):
        op.drop_table(table)
