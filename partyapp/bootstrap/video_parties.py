"""Where films meet parties: grants, and telling a party what has become of its film."""

from collections.abc import Callable, Collection
from uuid import UUID

import msgspec

from partyapp.bootstrap.publishing import publish
from partyapp.party.infrastructure.shown_videos import ShownVideos
from partyapp.party.live.room_videos import video_publisher
from partyapp.queue.infrastructure import PostgresQueues
from partyapp.queue.live import QueueChanged
from partyapp.realtime.pubsub.redis_pubsub import room_channel
from partyapp.shared.kernel.clock import WallClock
from partyapp.shared.ops.settings import Settings
from partyapp.shared.storage.database import Transactions
from partyapp.shared.storage.live_redis import LiveRedis
from partyapp.transcode.domain.media_grant import SignedGrants


def build_grants(settings: Settings) -> SignedGrants:
    """What makes and reads the grants of this deployment."""
    base = settings.public_url or ""
    return SignedGrants(settings.secret_key, WallClock(), base, settings.previous_secret_key)


def build_shown_videos(transactions: Transactions, grants: SignedGrants, live: LiveRedis) -> ShownVideos:
    """Which parties show a video. Telling them goes over Redis; without it they learn of it on joining."""
    tell = _publisher(live)
    queued = QueuedInParties(PostgresQueues(transactions), tell)
    return ShownVideos(transactions, grants, video_publisher(tell), queued)


class QueuedInParties:
    """`QueuedVideos`: what queues have to do with a film that changes."""

    def __init__(self, queues: PostgresQueues, publish: Callable[[UUID, msgspec.Struct], None]) -> None:
        self._queues = queues
        self._publish = publish
        self.videos_in = queues.videos_in

    def changed(self, video_id: UUID) -> None:
        """Tell the parties that have it in their queues."""
        self._tell(self._queues.parties_with(video_id))

    def removed(self, video_id: UUID) -> None:
        """Take it out of all queues, and tell their parties."""
        self._tell(self._queues.forget_video(video_id))

    def _tell(self, party_ids: Collection[UUID]) -> None:
        for party_id in party_ids:
            self._publish(party_id, QueueChanged(party=party_id))


def _publisher(live: LiveRedis) -> Callable[[UUID, msgspec.Struct], None]:
    return lambda party_id, message: publish(live, room_channel(party_id), message)
