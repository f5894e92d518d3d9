"""Invites beside a party's own code, and who is banned from it

New tables, which processes of the release before don't know: by them nobody joins by such an invite, and
nobody is kept out by a ban.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    party = "synced_party_sessions.id"
    op.create_table(
        "party_invites",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("party_id", sa.Uuid(), sa.ForeignKey(party), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at_ms", sa.Double(), nullable=False),
        sa.Column("expires_at_ms", sa.Double(), nullable=True),
        sa.Column("max_uses", sa.Integer(), nullable=True),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("revoked_at_ms", sa.Double(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("grants", JSONB(), nullable=True),
        sa.CheckConstraint("uses >= 0 AND uses <= coalesce(max_uses, uses)", name="ck_party_invites_uses"),
    )
    op.create_index("ix_party_invites_party", "party_invites", ["party_id", "id"])
    op.create_index("uq_party_invites_code", "party_invites", ["code"], unique=True)
    op.create_table(
        "party_bans",
        sa.Column("party_id", sa.Uuid(), sa.ForeignKey(party), primary_key=True),
        sa.Column("user_id", sa.Uuid(), primary_key=True),
        sa.Column("display_name", sa.String(64), nullable=False),
        sa.Column("banned_by", sa.Uuid(), nullable=False),
        sa.Column("at_ms", sa.Double(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("party_bans")
    op.drop_table("party_invites")
