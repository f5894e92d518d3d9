"""Where films meet parties: grants, and telling a party what has become of its film."""

from collections.abc import Callable
from uuid import UUID

import msgspec

from partyapp.bootstrap.publishing import publish
from partyapp.party.infrastructure.shown_videos import ShownVideos
from partyapp.party.live.room_videos import video_publisher
from partyapp.realtime.pubsub.redis_pubsub import room_channel
from partyapp.shared.kernel.clock import WallClock
from partyapp.shared.ops.settings import Settings
from partyapp.shared.storage.database import Transactions
from partyapp.shared.storage.live_redis import LiveRedis
from partyapp.transcode.domain.media_grant import SignedGrants


def build_grants(settings: Settings) -> SignedGrants:
    """What makes and reads the grants of this deployment."""
    return SignedGrants(settings.secret_key, WallClock())


def build_shown_videos(transactions: Transactions, grants: SignedGrants, live: LiveRedis) -> ShownVideos:
    """Which parties show a video. Telling them goes over Redis; without it they learn of it on joining."""
    return ShownVideos(transactions, grants, video_publisher(_publisher(live)))


def _publisher(live: LiveRedis) -> Callable[[UUID, msgspec.Struct], None]:
    return lambda party_id, message: publish(live, room_channel(party_id), message)
