"""A connection is welcomed with what its handshake read, unless the party has moved on since."""

from __future__ import annotations

from uuid import UUID

import pytest

from partyapp.party.domain.errors import NotAMember
from partyapp.realtime.pubsub.redis_pubsub import room_channel
from partyapp.realtime.websocket.frames import CloseCode
from tests.support.live_env import Line, LiveEnv
from tests.support.party_objects import T0
from tests.support.socket_pairs import run_until


@pytest.fixture
def env() -> LiveEnv:
    return LiveEnv()


def test_what_was_read_earlier_is_not_read_again(env: LiveEnv) -> None:
    earlier = env.store.whole(env.store.id)
    env.store.readings = 0
    for _ in range(2):
        line, room = env.enter(reading=earlier)
        assert line.of("welcome")[0]["party"]["revision"] == room.state.revision == 1
    assert env.store.readings == 0


@pytest.mark.parametrize("last_revision", [None, 1])
def test_a_party_that_moved_on_since_the_door_is_read_again(env: LiveEnv, last_revision: int | None) -> None:
    env.enter()
    earlier = env.store.whole(env.store.id)
    env.feed.announce(env.store.join())
    line, room = env.enter(reading=earlier, last_revision=last_revision)
    assert [message["party"]["revision"] for message in line.of("welcome")] == [2] == [room.state.revision]


def test_who_left_after_the_handshake_is_closed(env: LiveEnv) -> None:
    guest = env.store.join().events[0].data["user_id"]
    env.enter()
    earlier = env.store.whole(env.store.id)
    member = env.store.members[UUID(guest)]
    env.store.members[UUID(guest)] = env.store.session.leave(member, None, T0 + 9)
    env.feed.announce(env.store.commit())
    line = Line()
    with pytest.raises(NotAMember):
        env.enter(UUID(guest), line=line, reading=earlier)
    assert line.closed_with == [CloseCode.REMOVED]


def test_a_room_that_was_opened_with_an_old_reading_catches_up_once_it_is_subscribed(env: LiveEnv) -> None:
    earlier = env.store.whole(env.store.id)
    env.store.join()
    line, room = env.enter(reading=earlier)
    assert room.state.revision == 1
    env.feed.subscribed(room_channel(env.store.id))
    run_until(lambda: room.state.revision == 2)
    assert line.revisions == [2]
