"""A tick goes to every room, and holds no command up."""

from __future__ import annotations

import gevent

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
