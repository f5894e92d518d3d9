"""How a process's rooms are written anew: in time, and never all in one second."""

from __future__ import annotations

import itertools
import json
import logging
from collections import Counter
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import gevent
import pytest

from partyapp.party.live.presence import REFRESH_MS, STALE_MS
from partyapp.party.live.presence_publisher import PresencePublisher
from partyapp.party.live.replica import PartyReplica
from partyapp.party.live.room_state import RoomState
from partyapp.realtime.rooms import Hub
from partyapp.shared.kernel.clock import FixedClock
from partyapp.shared.kernel.ids import new_id
from tests.support.party_objects import T0, created
from tests.support.presence_env import RecordedAttendance, presence_publisher
from tests.support.socket_pairs import run_until

ROOMS = 200


class Written:
    """In place of Redis: when each room was written, in s."""

    def __init__(self, clock: FixedClock) -> None:
        self.clock = clock
        self.at_s: dict[UUID, list[float]] = {}

    def write(self, process_id: str, rooms: Mapping[UUID, Any]) -> None:
        for room in rooms:
            self.at_s.setdefault(room, []).append((self.clock.now_ms() - T0) / 1000)


class Published:
    """In place of the bus: what the other processes are sent."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    def publish(self, channel: str, payload: bytes) -> None:
        self.messages.append(json.loads(payload))


@pytest.fixture
def publisher() -> tuple[PresencePublisher, Written, FixedClock]:
    """Many rooms that were opened in the same moment."""
    hub: Hub[RoomState] = Hub()
    clock = FixedClock(T0)
    for _ in range(ROOMS):
        hub.open(new_id(), RoomState(PartyReplica(created().state, [])))
    written = Written(clock)
    return presence_publisher(hub, clock, written, Published(), host_grace_ms=600_000.0), written, clock


@pytest.mark.thorough
def test_rooms_of_the_same_moment_are_not_written_in_the_same_second(
    publisher: tuple[PresencePublisher, Written, FixedClock],
) -> None:
    presences, written, clock = publisher
    for _ in range(120):
        clock.advance(1000)
        presences.each_second()
        gevent.sleep(0)
    seconds = Counter(at_s for times in written.at_s.values() for at_s in times)
    assert max(seconds.values()) <= ROOMS / 10
    assert len(written.at_s) == ROOMS
    for times in written.at_s.values():
        pauses = [later - earlier for earlier, later in itertools.pairwise(times)]
        assert max(pauses) <= 1.5 * REFRESH_MS / 1000 + 1 < STALE_MS / 1000 / 1.5
        assert times[-1] > 120 - 1.5 * REFRESH_MS / 1000 - 1


def test_a_party_whose_presence_fails_keeps_no_other_from_being_told_of(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nor from having its host's lease renewed, after which the host would count as gone."""
    hub: Hub[RoomState] = Hub()
    clock, store = FixedClock(T0), RecordedAttendance()
    rooms = [hub.open(new_id(), RoomState(PartyReplica(created().state, []))) for _ in range(3)]
    written = Written(clock)
    presences = presence_publisher(hub, clock, written, Published(), store=store)
    bad, *good = [room.id for room in rooms]
    own_share = presences._own_share

    def fails_for_one(party_id: UUID, now_ms: float) -> Any:
        if party_id == bad:
            raise KeyError("a bug")
        return own_share(party_id, now_ms)

    monkeypatch.setattr(presences, "_own_share", fails_for_one)
    for party_id in (bad, *good):
        presences.came(party_id, new_id())
    clock.advance(STALE_MS)
    with caplog.at_level(logging.ERROR):
        presences.each_second()
        run_until(lambda: store.visited)
        presences._write_changed()
    assert set(written.at_s) == set(good)
    assert sorted(store.visited) == sorted((bad, *good)), "the rest of the second is done"
    assert len(caplog.records) >= 2
