"""Videos and the jobs that make them playable: what they are, and which steps a job may take."""

import unicodedata
from dataclasses import dataclass, replace
from enum import StrEnum
from urllib.parse import urlsplit
from uuid import UUID

from partyapp.shared.kernel.errors import NotFound, ValidationFailed

TITLE_MAX = 200
PLAYBACK_URL_MAX = 2000
MIN_DURATION_S = 0.1
MAX_DURATION_S = 7 * 24 * 3600.0
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
        cleaned = _printable(reported or "")[:JOB_ERROR_MAX].strip()
        return cleaned or self.error or "The transcoder gave no reason."


@dataclass(frozen=True, kw_only=True)
class Video:
    """Something to watch. `duration_s` in s, None while it isn't known, and of a live stream.

    `owner_id` is None for what came with the installation.
    """

    id: UUID
    title: str
    duration_s: float | None
    playback_url: str
    owner_id: UUID | None
    created_at_ms: int


def checked_playback_url(text: str) -> str:
    """`text` if a page may hand it to a `<video>` element, else ValueError with the reason.

    That is an absolute http or https URL with a host and without a user or password, or a path on this
    very server, which starts with one slash (two would name another host: RFC 3986 §4.2).
    """
    if not 1 <= len(text) <= PLAYBACK_URL_MAX:
        raise ValueError(f"Must be 1 to {PLAYBACK_URL_MAX} characters long.")
    if text != _printable(text) or any(character.isspace() for character in text):
        raise ValueError("Must not hold spaces or control characters.")
    if "\\" in text:
        # Browsers read a backslash as a slash, so that "/\host" would name another host.
        raise ValueError("Must not hold a backslash.")
    if text.startswith("/") and not text.startswith("//"):
        return text
    if not _names_a_web_host(text):
        raise ValueError("Must be an http or https URL, or a path that starts with one slash.")
    return text


def _names_a_web_host(text: str) -> bool:
    try:
        parts = urlsplit(text)
        # Reading the port is what checks it.
        parts.port  # noqa: B018
    except ValueError:
        return False
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return False
    if "@" in parts.netloc:
        raise ValueError("Must not hold a user name or a password.")
    return True


def _printable(text: str) -> str:
    """The text without control, format, private and unpaired characters."""
    return "".join(character for character in text if not unicodedata.category(character).startswith("C"))
