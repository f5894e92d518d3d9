"""The video catalogue: what the transcode context has, as the party needs it."""

from collections.abc import Callable
from uuid import UUID

from partyapp.party.domain.errors import VideoNotReady
from partyapp.party.domain.state import PartyVideo
from partyapp.shared.kernel.errors import ValidationFailed
from partyapp.transcode.contract import VideoView


class VideoCatalogue:
    """Answers whether a video can be played, through the transcode context's own reading."""

    def __init__(self, find: Callable[[UUID], VideoView | None]) -> None:
        self._find = find

    def playable(self, video_id: UUID) -> PartyVideo:
        """The video. Raises `ValidationFailed` for an unknown one, `VideoNotReady` for an unfinished one."""
        view = self._find(video_id)
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
