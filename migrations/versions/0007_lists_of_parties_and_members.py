"""Indexes for the list of parties and for a party's members by the time at which they joined

They are built without holding up anybody (`CONCURRENTLY`), which no transaction allows. A build that was cut
short leaves an index that is not valid, so whatever has the name is dropped first.

Revision ID: 0007
Revises: 0006
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_INDEXES = {
    "ix_sessions_active": "synced_party_sessions (id) WHERE status = 'active'",
    "ix_sessions_public_active": (
        "synced_party_sessions (id) WHERE visibility = 'public' AND status = 'active'"
    ),
    "ix_sessions_public_ended": "synced_party_sessions (id) WHERE visibility = 'public' AND status = 'ended'",
    "ix_party_members_joined": "party_members (party_id, joined_at_ms, user_id) WHERE left_at_ms IS NULL",
}


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for name, what in _INDEXES.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(f"CREATE INDEX CONCURRENTLY {name} ON {what}")


def downgrade() -> None:
    with op.get_context().autocommit_block():
        for name in _INDEXES:
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
