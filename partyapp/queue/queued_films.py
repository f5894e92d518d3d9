"""The films of a queue, as the transcode context knows them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

from partyapp.transcode.contract import VideoView


class Catalogue(Protocol):
    """Whether a person may play a film to a party."""

    def playable(self, video_id: UUID, user_id: UUID, party_id: UUID) -> Any: ...


class Videos(Protocol):
    """The transcode context's own."""

    def of_ids(self, video_ids: Collection[UUID]) -> Sequence[VideoView]: ...


class QueuedFilms:
    """`QueueVideos` on the catalogue. `grant` makes what lets a party's members read a film's files, whose
    addresses begin with `base`."""

    def __init__(
        self, catalogue: Catalogue, videos: Videos, grant: Callable[[UUID, UUID], str], base: str = ""
    ) -> None:
        self._base = base
        self.playable = catalogue.playable
        self._videos = videos
        self._grant = grant

    def shown(self, video_ids: Collection[UUID], party_id: UUID) -> Mapping[UUID, dict[str, Any]]:
        """CONTRACT's Video of those that exist, with addresses for the party."""
        if not video_ids:
            return {}
        views = self._videos.of_ids(video_ids)
        return {view.id: view.to_json(self._grant(view.id, party_id), self._base) for view in views}
