"""What a member's socket says of their player: which of it counts."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from uuid import UUID

from partyapp.party.live.member_connection import MemberConnection
from partyapp.realtime.rooms import DeviceKey
from partyapp.realtime.websocket.connection_limit import ConnectionLimit, ConnectionSlot
from partyapp.shared.kernel.ids import new_id
from tests.support.live_env import Line, LiveEnv
from tests.support.party_objects import film


def watching(env: LiveEnv) -> MemberConnection:
    """The host's connection, in the room."""
    names = ("touch", "request_presence")
    presence_publisher: Any = SimpleNamespace(**dict.fromkeys(names, id), came=lambda *_: None)
    line: Any = Line()
    host_id = env.store.session.state.host_id
    slot = ConnectionSlot(ConnectionLimit(1), new_id(), None)
    member = MemberConnection(
        join=env.join,
        presence_publisher=presence_publisher,
        clock=env.clock,
        connection=line,
        party_id=env.store.id,
        device_key=DeviceKey(host_id, None),
        slot=slot,
    )
    reading = env.store.whole(env.store.id)
    assert reading is not None
    member.enter(None, reading)
    return member


def tells(env: LiveEnv, member: MemberConnection, video_id: UUID | None, duration_s: float) -> Any:
    """A status of now with a length of the film."""
    return member.status(
        1.0, "paused", 99, env.clock.now_ms(), duration_s=duration_s, video_id=video_id
    )  # fmt: skip


def test_a_status_of_another_film_says_nothing() -> None:
    env = LiveEnv()
    member = watching(env)
    room = env.hub.rooms[env.store.id]
    ((_, sync),) = room.state.sync_states.values()
    assert tells(env, member, new_id(), 95.0) is None
    assert (sync.state, room.state.durations()) == (None, {})
    shown_id = env.store.session.state.video.id
    assert tells(env, member, shown_id, 95.0).video_id == shown_id
    assert sync.state == "paused"


def test_the_length_of_the_film_before_says_nothing_of_the_next() -> None:
    env = LiveEnv()
    member = watching(env)
    room = env.hub.rooms[env.store.id]
    assert tells(env, member, None, 95.0)
    assert list(room.state.durations().values()) == [95.0]
    host = env.store.members[env.store.session.state.host_id]
    env.store.session.change_video(host, film(), at_ms=env.clock.now_ms(), lead_ms=100.0)
    env.feed.announce(env.store.commit())
    assert room.state.durations() == {}
