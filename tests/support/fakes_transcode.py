"""A catalogue of videos in memory; tests/ports holds it to what the one in Postgres does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from partyapp.transcode.contract import VideoView, view_of
from partyapp.transcode.domain.job import TranscodeJob
from partyapp.transcode.domain.video import Video


class InMemoryVideos:
    """`VideoPort` without a database."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._videos: dict[UUID, Video] = {}
        self._jobs: dict[UUID, TranscodeJob] = {}

    def add(self, video: Video, job: TranscodeJob | None = None) -> bool:
        """Keep the video and its job; False when its id is taken."""
        with self._lock:
            if video.id in self._videos:
                return False
            self._videos[video.id] = video
            if job is not None:
                self._jobs[video.id] = job
            return True

    def get(self, video_id: UUID) -> VideoView | None:
        """The video of that id."""
        video = self._videos.get(video_id)
        return None if video is None else view_of(video, self._jobs.get(video_id))

    def newest(self, limit: int, after: UUID | None = None) -> list[VideoView]:
        """At most `limit` videos, newest first, from behind `after` on."""
        found = sorted(self._videos.values(), key=_age, reverse=True)
        if after is not None:
            last = self._videos.get(after)
            found = [] if last is None else [video for video in found if _age(video) < _age(last)]
        return [view_of(video, self._jobs.get(video.id)) for video in found[:limit]]

    def change_job(
        self, video_id: UUID, change: Callable[[TranscodeJob | None], TranscodeJob]
    ) -> VideoView | None:
        """Put what `change` makes of the job in its place."""
        with self._lock:
            video = self._videos.get(video_id)
            if video is None:
                return None
            self._jobs[video_id] = change(self._jobs.get(video_id))
            return view_of(video, self._jobs[video_id])

    def learn_duration(self, video_id: UUID, duration_s: float, owner_id: UUID) -> bool:
        """Keep the length, if it is its owner who tells it."""
        with self._lock:
            video = self._videos.get(video_id)
            if video is None or video.owner_id != owner_id:
                return False
            self._videos[video_id] = replace(video, duration_s=duration_s)
            return True


def _age(video: Video) -> tuple[int, UUID]:
    return video.created_at_ms, video.id
