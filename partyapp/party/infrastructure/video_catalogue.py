"""The video catalogue: what the transcode context has, as the party needs it."""

from collections.abc import Collection
from typing import Protocol
from uuid import UUID

from partyapp.party.domain.errors import VideoNotReady
from partyapp.party.domain.json_values import video_from
from partyapp.party.domain.state import PartyVideo
from partyapp.shared.kernel.errors import ValidationFailed
from partyapp.transcode.contract import VideoView


class Videos(Protocol):
    """The transcode context's own."""

    def get(self, video_id: UUID) -> VideoView | None: ...

    def learn_duration(self, video_id: UUID, duration_s: float, owner_id: UUID) -> bool: ...


class PartyGrants(Protocol):
    """Makes what lets the members of a party read the files of its film.

    `base` is what the addresses of files on this service begin with; empty where they are paths.
    """

    @property
    def base(self) -> str: ...

    def for_party(self, video_id: UUID, party_id: UUID) -> str: ...


class WatchedVideos(Protocol):
    """Which videos somebody may watch because their parties show them."""

    def watched_by(self, user_id: UUID) -> Collection[UUID]: ...


class VideoCatalogue:
    """`VideoCataloguePort`: whether a video can be played, by the transcode context's word.

    What a party learns of its film's length is kept for later parties.
    """

    def __init__(self, videos: Videos, grants: PartyGrants, watched: WatchedVideos) -> None:
        self._videos = videos
        self._grants = grants
        self._watched = watched

    def playable(self, video_id: UUID, user_id: UUID, party_id: UUID) -> PartyVideo:
        """The video for a party of this person's.

        Raises `ValidationFailed` for one that they may not watch, `VideoNotReady` for an unfinished one.
        """
        view = self._videos.get(video_id)
        if view is None or not self._may_watch(view, user_id):
            raise ValidationFailed(errors={"video_id": ["There is no such video."]})
        if not view.watchable:
            raise VideoNotReady()
        return party_video(view, self._grants.for_party(video_id, party_id), self._grants.base)

    def queued(self, video_id: UUID, party_id: UUID) -> PartyVideo | None:
        """The video for a party that was given it before; None for one that can't be played now."""
        view = self._videos.get(video_id)
        if view is None or not view.watchable:
            return None
        return party_video(view, self._grants.for_party(video_id, party_id), self._grants.base)

    def learn_duration(self, video_id: UUID, duration_s: float, user_id: UUID) -> None:
        """Keep the length in s for later parties, if this person registered the video.

        Nobody else's word counts beyond the party: a stranger may host one of their own with the same video.
        """
        self._videos.learn_duration(video_id, duration_s, user_id)

    def _may_watch(self, view: VideoView, user_id: UUID) -> bool:
        video = view.video
        return video.is_open or video.owner_id == user_id or video.id in self._watched.watched_by(user_id)


def party_video(view: VideoView, grant: str, base: str = "") -> PartyVideo:
    """A party's copy of the video, with addresses that the grant opens and that begin with `base`."""
    return video_from(view.to_json(grant, base))
