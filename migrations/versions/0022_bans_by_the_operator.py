"""A ban may be the operator's, who is nobody in the party

Revision ID: 0022
Revises: 0021
"""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE party_bans ALTER COLUMN banned_by DROP NOT NULL")


def downgrade() -> None:
    # The version before knows a ban by somebody alone: then by whom it is for.
    op.execute("UPDATE party_bans SET banned_by = user_id WHERE banned_by IS NULL")
    op.execute("ALTER TABLE party_bans ALTER COLUMN banned_by SET NOT NULL")
