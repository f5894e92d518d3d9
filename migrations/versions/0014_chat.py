"""What is said in parties: messages, their counter for each party, and who may not write

Tables of their own alone, which processes of the release before know nothing of.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "chat_counters",
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("deletions", sa.BigInteger(), nullable=False),
        sa.Column("last_at_ms", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("party_id"),
    )
    op.create_table(
        "chat_messages",
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("display_name", sa.String(64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.Double(), nullable=False),
        sa.Column("position_s", sa.Double(), nullable=False),
        sa.Column("video_id", sa.Uuid(), nullable=False),
        sa.Column("deletion", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("party_id", "seq"),
    )
    op.create_index("uq_chat_messages_id", "chat_messages", ["party_id", "id"], unique=True)
    op.create_index("ix_chat_messages_film", "chat_messages", ["party_id", "video_id", "position_s"])
    op.create_index(
        "ix_chat_messages_deletion",
        "chat_messages",
        ["party_id", "deletion"],
        postgresql_where=sa.text("deletion IS NOT NULL"),
    )
    op.create_table(
        "chat_mutes",
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("until_ms", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("party_id", "user_id"),
    )


def downgrade() -> None:
    for table in ("chat_mutes", "chat_messages", "chat_counters"):
        op.drop_table(table)
