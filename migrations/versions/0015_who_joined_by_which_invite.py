"""Which events tell that somebody joined by an invite, so that its list names them

An index alone. Revision ID: 0015
Revises: 0014
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_BY_INVITE = "ix_party_events_by_invite"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {_BY_INVITE}")
        op.execute(
            f"CREATE INDEX CONCURRENTLY {_BY_INVITE} ON party_events "
            "(party_id, (data ->> 'invite_id'), revision) WHERE data ? 'invite_id'"
        )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {_BY_INVITE}")
