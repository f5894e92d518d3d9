"""Channels by which notifications reach people, and what waits for them

Revision ID: 0023
Revises: 0022
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notify_channels",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("scheme", sa.String(32), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("mark", sa.String(64), nullable=False),
        sa.Column("kinds", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(32)),
        sa.Column("created_at_ms", sa.Float(53), nullable=False),
        sa.Column("verified_at_ms", sa.Float(53)),
        sa.Column("codes", sa.Integer(), nullable=False),
        sa.Column("recent_codes", sa.Integer(), nullable=False),
        sa.Column("code_at_ms", sa.Float(53), nullable=False),
        sa.Column("code_tries", sa.Integer(), nullable=False),
    )
    op.create_index("ix_notify_channels_user", "notify_channels", ["user_id"])
    op.create_index("ix_notify_channels_mark", "notify_channels", ["mark", "code_at_ms"])
    op.create_table(
        "notify_people",
        sa.Column("user_id", sa.Uuid(), primary_key=True),
        sa.Column("zone", sa.String(64)),
        sa.Column("quiet_begin", sa.Integer()),
        sa.Column("quiet_end", sa.Integer()),
        sa.Column("left", sa.Float(53), nullable=False),
        sa.Column("left_at_ms", sa.Float(53), nullable=False),
    )
    op.create_table(
        "notify_deliveries",
        sa.Column(
            "channel_id",
            sa.Uuid(),
            sa.ForeignKey("notify_channels.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("subject_id", sa.Uuid(), primary_key=True),
        sa.Column("due_at_ms", sa.Float(53), nullable=False),
        sa.Column("lease_until_ms", sa.Float(53), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("first_try_ms", sa.Float(53)),
    )
    op.create_index("ix_notify_deliveries_due", "notify_deliveries", ["due_at_ms"])


def downgrade() -> None:
    for table in ("notify_deliveries", "notify_people", "notify_channels"):
        op.drop_table(table)
