"""What was taken out of a queue, so that an add that is sent again doesn't bring it back

A new table, which processes of the release before don't know: what they take out may come back as before.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "queue_past_items",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column(
            "gone_at_ms",
            sa.Double(),
            nullable=False,
            server_default=sa.text("extract(epoch FROM now()) * 1000"),
        ),
    )
    op.create_index("ix_queue_past_items_gone_at_ms", "queue_past_items", ["gone_at_ms"])


def downgrade() -> None:
    op.drop_table("queue_past_items")
