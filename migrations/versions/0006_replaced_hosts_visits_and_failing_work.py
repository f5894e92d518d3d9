"""Who was replaced as host, whether a party was ever entered, when a member was last seen, what fails

Every column has a default, and the table is new, so processes of the release before go on beside it. Parties
that exist already count as entered, which is what they were before there was a difference.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("synced_party_sessions", sa.Column("replaced_hosts", JSONB(), nullable=True))
    op.add_column(
        "synced_party_sessions",
        sa.Column("visited", sa.Boolean(), nullable=False, server_default=sa.text("true")),
    )
    op.add_column("party_members", sa.Column("last_seen_ms", sa.Float(53), nullable=True))
    op.create_table(
        "failing_work",
        sa.Column("task", sa.String(16), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("since_ms", sa.Float(53), nullable=False),
        sa.Column("not_before_ms", sa.Float(53), nullable=False),
        sa.Column("error", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("task", "subject_id"),
    )


def downgrade() -> None:
    op.drop_table("failing_work")
    op.drop_column("party_members", "last_seen_ms")
    op.drop_column("synced_party_sessions", "visited")
    op.drop_column("synced_party_sessions", "replaced_hosts")
