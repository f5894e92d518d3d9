"""Uploads of films: how far each has come, and who writes it at present

A new table, which processes of the release before don't know.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "uploads",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("video_id", sa.Uuid(), nullable=False),
        sa.Column("filename", sa.String(255), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("finished_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("writer", sa.Uuid(), nullable=True),
        sa.Column("writer_until_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("received >= 0 AND received <= length", name="ck_uploads_received"),
    )
    op.create_index("ix_uploads_owner", "uploads", ["owner_id"])
    op.create_index("ix_uploads_expires", "uploads", ["expires_at_ms"])


def downgrade() -> None:
    op.drop_table("uploads")
