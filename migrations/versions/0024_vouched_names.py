"""Sessions know what who vouches for their person called them

Revision ID: 0024
Revises: 0023
"""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE auth_sessions ADD COLUMN IF NOT EXISTS vouched_name VARCHAR(64)")


def downgrade() -> None:
    op.drop_column("auth_sessions", "vouched_name")
