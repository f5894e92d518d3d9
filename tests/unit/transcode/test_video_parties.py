"""Telling a party what has become of its film goes over Redis, and without Redis it is let be."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
import redis

from partyapp.bootstrap.video_parties import _publisher, build_grants
from partyapp.party.live.room_videos import PartyVideoChanged, video_publisher
from partyapp.realtime.pubsub.redis_pubsub import room_channel
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.ops.settings import Settings


class Live:
    """The live Redis, or one that is gone."""

    def __init__(self, error: Exception | None = None) -> None:
        self.published: list[tuple[str, bytes]] = []
        self._error = error

    def publish(self, channel: str, payload: bytes) -> None:
        if self._error is not None:
            raise self._error
        self.published.append((channel, payload))


def tell(live: Any, party_id: UUID) -> None:
    video_publisher(_publisher(live))(party_id, {"id": "v"})


def test_it_goes_to_the_partys_channel() -> None:
    live, party_id = Live(), new_id()
    tell(live, party_id)
    [(channel, payload)] = live.published
    assert channel == room_channel(party_id)
    message = msgspec.json.decode(payload, type=PartyVideoChanged)
    assert message == PartyVideoChanged(party=party_id, video={"id": "v"})


def test_without_redis_it_is_let_be() -> None:
    tell(Live(redis.ConnectionError()), new_id())


def test_grants_are_the_deployments_own() -> None:
    settings = Settings(database_url="x", redis_url="redis://x", secret_key="a" * 40)
    video, person = new_id(), new_id()
    grants = build_grants(settings)
    grant = grants.for_person(video, person)
    assert grants.for_person(video, person) == grant
    assert grants.read(grant) is not None
    other = Settings(database_url="x", redis_url="redis://x", secret_key="b" * 40)
    assert build_grants(other).read(grant) is None
