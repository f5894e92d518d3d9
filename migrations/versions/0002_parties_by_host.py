"""Parties by host, so that a host's active parties are counted quickly

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_sessions_host",
        "synced_party_sessions",
        ["host_id"],
        unique=False,
        postgresql_where=sa.text("status = 'active'"),
    )


def downgrade() -> None:
    op.drop_index(
        "ix_sessions_host", table_name="synced_party_sessions", postgresql_where=sa.text("status = 'active'")
    )
