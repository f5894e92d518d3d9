"""Webhooks: endpoints, how far each has each party's events, and what was given up

Tables of their own alone, which processes of the release before know nothing of.

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def _endpoint() -> sa.Column[object]:
    return sa.Column(
        "endpoint_id",
        sa.Uuid(),
        sa.ForeignKey("webhook_endpoints.id", ondelete="CASCADE"),
        nullable=False,
    )


def upgrade() -> None:
    op.create_table(
        "webhook_endpoints",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("sealed_secret", sa.Text(), nullable=False),
        sa.Column("events", postgresql.JSONB(), nullable=True),
        sa.Column("parties", postgresql.JSONB(), nullable=True),
        sa.Column("owner", sa.String(64), nullable=True),
        sa.Column("created_at_ms", sa.Double(), nullable=False),
        sa.Column("disabled", sa.String(16), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since_ms", sa.Double(), nullable=True),
        sa.Column("not_before_ms", sa.Double(), nullable=False),
        sa.Column("last_error", sa.String(64), nullable=True),
        sa.Column("delivered", sa.BigInteger(), nullable=False),
        sa.Column("failed", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "webhook_streams",
        _endpoint(),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("cursor_revision", sa.Integer(), nullable=False),
        sa.Column("until_revision", sa.Integer(), nullable=False),
        sa.Column("replaying", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failing_since_ms", sa.Double(), nullable=True),
        sa.Column("not_before_ms", sa.Double(), nullable=False),
        sa.Column("lease_until_ms", sa.Double(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("touched_at_ms", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("endpoint_id", "party_id"),
    )
    op.create_index(
        "ix_webhook_streams_due",
        "webhook_streams",
        ["endpoint_id", "not_before_ms"],
        postgresql_where=sa.text("cursor_revision < until_revision OR replaying"),
    )
    op.create_index("ix_webhook_streams_touched", "webhook_streams", ["touched_at_ms"])
    op.create_table(
        "webhook_dead_letters",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _endpoint(),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(40), nullable=False),
        sa.Column("died_at_ms", sa.Double(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(64), nullable=False),
        sa.Column("replayed_at_ms", sa.Double(), nullable=True),
    )
    op.create_index(
        "uq_webhook_dead_letters",
        "webhook_dead_letters",
        ["endpoint_id", "party_id", "revision"],
        unique=True,
    )
    op.create_index("ix_webhook_dead_letters_died", "webhook_dead_letters", ["died_at_ms"])


def downgrade() -> None:
    for table in ("webhook_dead_letters", "webhook_streams", "webhook_endpoints"):
        op.drop_table(table)
