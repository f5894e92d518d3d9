"""What can be done with videos: register one, give it a transcode job, report how that job goes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from partyapp.shared.kernel.clock import Clock
from partyapp.shared.kernel.errors import NotFound
from partyapp.transcode.contract import VideoView, view_of
from partyapp.transcode.domain import JobState, NoTranscodeJob, TranscodeJob, Video


class NoSuchVideo(NotFound):
    detail = "There is no such video."


class VideoPort(Protocol):
    """Where videos are kept. Every method raises `Unavailable` when that place is gone."""

    def add(self, video: Video, job: TranscodeJob | None = None) -> bool:
        """Keep the video and its job together; False, and no change, when its id is taken already."""
        ...

    def get(self, video_id: UUID) -> VideoView | None:
        """The video of that id."""
        ...

    def newest(self, limit: int, after: UUID | None = None) -> list[VideoView]:
        """At most `limit` videos, newest first, from behind the video `after` on."""
        ...

    def change_job(
        self, video_id: UUID, change: Callable[[TranscodeJob | None], TranscodeJob]
    ) -> VideoView | None:
        """Put what `change` makes of the video's job in its place, while nobody else can; None: no video.

        Whatever `change` raises goes through, and nothing is changed then.
        """
        ...

    def learn_duration(self, video_id: UUID, duration_s: float, owner_id: UUID) -> bool:
        """Keep the length in s that the player of the video's owner told; False, and no change, if
        `owner_id` is not its owner."""
        ...


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
        return _found(self.videos.get(video.id))


@dataclass(frozen=True, kw_only=True)
class StartTranscodeJobCommand:
    """A video is to be transcoded, or a failed job is to be tried again (it keeps its first id)."""

    video_id: UUID
    job_id: UUID


@dataclass(frozen=True, kw_only=True)
class StartTranscodeJob:
    """Puts a video's job in line."""

    videos: VideoPort
    clock: Clock

    def __call__(self, command: StartTranscodeJobCommand) -> VideoView:
        """The video with its pending job. Raises `NoSuchVideo` or `JobStepRefused`."""
        now_ms = self.clock.now_ms()

        def start(job: TranscodeJob | None) -> TranscodeJob:
            if job is None:
                return TranscodeJob.pending(command.job_id, command.video_id, now_ms)
            return job.report(JobState.PENDING, progress=None, error=None, now_ms=now_ms)

        return _found(self.videos.change_job(command.video_id, start))


@dataclass(frozen=True, kw_only=True)
class PrepareVideo:
    """Tries a failed transcode job again; a video in any other state stays as it is."""

    videos: VideoPort
    clock: Clock

    def __call__(self, video_id: UUID) -> VideoView:
        """The video afterwards. Raises `NoSuchVideo`."""
        view = _found(self.videos.get(video_id))
        if view.playable:
            return view

        def again(job: TranscodeJob | None) -> TranscodeJob:
            if job is None:
                raise NoTranscodeJob()
            if job.state is not JobState.FAILED:
                return job
            return job.report(JobState.PENDING, progress=None, error=None, now_ms=self.clock.now_ms())

        return _found(self.videos.change_job(video_id, again))


@dataclass(frozen=True, kw_only=True)
class ReportTranscodeProgressCommand:
    """What an outside transcoder says of a job. `progress` is 0 to 1."""

    video_id: UUID
    state: JobState
    progress: float | None = None
    error: str | None = None


@dataclass(frozen=True, kw_only=True)
class ReportTranscodeProgress:
    """Takes a transcoder's report in."""

    videos: VideoPort
    clock: Clock

    def __call__(self, command: ReportTranscodeProgressCommand) -> VideoView:
        """The video afterwards. Raises `NoSuchVideo`, `NoTranscodeJob` or `ValidationFailed`."""

        def report(job: TranscodeJob | None) -> TranscodeJob:
            if job is None:
                raise NoTranscodeJob()
            return job.report(
                command.state,
                progress=command.progress,
                error=command.error,
                now_ms=self.clock.now_ms(),
            )

        return _found(self.videos.change_job(command.video_id, report))


def _found(view: VideoView | None) -> VideoView:
    if view is None:
        raise NoSuchVideo()
    return view
