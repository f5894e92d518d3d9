"""The video catalogue: what the transcode context has, as the party needs it."""

from typing import Protocol
from uuid import UUID

from partyapp.party.domain.errors import VideoNotReady
from partyapp.party.domain.state import PartyVideo
from partyapp.shared.kernel.errors import ValidationFailed
from partyapp.transcode.contract import VideoView


class Videos(Protocol):
    """The transcode context's own."""

    def get(self, video_id: UUID) -> VideoView | None: ...

    def learn_duration(self, video_id: UUID, duration_s: float, owner_id: UUID) -> bool: ...


class VideoCatalogue:
    """`VideoCataloguePort`: whether a video can be played, by the transcode context's word.

    What a party learns of its film's length is kept for later parties.
    """

    def __init__(self, videos: Videos) -> None:
        self._videos = videos

    def playable(self, video_id: UUID) -> PartyVideo:
        """The video. Raises `ValidationFailed` for an unknown one, `VideoNotReady` for an unfinished one."""
        view = self._videos.get(video_id)
        if view is None:
            raise ValidationFailed(errors={"video_id": ["There is no such video."]})
        if not view.playable:
            raise VideoNotReady()
        json = view.to_json()
        return PartyVideo(
            id=view.id,
            title=view.title,
            duration_s=view.duration_s,
            playback_url=view.playback_url,
            transcode_job=json["transcode_job"],
        )

    def learn_duration(self, video_id: UUID, duration_s: float, user_id: UUID) -> None:
        """Keep the length in s for later parties, if this person registered the video.

        Nobody else's word counts beyond the party: a stranger may host one of their own with the same video.
        """
        self._videos.learn_duration(video_id, duration_s, user_id)
