"""Sessions of people, codes for their other devices, and the session that a ticket comes from

Tokens that were issued before have no row: theirs is made when they are renewed or revoked.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "auth_sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("display_name", sa.String(length=64), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("changed_at_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_auth_sessions_user_id", "auth_sessions", ["user_id"])
    op.create_index("ix_auth_sessions_expires_at_ms", "auth_sessions", ["expires_at_ms"])
    op.create_index(
        "ix_auth_sessions_changed",
        "auth_sessions",
        ["changed_at_ms"],
        postgresql_where=sa.text("changed_at_ms IS NOT NULL"),
    )
    op.create_table(
        "auth_device_codes",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("used_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("hash"),
        sa.UniqueConstraint("user_id"),
    )
    op.create_index("ix_auth_device_codes_expires_at_ms", "auth_device_codes", ["expires_at_ms"])
    op.add_column("websocket_tickets", sa.Column("session_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column("websocket_tickets", "session_id")
    op.drop_table("auth_device_codes")
    op.drop_table("auth_sessions")
