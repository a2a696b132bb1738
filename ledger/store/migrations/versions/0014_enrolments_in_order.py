"""An index of enrolments in the order in which they were asked for: a page of them, however many strangers asked.

Revision ID: 0014
Revises: 0013
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_NAME = "ix_enrolments_created_at_document_hash"


def upgrade() -> None:
    op.create_index(op.f(_NAME), "enrolments", ["created_at", "document_hash"])


def downgrade() -> None:
    op.drop_index(op.f(_NAME), "enrolments")
