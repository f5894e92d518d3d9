"""A video's length may be unknown, and a party keeps whose word for it counts

A length that nobody knows yet, or that of a live stream, is null. Processes of the release before write none
and go on as they did; what they read of a video without a length is shown as null.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("synced_party_sessions", sa.Column("video_duration_by", sa.String(16), nullable=True))
    op.alter_column("videos", "duration_s", existing_type=sa.Double(), nullable=True)


def downgrade() -> None:
    # A length is needed again: an hour, which players of that release correct by nothing.
    op.execute("UPDATE videos SET duration_s = 3600 WHERE duration_s IS NULL")
    op.alter_column("videos", "duration_s", existing_type=sa.Double(), nullable=False)
    op.drop_column("synced_party_sessions", "video_duration_by")
