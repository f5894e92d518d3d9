"""Film jobs in memory; tests/ports holds them to what those in Postgres do."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from partyapp.transcode.application.film_jobs import FilmJob, JobProgress
from partyapp.transcode.contract import VideoView, view_of
from partyapp.transcode.domain.film import PreparedFilm
from partyapp.transcode.domain.job import JobState, TranscodeJob
from partyapp.transcode.domain.video import Video
from tests.support.fakes_transcode import InMemoryVideos

_OPEN = (JobState.PENDING, JobState.RUNNING)


@dataclass
class _Lease:
    until_ms: float | None = None
    fence: int = 0
    turns: int = 0


class InMemoryFilmJobs:
    """`FilmJobPort` on the videos in memory."""

    def __init__(self, videos: InMemoryVideos) -> None:
        self.videos = videos
        self._lock = threading.Lock()
        self._leases: dict[UUID, _Lease] = {}

    def claim(self, now_ms: float, until_ms: float) -> FilmJob | None:
        """Take the lease of a job that nobody has."""
        with self._lock:
            free = [job for job in self._jobs() if job.state in _OPEN and not self._is_held(job, now_ms)]
            if not free:
                return None
            job = min(free, key=lambda one: self._order(one, now_ms))
            lease = self._lease(job.id)
            lease.turns = 1 if job.state is JobState.PENDING else lease.turns + 1
            lease.until_ms, lease.fence = until_ms, lease.fence + 1
            self._set(replace(job, state=JobState.RUNNING), now_ms)
            return FilmJob(id=job.id, video=self._video(job), fence=lease.fence, turns=lease.turns)

    def others_wait(self) -> bool:
        """Whether there is a film that nobody has begun to prepare."""
        with self._lock:
            return any(job.state is JobState.PENDING for job in self._jobs())

    def another_waits(self, job: FilmJob, now_ms: float) -> bool:
        """Whether a film that nobody has begun is of another person, of whom none is under way."""
        with self._lock:
            waiting = [one for one in self._jobs() if one.state is JobState.PENDING]
            others = [one for one in waiting if self._video(one).owner_id != job.video.owner_id]
            return any(self._under_way(one, now_ms) == 0 for one in others)

    def renew(self, job: FilmJob, progress: JobProgress, now_ms: float, until_ms: float) -> VideoView | None:
        """Keep the lease until then."""
        with self._lock:
            held = self._held(job)
            if held is None:
                return None
            self._lease(job.id).until_ms = until_ms
            self._set(replace(held, progress=progress.share), now_ms)
            return self._with_film(job, progress.film, progress.ready_until_s)

    def complete(self, job: FilmJob, film: PreparedFilm, now_ms: float) -> VideoView | None:
        """The film is prepared."""
        with self._lock:
            held = self._held(job)
            if held is None:
                return None
            self._set(replace(held, state=JobState.COMPLETED, progress=1.0, error=None), now_ms)
            return self._with_film(job, film, None)

    def fail(self, job: FilmJob, reason: str, now_ms: float) -> VideoView | None:
        """It can't be prepared."""
        with self._lock:
            held = self._held(job)
            if held is None:
                return None
            self._set(replace(held, state=JobState.FAILED, error=reason), now_ms)
            video = self._video(held)
            self.videos._videos[video.id] = replace(video, film=None, ready_until_s=None)
            return self._view(job)

    def release(self, job: FilmJob, now_ms: float) -> bool:
        """Let somebody else go on."""
        with self._lock:
            if self._held(job) is None:
                return False
            lease = self._lease(job.id)
            lease.until_ms, lease.turns = None, max(0, lease.turns - 1)
            return True

    def open_jobs(self, owner_id: UUID) -> int:
        """How many of a person's films wait to be prepared, or are."""
        return sum(job.state in _OPEN and self._video(job).owner_id == owner_id for job in self._jobs())

    def _order(self, job: TranscodeJob, now_ms: float) -> Any:
        film = self._video(job).film
        is_whole = job.state is JobState.RUNNING and film is not None and film.is_whole
        turn = (is_whole, self._under_way(job, now_ms), self._last_turn(job))
        return (*turn, job.state is JobState.PENDING, job.updated_at_ms, job.id)

    def _jobs(self) -> list[TranscodeJob]:
        return [job for job in self.videos._jobs.values() if self._video(job).source is not None]

    def _video(self, job: TranscodeJob) -> Video:
        return self.videos._videos[job.video_id]

    def _lease(self, job_id: UUID) -> _Lease:
        return self._leases.setdefault(job_id, _Lease())

    def _is_held(self, job: TranscodeJob, now_ms: float) -> bool:
        until_ms = self._lease(job.id).until_ms
        return job.state is JobState.RUNNING and until_ms is not None and until_ms > now_ms

    def _under_way(self, job: TranscodeJob, now_ms: float) -> int:
        owner = self._video(job).owner_id
        return sum(self._is_held(one, now_ms) and self._video(one).owner_id == owner for one in self._jobs())

    def _last_turn(self, job: TranscodeJob) -> int:
        owner = self._video(job).owner_id
        begun = [one for one in self._jobs() if one.state is not JobState.PENDING]
        return max((one.updated_at_ms for one in begun if self._video(one).owner_id == owner), default=0)

    def _held(self, job: FilmJob) -> TranscodeJob | None:
        found = self.videos._jobs.get(job.video.id)
        is_held = found is not None and found.state is JobState.RUNNING
        return found if is_held and self._lease(job.id).fence == job.fence else None

    def _set(self, job: TranscodeJob, now_ms: float) -> None:
        self.videos._jobs[job.video_id] = replace(job, updated_at_ms=max(job.updated_at_ms, int(now_ms)))

    def _with_film(self, job: FilmJob, film: PreparedFilm | None, ready_s: float | None) -> VideoView:
        video = self.videos._videos[job.video.id]
        was_whole = video.film is not None and video.film.is_whole
        if film is not None and (film.is_whole or not was_whole):
            length_s = film.duration_s or video.duration_s
            video = replace(video, film=film, ready_until_s=ready_s, duration_s=length_s)
            self.videos._videos[video.id] = video
        return self._view(job)

    def _view(self, job: FilmJob) -> VideoView:
        return view_of(self.videos._videos[job.video.id], self.videos._jobs[job.video.id])
