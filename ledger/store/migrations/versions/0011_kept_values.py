"""What is kept under a name, as it is written from now on: quarters with what they rest on, item codes each once.

A quarter that was published without its evidence is taken again, with it, when somebody asks for it.

Revision ID: 0011
Revises: 0010
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""DELETE FROM meta WHERE name LIKE 'published/%' AND value NOT LIKE '%"from":%'""")
    meta = sa.table("meta", sa.column("name", sa.String), sa.column("value", sa.String))
    connection = op.get_bind()
    kept = connection.execute(sa.select(meta.c.name, meta.c.value).where(meta.c.name.like("codes/%"))).fetchall()
    for name, value in kept:
        try:
            codes = json.loads(value)
            once = sorted(set(codes))
        except (ValueError, TypeError):
            continue  # somebody edited it: the audit names it
        if len(once) < len(codes):
            connection.execute(meta.update().where(meta.c.name == name).values(value=json.dumps(once)))


def downgrade() -> None:
    """What is gone is taken again, and codes that are named once are the same codes."""
