"""A tick goes to every room, and holds no command up."""

from __future__ import annotations

import gevent
import pytest

from partyapp.party.live.room_feed import PORTION
from partyapp.shared.kernel.ids import new_id
from tests.support.live_env import LiveEnv
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


def test_events_that_cant_be_read_keep_no_room_from_its_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    env = LiveEnv()
    line, _ = env.enter()
    env.store.join()

    def unreadable(*_: object) -> None:
        raise ValueError("no event")

    monkeypatch.setattr(env.store, "events_with_commands", unreadable)
    env.feed.tick()
    assert line.messages[-1]["type"] == "tick"
