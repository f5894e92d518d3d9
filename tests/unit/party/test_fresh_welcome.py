"""A fresh welcome for who read so slowly that changes were dropped, and who gets none."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from partyapp.party.live.member_connection import MemberConnection
from partyapp.party.live.pace import OFTEN_MS, Pace
from partyapp.realtime.rooms import DeviceKey
from partyapp.realtime.websocket.connection_limit import ConnectionLimit, ConnectionSlot
from partyapp.realtime.websocket.frames import CloseCode
from partyapp.shared.kernel.errors import Unavailable
from partyapp.shared.kernel.ids import new_id
from tests.support.live_env import Line, LiveEnv


@pytest.fixture
def env() -> LiveEnv:
    return LiveEnv()


def test_a_fresh_welcome_for_who_was_too_slow(env: LiveEnv) -> None:
    line, room = env.enter()
    env.join.renew(line, room, env.store.session.state.host_id)
    assert (line.renewed, line.messages[-1]["type"]) == (1, "welcome")
    assert line.messages[-1]["pace"]["ping_ms"] == OFTEN_MS


def test_a_fresh_welcome_says_the_pace_that_was_asked_for(env: LiveEnv) -> None:
    line, room = env.enter()
    ((_, sync),) = room.state.sync_states.values()
    sync.pace_rule.pace = Pace(4000, 8000)
    env.join.renew(line, room, env.store.session.state.host_id)
    assert line.messages[-1]["pace"] == {"ping_ms": 4000, "status_ms": 8000}


def test_who_has_gone_meanwhile_is_sent_no_fresh_welcome(env: LiveEnv) -> None:
    host_id = env.store.session.state.host_id
    line, room = env.enter()
    env.store.after_reading = lambda: env.join.leave(room, DeviceKey(host_id, None), line)
    env.join.renew(line, room, host_id)
    assert line.renewed == 0


def test_who_cannot_be_renewed_is_sent_away_to_come_again(env: LiveEnv) -> None:
    """Otherwise it would stay connected and be sent nothing more."""
    line: Any = Line()
    names = ("touch", "request_presence")
    presence_publisher: Any = SimpleNamespace(**dict.fromkeys(names, id), came=lambda *_: None)
    member = MemberConnection(
        join=env.join,
        presence_publisher=presence_publisher,
        clock=env.clock,
        connection=line,
        party_id=env.store.id,
        device_key=DeviceKey(env.store.session.state.host_id, None),
        slot=ConnectionSlot(ConnectionLimit(1), new_id(), None),
    )
    earlier = env.store.whole(env.store.id)
    assert earlier is not None
    member.enter(None, earlier)
    env.store.error = Unavailable()
    member.renew()
    assert line.closed_with == [CloseCode.RESTART]
