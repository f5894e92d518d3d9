"""An index for finding a party by its invite code alone, as desktop players do that know nothing else

It is built without holding up anybody (`CONCURRENTLY`), which no transaction allows. A build that was cut
short leaves an index that is not valid, so whatever has the name is dropped first.

Revision ID: 0019
Revises: 0018
"""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_sessions_invite_code")
        op.execute("CREATE INDEX CONCURRENTLY ix_sessions_invite_code ON synced_party_sessions (invite_code)")


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_sessions_invite_code")
