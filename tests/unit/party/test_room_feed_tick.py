"""A tick goes to every room, and holds no command up."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import gevent
import pytest

from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.live.room_feed import PORTION, SOCKETS
from partyapp.realtime.rooms import DeviceKey
from partyapp.realtime.websocket.frames import CloseCode
from partyapp.shared.kernel.ids import new_id
from tests.support.live_env import Line, LiveEnv
from tests.support.socket_pairs import run_until


def test_a_tick_of_many_rooms_leaves_turns_for_a_command() -> None:
    env = LiveEnv()
    line, room = env.enter()
    for _ in range(3 * PORTION):
        env.hub.open(new_id(), room.state)
    ticking = gevent.spawn(env.feed.tick)
    run_until(lambda: "tick" in [message["type"] for message in line.messages])
    assert not ticking.dead
    env.feed.announce(env.store.join())
    assert line.messages[-1]["type"] == "event"
    assert not ticking.dead, "the command did not wait for the end of the tick"
    ticking.join()


def test_a_tick_of_a_large_room_leaves_turns_for_a_command_and_is_never_older_than_it() -> None:
    env = LiveEnv()
    first, room = env.enter()
    lines = [Line() for _ in range(3 * SOCKETS)]
    for line in lines:
        env.hub.add(room, DeviceKey(new_id(), None), line)
    ticking = gevent.spawn(env.feed.tick)
    run_until(lambda: first.of("tick"))
    assert not lines[-1].of("tick")
    env.feed.announce(env.store.join())
    revision = lines[-1].messages[-1]["event"]["revision"]
    ticking.join()
    assert first.of("tick")[0]["revision"] == revision - 1
    assert [line.of("tick")[0]["revision"] for line in lines[-SOCKETS:]] == [revision] * SOCKETS
    assert {len(line.of("tick")) for line in lines} == {1}


def test_events_that_cant_be_read_keep_no_room_from_its_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    env = LiveEnv()
    line, _ = env.enter()
    env.store.join()

    def unreadable(*_: object) -> None:
        raise ValueError("no event")

    monkeypatch.setattr(env.store, "events_with_commands", unreadable)
    env.feed.tick()
    assert line.messages[-1]["type"] == "tick"


def test_a_room_that_is_ahead_of_postgres_starts_over() -> None:
    """A backup was restored, or a standby took over without the latest commits."""
    env = LiveEnv()
    line, room = env.enter()
    before, log = SyncedPartySession.reconstitute(env.store.session.state), list(env.store.log)
    env.feed.announce(env.store.join())
    env.store.session, env.store.log = before, log
    env.feed.tick()
    assert line.closed_with == [CloseCode.RESTART]
    assert env.hub.room(env.store.id) is None
    assert not env.bus.channels
    again, anew = env.enter(last_revision=room.state.revision)
    assert again.messages[0]["party"]["revision"] == before.state.revision == anew.state.revision
    env.join.leave(room, DeviceKey(before.state.host_id, None), line)
    assert env.hub.room(env.store.id) is anew, "the one that ends late takes nothing along"


def test_a_commit_during_the_reading_is_no_step_back(monkeypatch: pytest.MonkeyPatch) -> None:
    env = LiveEnv()
    line, _ = env.enter()
    read = env.store.revisions

    def slow(party_ids: Sequence[UUID]) -> dict[UUID, int]:
        found = read(party_ids)
        env.feed.announce(env.store.join())
        return found

    monkeypatch.setattr(env.store, "revisions", slow)
    env.feed.tick()
    assert not line.closed_with
