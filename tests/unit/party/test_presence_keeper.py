"""How a process's rooms are written anew: in time, and never all in one second."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import gevent
import pytest

from partyapp.party.infrastructure.playback.party_room import PartyRoom
from partyapp.party.infrastructure.playback.presence import REFRESH_MS, STALE_MS
from partyapp.party.infrastructure.playback.presence_keeper import PresenceKeeper
from partyapp.party.infrastructure.services.party_copy import PartyCopy
from partyapp.realtime.room import Hub
from partyapp.shared.clock import FixedClock
from partyapp.shared.ids import new_id
from tests.support.party_objects import T0, created

ROOMS = 200


class Written:
    """In place of Redis: when each room was written, in s."""

    def __init__(self, clock: FixedClock) -> None:
        self.clock = clock
        self.at_s: dict[UUID, list[float]] = {}

    def write(self, process_id: str, rooms: Mapping[UUID, Any]) -> None:
        for room in rooms:
            self.at_s.setdefault(room, []).append((self.clock.now_ms() - T0) / 1000)


class Told:
    """In place of the bus: what the other processes are told."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    def publish(self, channel: str, payload: bytes) -> None:
        self.messages.append(json.loads(payload))


@pytest.fixture
def evening() -> tuple[PresenceKeeper, Written, FixedClock]:
    """Many rooms that were opened in the same moment."""
    hub, clock = Hub(), FixedClock(T0)
    for _ in range(ROOMS):
        state = created().state
        playback = {"state": "paused", "position_s": 0.0, "rate": 1.0, "at_ms": T0, "revision": 1}
        hub.open(new_id(), 1, PartyRoom(playback, 600.0, str(state.host_id), PartyCopy(state, [])))
    written = Written(clock)
    keeper = PresenceKeeper(hub, clock, written, "one", lambda *_: None, 600_000.0)  # type: ignore[arg-type]
    keeper.bus = Told()  # type: ignore[assignment]
    return keeper, written, clock


def test_rooms_of_the_same_moment_are_not_written_in_the_same_second(
    evening: tuple[PresenceKeeper, Written, FixedClock],
) -> None:
    keeper, written, clock = evening
    for _ in range(120):
        clock.advance(1000)
        keeper.each_second()
        gevent.sleep(0)
    seconds = Counter(at_s for times in written.at_s.values() for at_s in times)
    assert max(seconds.values()) <= ROOMS / 10
    assert len(written.at_s) == ROOMS
    for times in written.at_s.values():
        pauses = [later - earlier for earlier, later in itertools.pairwise(times)]
        assert max(pauses) <= 1.5 * REFRESH_MS / 1000 + 1 < STALE_MS / 1000 / 1.5
        assert times[-1] > 120 - 1.5 * REFRESH_MS / 1000 - 1
