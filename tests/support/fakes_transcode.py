"""A catalogue of videos in memory; tests/ports holds it to what the one in Postgres does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from uuid import UUID

from partyapp.transcode.application.ports import EVERYTHING, VideoFilter
from partyapp.transcode.contract import VideoView, view_of
from partyapp.transcode.domain.job import TranscodeJob
from partyapp.transcode.domain.video import Video, VideoKind


class InMemoryVideos:
    """`VideoPort` without a database."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._videos: dict[UUID, Video] = {}
        self._jobs: dict[UUID, TranscodeJob] = {}

    def add(self, video: Video, job: TranscodeJob | None = None) -> bool:
        """Keep the video and its job; False when its id is taken."""
        with self._lock:
            same = [one for one in self._videos.values() if _is_same_file(one, video)]
            if video.id in self._videos or same:
                return False
            self._videos[video.id] = video
            if job is not None:
                self._jobs[video.id] = job
            return True

    def get(self, video_id: UUID) -> VideoView | None:
        """The video of that id."""
        video = self._videos.get(video_id)
        return None if video is None else view_of(video, self._jobs.get(video_id))

    def newest(
        self, limit: int, after: UUID | None = None, which: VideoFilter = EVERYTHING
    ) -> list[VideoView]:
        """At most `limit` videos, newest first, from behind `after` on."""
        wanted = [video for video in self._videos.values() if _is_in(video, which)]
        found = sorted(wanted, key=_age, reverse=True)
        if after is not None:
            last = self._videos.get(after)
            found = [] if last is None else [video for video in found if _age(video) < _age(last)]
        return [view_of(video, self._jobs.get(video.id)) for video in found[:limit]]

    def change(self, video_id: UUID, change: Callable[[Video], Video]) -> VideoView | None:
        """Put what `change` makes of the video in its place."""
        with self._lock:
            if video_id not in self._videos:
                return None
            self._videos[video_id] = change(self._videos[video_id])
        return self.get(video_id)

    def remove(self, video_id: UUID) -> bool:
        """Forget the video and its job."""
        with self._lock:
            self._jobs.pop(video_id, None)
            return self._videos.pop(video_id, None) is not None

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


@dataclass
class InMemoryParties:
    """`VideoParties`: who watches what is said by `watching`; what parties were told is in `told`."""

    watching: dict[UUID, set[UUID]] = field(default_factory=dict)
    told: list[VideoView] = field(default_factory=list)
    gone: list[UUID] = field(default_factory=list)

    def watched_by(self, user_id: UUID) -> frozenset[UUID]:
        """The videos of somebody's parties."""
        return frozenset(self.watching.get(user_id, ()))

    def is_shown(self, video_id: UUID) -> bool:
        """Whether a party shows it."""
        return any(video_id in found for found in self.watching.values())

    def changed(self, view: VideoView) -> None:
        """Note it."""
        self.told.append(view)

    def removed(self, video_id: UUID) -> None:
        """Note it."""
        self.gone.append(video_id)


class PlainGrants:
    """`MediaGrants` that can be read in an assertion."""

    def __init__(self, base: str = "") -> None:
        self.base = base

    def for_person(self, video_id: UUID, user_id: UUID) -> str:
        """For one person."""
        return f"person-{user_id}"

    def for_party(self, video_id: UUID, party_id: UUID) -> str:
        """For one party."""
        return f"party-{party_id}"


class RemovedFiles(list[UUID]):
    """`FilmFiles`: whose files were removed."""

    def remove(self, video_id: UUID) -> None:
        """Note it."""
        self.append(video_id)


def _is_same_file(one: Video, other: Video) -> bool:
    return one.kind is other.kind is VideoKind.LIBRARY and one.source == other.source


def _is_in(video: Video, which: VideoFilter) -> bool:
    seen_by = which.seen_by is None or video.owner_id in (None, which.seen_by) or video.id in which.shown_to
    of_kind = which.kind in (None, video.kind)
    return seen_by and of_kind and (which.text or "").lower() in video.title.lower()


def _age(video: Video) -> tuple[int, UUID]:
    return video.created_at_ms, video.id
