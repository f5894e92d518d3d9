"""Changes of who is muted are counted, so that a web process sees that it has missed one

A column with a constant default is added without a rewrite. Mutes from before are not counted: welcomes tell
of them.

Revision ID: 0026
Revises: 0025
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("chat_counters", sa.Column("mutes", sa.BigInteger(), server_default="0", nullable=False))


def downgrade() -> None:
    op.drop_column("chat_counters", "mutes")
