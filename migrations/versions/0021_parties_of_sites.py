"""Which site's server made a party, or vouched for who did; tokens that let somebody in once; revoked people

Processes of the release before leave the column null, and know nothing of the tables. The index is built
without holding up anybody (`CONCURRENTLY`), which no transaction allows. A build that was cut short leaves an
index that is not valid, and the column, so both are looked for first.

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
    op.execute("ALTER TABLE synced_party_sessions ADD COLUMN IF NOT EXISTS site VARCHAR(32)")
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_sessions_site")
        op.execute(
            "CREATE INDEX CONCURRENTLY ix_sessions_site ON synced_party_sessions (site, id)"
            " WHERE site IS NOT NULL"
        )
    op.create_table(
        "party_used_tokens",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("until_ms", sa.Double(), nullable=False),
    )
    op.create_index("ix_party_used_tokens_until", "party_used_tokens", ["until_ms"])
    op.create_table(
        "auth_revoked_people",
        sa.Column("user_id", sa.Uuid(), primary_key=True),
        sa.Column("revoked_at_ms", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_auth_revoked_people_at", "auth_revoked_people", ["revoked_at_ms"])


def downgrade() -> None:
    op.drop_table("auth_revoked_people")
    op.drop_table("party_used_tokens")
    op.drop_index("ix_sessions_site", "synced_party_sessions")
    op.drop_column("synced_party_sessions", "site")
