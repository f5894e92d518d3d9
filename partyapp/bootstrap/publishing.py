"""Messages to the web processes, as far as Redis is there; a tick or a reading makes up for what is lost."""

import msgspec

from partyapp.realtime.messages import encode
from partyapp.shared.storage.live_redis import LiveRedis
from partyapp.shared.storage.redis_client import RedisGone


def publish(live: LiveRedis, channel: str, message: msgspec.Struct) -> None:
    """Publish the message, or lose it while Redis is gone."""
    try:
        live.publish(channel, encode(message))
    except RedisGone:
        return
