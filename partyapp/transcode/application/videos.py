"""Registering videos."""

from dataclasses import dataclass
from uuid import UUID

from partyapp.shared.kernel.clock import Clock
from partyapp.shared.kernel.errors import NotFound
from partyapp.transcode.application.ports import VideoPort
from partyapp.transcode.contract import VideoView, view_of
from partyapp.transcode.domain.job import TranscodeJob
from partyapp.transcode.domain.video import Video


class NoSuchVideo(NotFound):
    detail = "There is no such video."


@dataclass(frozen=True, kw_only=True)
class RegisterVideoCommand:
    """A video to watch. With `job_id` it has to be transcoded first; without, it is playable at once.

    The fields were checked by whoever read them. The same `video_id` again has no second effect.
    """

    video_id: UUID
    title: str
    playback_url: str
    duration_s: float | None
    owner_id: UUID | None
    job_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class RegisterVideo:
    """Registers a video."""

    videos: VideoPort
    clock: Clock

    def __call__(self, command: RegisterVideoCommand) -> VideoView:
        """The video as it was registered, or as it is if its id was registered before."""
        now_ms = self.clock.now_ms()
        video = Video(
            id=command.video_id,
            title=command.title,
            duration_s=command.duration_s,
            playback_url=command.playback_url,
            owner_id=command.owner_id,
            created_at_ms=int(now_ms),
        )
        job = None
        if command.job_id is not None:
            job = TranscodeJob.pending(command.job_id, video.id, now_ms)
        if self.videos.add(video, job):
            return view_of(video, job)
        return found(self.videos.get(video.id))


def found(view: VideoView | None) -> VideoView:
    """The view, if there is one. Raises `NoSuchVideo`."""
    if view is None:
        raise NoSuchVideo()
    return view
