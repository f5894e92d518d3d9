"""What the handlers of videos need of the outside."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from uuid import UUID

from partyapp.transcode.contract import VideoView
from partyapp.transcode.domain.job import TranscodeJob
from partyapp.transcode.domain.video import Video, VideoKind


@dataclass(frozen=True, kw_only=True)
class VideoFilter:
    """Which videos a list holds: all, or those that one person may watch.

    `seen_by` may watch what belongs to nobody, their own, and `shown_to`, the videos of their parties. `text`
    is somewhere in the title, in any case.
    """

    seen_by: UUID | None = None
    shown_to: Collection[UUID] = field(default=())
    text: str | None = None
    kind: VideoKind | None = None


EVERYTHING = VideoFilter()


class VideoPort(Protocol):
    """Where videos are kept. Every method raises `Unavailable` when that place is gone."""

    def add(self, video: Video, job: TranscodeJob | None = None) -> bool:
        """Keep the video and its job together; False, and no change, when its id is taken already."""
        ...

    def get(self, video_id: UUID) -> VideoView | None:
        """The video of that id."""
        ...

    def newest(
        self, limit: int, after: UUID | None = None, which: VideoFilter = EVERYTHING
    ) -> list[VideoView]:
        """At most `limit` videos of those asked for, newest first, from behind the video `after` on."""
        ...

    def change(self, video_id: UUID, change: Callable[[Video], Video]) -> VideoView | None:
        """Put what `change` makes of the video in its place, while nobody else can; None: no such video.

        Whatever `change` raises goes through, and nothing is changed then.
        """
        ...

    def change_job(
        self, video_id: UUID, change: Callable[[TranscodeJob | None], TranscodeJob]
    ) -> VideoView | None:
        """The same with the video's job."""
        ...

    def remove(self, video_id: UUID) -> bool:
        """Forget the video and its job; False when there is none."""
        ...

    def learn_duration(self, video_id: UUID, duration_s: float, owner_id: UUID) -> bool:
        """Keep the length in s that the player of the video's owner told; False, and no change, if
        `owner_id` is not its owner."""
        ...


class VideoParties(Protocol):
    """Which parties show a video. Every method raises `Unavailable` when that can't be known."""

    def watched_by(self, user_id: UUID) -> Collection[UUID]:
        """The videos of the active parties that somebody is a member of."""
        ...

    def is_shown(self, video_id: UUID) -> bool:
        """Whether an active party shows it."""
        ...

    def changed(self, view: VideoView) -> None:
        """Tell the active parties that show the video what it is now."""
        ...

    def removed(self, video_id: UUID) -> None:
        """The video is gone: no party is to play it any more."""
        ...


class MediaGrants(Protocol):
    """Makes what lets somebody read the files of one film."""

    @property
    def base(self) -> str:
        """What the addresses of files on this service begin with; empty where they are paths."""
        ...

    def for_person(self, video_id: UUID, user_id: UUID) -> str:
        """For one person, for some hours; asked again soon after, the same."""
        ...

    def for_party(self, video_id: UUID, party_id: UUID) -> str:
        """For the members of one party, until it ends."""
        ...


class FilmFiles(Protocol):
    """The files of films."""

    def remove(self, video_id: UUID) -> None:
        """Remove all files of a film that is forgotten."""
        ...


class LibraryFiles(Protocol):
    """The files of the library's folder."""

    def path(self, key: str) -> Path | None:
        """Where a film of the library is; None for what isn't there, or isn't inside the folder."""
        ...

    def names_beside(self, key: str) -> list[str]:
        """The names in the film's folder, of films and of subtitles; those in folders of it with `/`."""
        ...
