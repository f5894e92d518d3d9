"""Putting a video's transcode job in line, and taking a transcoder's reports in."""

from dataclasses import dataclass
from uuid import UUID

from partyapp.shared.kernel.clock import Clock
from partyapp.transcode.application.ports import VideoPort
from partyapp.transcode.application.videos import found
from partyapp.transcode.contract import VideoView
from partyapp.transcode.domain.job import JobState, NoTranscodeJob, TranscodeJob


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

        return found(self.videos.change_job(command.video_id, start))


@dataclass(frozen=True, kw_only=True)
class PrepareVideo:
    """Tries a failed transcode job again; a video in any other state stays as it is."""

    videos: VideoPort
    clock: Clock

    def __call__(self, video_id: UUID) -> VideoView:
        """The video afterwards. Raises `NoSuchVideo`."""
        view = found(self.videos.get(video_id))
        if view.playable:
            return view

        def again(job: TranscodeJob | None) -> TranscodeJob:
            if job is None:
                raise NoTranscodeJob()
            if job.state is not JobState.FAILED:
                return job
            return job.report(JobState.PENDING, progress=None, error=None, now_ms=self.clock.now_ms())

        return found(self.videos.change_job(video_id, again))


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

        return found(self.videos.change_job(command.video_id, report))
