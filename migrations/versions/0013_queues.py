"""The films that follow: queues, their items and votes

New tables, which processes of the release before don't know, and an index for the parties with a date. That
is built without holding up anybody (`CONCURRENTLY`), which no transaction allows.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_STARTING = "ix_sessions_starting"


def upgrade() -> None:
    op.create_table(
        "party_queues",
        sa.Column("party_id", sa.Uuid(), primary_key=True),
        sa.Column("revision", sa.Integer(), nullable=False),
    )
    op.create_table(
        "queue_items",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("party_id", sa.Uuid(), sa.ForeignKey("party_queues.party_id"), nullable=False),
        sa.Column("video_id", sa.Uuid(), nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=False),
        sa.Column("added_at_ms", sa.Double(), nullable=False),
        sa.Column("position", sa.Double(), nullable=False),
    )
    op.create_index("ix_queue_items_party", "queue_items", ["party_id", "position"])
    op.create_index("ix_queue_items_video", "queue_items", ["video_id"])
    op.create_table(
        "queue_votes",
        sa.Column(
            "item_id", sa.Uuid(), sa.ForeignKey("queue_items.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("user_id", sa.Uuid(), primary_key=True),
    )
    with op.get_context().autocommit_block():
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {_STARTING}")
        op.execute(
            f"CREATE INDEX CONCURRENTLY {_STARTING} ON synced_party_sessions (starts_at_ms) "
            "WHERE status = 'active'"
        )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {_STARTING}")
    for name in ("queue_votes", "queue_items", "party_queues"):
        op.drop_table(name)
