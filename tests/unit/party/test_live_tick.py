"""A tick repeats the truth to every room, and holds nobody up."""

from __future__ import annotations

import gevent

from partyapp.party.infrastructure.playback.live_parties import PORTION
from partyapp.shared.ids import new_id
from tests.support.live_house import LiveHouse
from tests.support.socket_pairs import run_until


def test_a_tick_of_many_rooms_leaves_turns_for_a_command() -> None:
    house = LiveHouse()
    line, room = house.enter()
    for _ in range(3 * PORTION):
        house.hub.open(new_id(), 1, room.memory)
    ticking = gevent.spawn(house.live.tick)
    run_until(lambda: "tick" in [message["type"] for message in line.messages])
    assert not ticking.dead
    house.live.committed(house.truth.join())
    assert line.messages[-1]["type"] == "event"
    assert not ticking.dead, "the command did not wait for the end of the tick"
    ticking.join()
