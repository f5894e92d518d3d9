"""The rows of videos and their transcode jobs."""

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Double, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from partyapp.shared.storage.database import Base
from partyapp.transcode.domain.video import PLAYBACK_URL_MAX, TITLE_MAX

SOURCE_KEY_MAX = 1024


class VideoEntity(Base):
    """A row of `videos`."""

    __tablename__ = "videos"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(TITLE_MAX))
    duration_s: Mapped[float | None] = mapped_column(Double)
    playback_url: Mapped[str] = mapped_column(String(PLAYBACK_URL_MAX))
    owner_id: Mapped[UUID | None]
    created_at_ms: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(16), server_default="url")
    #: Where a film of ours is as it came: in the store, or below the library's folder.
    source_key: Mapped[str | None] = mapped_column(String(SOURCE_KEY_MAX))
    source_size: Mapped[int | None] = mapped_column(BigInteger)
    #: A PreparedFilm.
    film: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    ready_until_s: Mapped[float | None] = mapped_column(Double)

    __table_args__ = (
        Index("ix_videos_newest", "created_at_ms", "id"),
        Index("ix_videos_owner", "owner_id", "created_at_ms", "id"),
        Index("uq_videos_library", "source_key", unique=True, postgresql_where=text("kind = 'library'")),
    )


class TranscodeJobEntity(Base):
    """A row of `transcode_jobs`; a video has one at most."""

    __tablename__ = "transcode_jobs"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    video_id: Mapped[UUID] = mapped_column(ForeignKey("videos.id", ondelete="CASCADE"), unique=True)
    state: Mapped[str] = mapped_column(String(16))
    progress: Mapped[float] = mapped_column(Double)
    error: Mapped[str | None] = mapped_column(Text)
    updated_at_ms: Mapped[int] = mapped_column(BigInteger)
    #: Until when, in ms, the worker that prepares the film has it to itself, and which turn that is.
    lease_until_ms: Mapped[int | None] = mapped_column(BigInteger)
    fence: Mapped[int] = mapped_column(Integer, server_default="0")
    #: How often it was begun since it was asked for.
    turns: Mapped[int] = mapped_column(Integer, server_default="0")

    __table_args__ = (
        CheckConstraint(
            "state IN ('pending', 'running', 'completed', 'failed')", name="ck_transcode_jobs_state"
        ),
        CheckConstraint("progress >= 0 AND progress <= 1", name="ck_transcode_jobs_progress"),
        Index(
            "ix_transcode_jobs_open",
            "updated_at_ms",
            postgresql_where=text("state IN ('pending', 'running')"),
        ),
    )
