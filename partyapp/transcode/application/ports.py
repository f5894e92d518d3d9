"""What the handlers of videos need of the outside."""

from collections.abc import Callable
from typing import Protocol
from uuid import UUID

from partyapp.transcode.contract import VideoView
from partyapp.transcode.domain.job import TranscodeJob
from partyapp.transcode.domain.video import Video


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
