"""No index of messages but that of their numbers begins with the party

Two that do are as good as each other to PostgreSQL where it takes a party for one that has said nothing, as
it does with each that is younger than its statistics: then a message was looked for through all of them.
They are built and dropped without holding up anybody (`CONCURRENTLY`), which no transaction allows.

Revision ID: 0025
Revises: 0024
"""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_OLD = {
    "uq_chat_messages_id": ("UNIQUE INDEX", "party_id, id"),
    "ix_chat_messages_film": ("INDEX", "party_id, video_id, position_s"),
}
_NEW = {
    "uq_chat_messages_own_id": ("UNIQUE INDEX", "id, party_id"),
    "ix_chat_messages_video": ("INDEX", "video_id, party_id, position_s"),
}


def upgrade() -> None:
    _replace(_OLD, _NEW)


def downgrade() -> None:
    _replace(_NEW, _OLD)


def _replace(old: dict[str, tuple[str, str]], new: dict[str, tuple[str, str]]) -> None:
    with op.get_context().autocommit_block():
        for name, (kind, columns) in new.items():
            # What is left of one that was broken off is no index.
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            kind = kind.replace("INDEX", "INDEX CONCURRENTLY")
            op.execute(f"CREATE {kind} {name} ON chat_messages ({columns})")
        for name in old:
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
