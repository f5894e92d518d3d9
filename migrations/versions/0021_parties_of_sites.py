"""Which site's server made a party, or vouched for who did

Processes of the release before leave it null. The index is built without holding up anybody
(`CONCURRENTLY`), which no transaction allows. A build that was cut short leaves an index that is not valid,
so whatever has the name is dropped first.

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("synced_party_sessions", sa.Column("site", sa.String(32), nullable=True))
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_sessions_site")
        op.execute(
            "CREATE INDEX CONCURRENTLY ix_sessions_site ON synced_party_sessions (site, id)"
            " WHERE site IS NOT NULL"
        )


def downgrade() -> None:
    op.drop_index("ix_sessions_site", "synced_party_sessions")
    op.drop_column("synced_party_sessions", "site")
