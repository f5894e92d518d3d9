"""What other contexts may know of a video."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from partyapp.transcode.domain.job import JobState, TranscodeJob
from partyapp.transcode.domain.video import Video


@dataclass(frozen=True, kw_only=True)
class TranscodeJobView:
    """A video's transcode job. `progress` is 0 to 1."""

    id: UUID
    state: str
    progress: float
    error: str | None

    def to_json(self) -> dict[str, Any]:
        """The job as PROTOCOL shows it inside a video."""
        return {"id": str(self.id), "state": self.state, "progress": self.progress, "error": self.error}


@dataclass(frozen=True, kw_only=True)
class VideoView:
    """A video and its job, if it has one. `duration_s` in s, None while it isn't known."""

    id: UUID
    title: str
    duration_s: float | None
    playback_url: str
    transcode_job: TranscodeJobView | None

    @property
    def playable(self) -> bool:
        """Whether it can be watched now: it needs no job, or its job is done."""
        return self.transcode_job is None or self.transcode_job.state == JobState.COMPLETED.value

    def to_json(self) -> dict[str, Any]:
        """PROTOCOL's Video."""
        return {
            "id": str(self.id),
            "title": self.title,
            "duration_s": self.duration_s,
            "playback_url": self.playback_url,
            "transcode_job": None if self.transcode_job is None else self.transcode_job.to_json(),
        }


def view_of(video: Video, job: TranscodeJob | None) -> VideoView:
    """The video as others see it."""
    return VideoView(
        id=video.id,
        title=video.title,
        duration_s=video.duration_s,
        playback_url=video.playback_url,
        transcode_job=None
        if job is None
        else TranscodeJobView(id=job.id, state=job.state.value, progress=job.progress, error=job.error),
    )
