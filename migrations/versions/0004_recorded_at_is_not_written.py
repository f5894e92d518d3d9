"""The column recorded_at_ms of an event gets a default, since nothing writes it any more

It repeated `at_ms` in whole milliseconds and nobody ever read it. This is the first of two steps: processes
of the release before still write the column while they are replaced, so it is dropped by a migration of the
next release. The default changes no row of the log, which is final.

Revision ID: 0004
Revises: 0003
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE party_events ALTER COLUMN recorded_at_ms SET DEFAULT 0")


def downgrade() -> None:
    op.execute("ALTER TABLE party_events ALTER COLUMN recorded_at_ms DROP DEFAULT")
