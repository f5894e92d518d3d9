"""Registering, showing, changing and removing videos."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from partyapp.shared.kernel.clock import Clock
from partyapp.shared.kernel.errors import Forbidden, NotFound, Refusal, ValidationFailed
from partyapp.transcode.application.ports import FilmFiles, MediaGrants, VideoFilter, VideoParties, VideoPort
from partyapp.transcode.contract import VideoView, view_of
from partyapp.transcode.domain.job import TranscodeJob
from partyapp.transcode.domain.video import Video, VideoKind


class NoSuchVideo(NotFound):
    detail = "There is no such video."


class VideoInUse(Refusal):
    code = "video_in_use"
    detail = "A party is showing this video; it can be deleted when the party has ended."


class NotYourVideo(Forbidden):
    detail = "Only who brought this video may change it."


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
    kind: VideoKind = VideoKind.URL


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
            kind=command.kind,
        )
        job = None
        if command.job_id is not None:
            job = TranscodeJob.pending(command.job_id, video.id, now_ms)
        if self.videos.add(video, job):
            return view_of(video, job)
        return found(self.videos.get(video.id))


@dataclass(frozen=True, kw_only=True)
class VideoReader:
    """Shows videos to people: each what they may watch, with addresses for them alone."""

    videos: VideoPort
    parties: VideoParties
    grants: MediaGrants

    def show(self, video_id: UUID, user_id: UUID) -> dict[str, Any]:
        """CONTRACT's Video. Raises `NoSuchVideo`, also for one that this person may not watch."""
        return self.shown(self.watchable(video_id, user_id), user_id)

    def watchable(self, video_id: UUID, user_id: UUID) -> VideoView:
        """The video, if this person may watch it. Raises `NoSuchVideo`."""
        view = found(self.videos.get(video_id))
        video = view.video
        if video.is_open or video.owner_id == user_id or video_id in self.parties.watched_by(user_id):
            return view
        raise NoSuchVideo()

    def newest(
        self, user_id: UUID, limit: int, after: UUID | None, text: str | None, kind: VideoKind | None
    ) -> list[VideoView]:
        """What this person may watch, newest first: the installation's, their own, those of their parties."""
        shown_to = frozenset(self.parties.watched_by(user_id))
        which = VideoFilter(seen_by=user_id, shown_to=shown_to, text=text, kind=kind)
        return self.videos.newest(limit, after, which)

    def shown(self, view: VideoView, user_id: UUID) -> dict[str, Any]:
        """The video with addresses for this person."""
        return view.to_json(self.grants.for_person(view.id, user_id), self.grants.base)


@dataclass(frozen=True, kw_only=True)
class ChangeVideoCommand:
    """What its owner wants changed: `title`, and of a video by its address `duration_s`."""

    video_id: UUID
    actor_id: UUID
    changes: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class ChangeVideo:
    """Changes what people are told of a video, in its parties too."""

    videos: VideoPort
    parties: VideoParties

    def __call__(self, command: ChangeVideoCommand) -> VideoView:
        """The video afterwards. Raises `NoSuchVideo`, `NotYourVideo` or `ValidationFailed`."""

        def change(video: Video) -> Video:
            must_own(video, command.actor_id)
            if "duration_s" in command.changes and video.kind is not VideoKind.URL:
                raise ValidationFailed(errors={"duration_s": ["The film itself says how long it is."]})
            return replace(video, **command.changes)

        before = self.videos.get(command.video_id)
        view = found(self.videos.change(command.video_id, change))
        if before is None or view != before:
            self.parties.changed(view)
        return view


@dataclass(frozen=True, kw_only=True)
class RemoveVideo:
    """Removes a video and its files; `actor_id` None is the operator, who may remove any."""

    videos: VideoPort
    parties: VideoParties
    files: FilmFiles

    def __call__(self, video_id: UUID, actor_id: UUID | None) -> None:
        """Raises `NoSuchVideo`, `NotYourVideo` or `VideoInUse`. What a crash leaves, upkeep removes."""
        view = found(self.videos.get(video_id))
        if actor_id is not None:
            must_own(view.video, actor_id)
        if self.parties.is_shown(video_id):
            raise VideoInUse()
        self.videos.remove(video_id)
        self.parties.removed(video_id)
        self.files.remove(video_id)


def must_own(video: Video, user_id: UUID) -> None:
    """Raises `NoSuchVideo` for somebody else's private film, `NotYourVideo` for any other of theirs."""
    if video.owner_id == user_id:
        return
    raise NotYourVideo() if video.is_open else NoSuchVideo()


def found(view: VideoView | None) -> VideoView:
    """The view, if there is one. Raises `NoSuchVideo`."""
    if view is None:
        raise NoSuchVideo()
    return view
