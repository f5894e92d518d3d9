"""Rights, waits, what a host may set, and a party's date

Columns alone, all of which may be null: processes of the release before go on as they did.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("playback_more", "waits", "settings"):
        op.add_column("synced_party_sessions", sa.Column(name, JSONB(), nullable=True))
    op.add_column("synced_party_sessions", sa.Column("starts_at_ms", sa.Double(), nullable=True))
    op.add_column("party_members", sa.Column("grants", JSONB(), nullable=True))


def downgrade() -> None:
    op.drop_column("party_members", "grants")
    for name in ("playback_more", "waits", "settings", "starts_at_ms"):
        op.drop_column("synced_party_sessions", name)
