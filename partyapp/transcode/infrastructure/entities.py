"""The rows of videos and their transcode jobs."""

from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Double, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from partyapp.shared.storage.database import Base
from partyapp.transcode.domain.video import PLAYBACK_URL_MAX, TITLE_MAX


class VideoEntity(Base):
    """A row of `videos`."""

    __tablename__ = "videos"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(TITLE_MAX))
    duration_s: Mapped[float | None] = mapped_column(Double)
    playback_url: Mapped[str] = mapped_column(String(PLAYBACK_URL_MAX))
    owner_id: Mapped[UUID | None]
    created_at_ms: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (Index("ix_videos_newest", "created_at_ms", "id"),)


class TranscodeJobEntity(Base):
    """A row of `transcode_jobs`; a video has one at most."""

    __tablename__ = "transcode_jobs"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    video_id: Mapped[UUID] = mapped_column(ForeignKey("videos.id", ondelete="CASCADE"), unique=True)
    state: Mapped[str] = mapped_column(String(16))
    progress: Mapped[float] = mapped_column(Double)
    error: Mapped[str | None] = mapped_column(Text)
    updated_at_ms: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        CheckConstraint(
            "state IN ('pending', 'running', 'completed', 'failed')", name="ck_transcode_jobs_state"
        ),
        CheckConstraint("progress >= 0 AND progress <= 1", name="ck_transcode_jobs_progress"),
    )
