"""The video catalogue: what the transcode context has, as the party needs it."""

from typing import Protocol
from uuid import UUID

from partyapp.party.domain.errors import VideoNotReady
from partyapp.party.domain.state import PartyVideo
from partyapp.shared.kernel.errors import ValidationFailed
from partyapp.transcode.contract import VideoView


class VideoReader(Protocol):
    """The transcode context's own reading."""

    def get(self, video_id: UUID) -> VideoView | None: ...


class VideoCatalogue:
    """`VideoCataloguePort`: whether a video can be played, by the transcode context's word."""

    def __init__(self, videos: VideoReader) -> None:
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
