"""Films of ours: how a video came, its file, what preparing it made, and whose turn its job is

Processes of the release before go on as they did: what they write is a video by its address. A party's copy
of what a video has besides is in a column of its own, which they don't know. The indexes are built without
holding up anybody (`CONCURRENTLY`), which no transaction allows. A build that was cut short leaves an index
that is not valid, so whatever has the name is dropped first.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

#: The clip that comes with Party; see `partyapp.transcode.cli`.
_SAMPLE = "0199f000-5a3c-7e1e-8000-70617274790a"

_INDEXES = {
    "ix_videos_owner": "INDEX CONCURRENTLY ix_videos_owner ON videos (owner_id, created_at_ms, id)",
    "uq_videos_library": (
        "UNIQUE INDEX CONCURRENTLY uq_videos_library ON videos (source_key) WHERE kind = 'library'"
    ),
    "ix_transcode_jobs_open": (
        "INDEX CONCURRENTLY ix_transcode_jobs_open ON transcode_jobs (updated_at_ms)"
        " WHERE state IN ('pending', 'running')"
    ),
    "ix_sessions_video": (
        "INDEX CONCURRENTLY ix_sessions_video ON synced_party_sessions ((video ->> 'id'))"
        " WHERE status = 'active'"
    ),
}


def upgrade() -> None:
    op.add_column("videos", sa.Column("kind", sa.String(16), server_default="url", nullable=False))
    op.add_column("videos", sa.Column("source_key", sa.String(1024), nullable=True))
    op.add_column("videos", sa.Column("source_size", sa.BigInteger(), nullable=True))
    op.add_column("videos", sa.Column("film", JSONB(), nullable=True))
    op.add_column("videos", sa.Column("ready_until_s", sa.Double(), nullable=True))
    op.execute(f"UPDATE videos SET kind = 'sample' WHERE id = '{_SAMPLE}'")
    op.add_column("transcode_jobs", sa.Column("lease_until_ms", sa.BigInteger(), nullable=True))
    op.add_column("transcode_jobs", sa.Column("fence", sa.Integer(), server_default="0", nullable=False))
    op.add_column("transcode_jobs", sa.Column("turns", sa.Integer(), server_default="0", nullable=False))
    op.add_column("synced_party_sessions", sa.Column("video_details", JSONB(), nullable=True))
    with op.get_context().autocommit_block():
        for name, what in _INDEXES.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(f"CREATE {what}")


def downgrade() -> None:
    with op.get_context().autocommit_block():
        for name in _INDEXES:
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
    # That release plays what has an address; a film of ours has none.
    op.execute("DELETE FROM videos WHERE kind IN ('upload', 'library')")
    op.drop_column("synced_party_sessions", "video_details")
    for name in ("lease_until_ms", "fence", "turns"):
        op.drop_column("transcode_jobs", name)
    for name in ("kind", "source_key", "source_size", "film", "ready_until_s"):
        op.drop_column("videos", name)
