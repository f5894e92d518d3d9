"""Transcode jobs: what they are, and which steps one may take."""

from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from partyapp.shared.kernel.errors import NotFound, ValidationFailed
from partyapp.transcode.domain.text import printable

JOB_ERROR_MAX = 1000


class JobState(StrEnum):
    """Where a transcode job stands."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


#: The steps a job may take. A completed job has none left; a failed one may be tried again.
STEPS: dict[JobState, frozenset[JobState]] = {
    JobState.PENDING: frozenset({JobState.RUNNING}),
    JobState.RUNNING: frozenset({JobState.COMPLETED, JobState.FAILED}),
    JobState.COMPLETED: frozenset(),
    JobState.FAILED: frozenset({JobState.PENDING}),
}


class JobStepRefused(ValidationFailed):
    """A job can't go from where it stands to where it was reported."""

    def __init__(self, current: JobState, wanted: JobState) -> None:
        super().__init__(errors={"state": [f"A job that is {current} can't become {wanted}."]})


class NoTranscodeJob(NotFound):
    detail = "The video has no transcode job."


@dataclass(frozen=True, kw_only=True)
class TranscodeJob:
    """One video's way to being playable. `progress` is 0 to 1; `error` says why a failed one failed."""

    id: UUID
    video_id: UUID
    state: JobState
    progress: float
    error: str | None
    updated_at_ms: int

    @classmethod
    def pending(cls, job_id: UUID, video_id: UUID, now_ms: float) -> "TranscodeJob":
        """A job that nobody has taken up yet."""
        return cls(
            id=job_id,
            video_id=video_id,
            state=JobState.PENDING,
            progress=0.0,
            error=None,
            updated_at_ms=int(now_ms),
        )

    def report(
        self, state: JobState, *, progress: float | None, error: str | None, now_ms: float
    ) -> "TranscodeJob":
        """The job after a transcoder's report. The same report again changes nothing.

        Progress only grows while a job runs, so that a report which was overtaken does no harm; a completed
        job's is 1, and one that is tried again starts at 0. Raises `JobStepRefused`.
        """
        if state is not self.state and state not in STEPS[self.state]:
            raise JobStepRefused(self.state, state)
        return replace(
            self,
            state=state,
            progress=self._progress_in(state, progress),
            error=self._error_in(state, error),
            updated_at_ms=max(self.updated_at_ms, int(now_ms)),
        )

    def _progress_in(self, state: JobState, reported: float | None) -> float:
        if state is JobState.PENDING:
            return 0.0
        if state is JobState.COMPLETED:
            return 1.0
        if reported is None or state is not JobState.RUNNING:
            return self.progress
        if not 0.0 <= reported <= 1.0:
            raise ValidationFailed(errors={"progress": ["Must be from 0 to 1."]})
        return max(self.progress, reported)

    def _error_in(self, state: JobState, reported: str | None) -> str | None:
        if state is not JobState.FAILED:
            return None
        cleaned = printable(reported or "")[:JOB_ERROR_MAX].strip()
        return cleaned or self.error or "The transcoder gave no reason."
