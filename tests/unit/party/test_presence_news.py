"""When a room hears of its members' sync: news at once, small changes together now and then, silence too."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from partyapp.party.live.member_connection import MemberConnection
from partyapp.party.live.member_sync import SILENT_MS, MemberSyncState
from partyapp.party.live.pace import OFTEN_MS
from partyapp.party.live.small_changes import REPEAT_AFTER_MS
from partyapp.realtime.rooms import DeviceKey
from partyapp.realtime.websocket.connection_limit import ConnectionLimit, ConnectionSlot
from partyapp.shared.kernel.clock import FixedClock
from tests.support.live_env import Line, LiveEnv
from tests.support.party_objects import T0, member_of
from tests.support.presence_env import presence_publisher


class Nowhere:
    """In place of Redis: nothing is kept."""

    def write(self, process_id: str, rooms: Any) -> None:
        """Nothing is kept."""


class Evening:
    """A party with members on this process, in one room."""

    def __init__(self, members: int = 3) -> None:
        self.env = LiveEnv()
        self.clock: Any = FixedClock(T0)
        nowhere: Any = Nowhere()
        bus: Any = self.env.bus
        self.publisher = presence_publisher(self.env.hub, self.clock, nowhere, bus, host_grace_ms=600_000.0)
        self.connections: list[MemberConnection] = []
        self.lines: list[Line] = []
        for number in range(members):
            self.enter(number)
        self.second()
        self.heard()

    def enter(self, number: int) -> None:
        """Another member comes in; the first is the host."""
        store, line = self.env.store, Line()
        user_id = store.session.state.host_id if number == 0 else UUID(int=number)
        if number:
            store.members[user_id] = member_of(store.session, user_id)
        subscriber: Any = line
        slot = ConnectionSlot(ConnectionLimit(9), user_id, None)
        connection = MemberConnection(
            join=self.env.join,
            presence_publisher=self.publisher,
            clock=self.clock,
            connection=subscriber,
            party_id=store.id,
            device_key=DeviceKey(user_id, None),
            slot=slot,
        )
        reading = store.whole(store.id)
        assert reading is not None
        connection.enter(None, reading)
        self.connections.append(connection)
        self.lines.append(line)

    def sync_of(self, number: int) -> MemberSyncState:
        """What is known of a member."""
        return self.connections[number]._sync_state

    def says(self, number: int, drift_ms: float) -> None:
        """A member's message: its picture is so far off."""
        sync = self.sync_of(number)
        sync.bound_ms, sync.rtt_ms, sync.drift_ms, sync.state = 1.0, 2.0, drift_ms, "playing"
        self.connections[number].active(self.clock.now_ms())

    def second(self) -> None:
        """A second goes by."""
        self.clock.advance(1000)
        self.publisher.each_second()

    def heard(self) -> list[list[dict[str, Any]]]:
        """The presence messages that the last member has heard since the last call."""
        messages = [message["members"] for message in self.lines[-1].of("presence")]
        self.lines[-1].messages.clear()
        return messages


@pytest.fixture
def evening() -> Evening:
    return Evening()


def test_what_others_want_to_see_is_told_within_a_second(evening: Evening) -> None:
    evening.says(0, 3.0)
    evening.second()
    (told,) = evening.heard()
    assert [(one["sync"]["verdict"], one["sync"]["drift_ms"]) for one in told] == [("in_sync", 3.0)]
    evening.says(0, 60.0)
    evening.second()
    assert [one["sync"]["drift_ms"] for one in evening.heard()[0]] == [60.0]


def test_a_message_that_says_nothing_new_has_nobody_looked_at(
    evening: Evening, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        evening.says(number, 3.0)
    evening.second()
    looks: list[UUID] = []
    look = evening.publisher._send_touched

    def counted(party_id: UUID, *rest: Any) -> None:
        looks.append(party_id)
        look(party_id, *rest)

    monkeypatch.setattr(evening.publisher, "_send_touched", counted)
    for _ in range(4):
        for number in range(3):
            evening.says(number, 4.0)
        evening.second()
    assert not looks
    evening.says(1, 99.0)
    evening.second()
    assert len(looks) == 1


def test_small_changes_of_all_are_told_in_one_message_before_long(evening: Evening) -> None:
    for number in range(3):
        evening.says(number, 3.0)
        evening.second()
    evening.heard()
    seconds, told = 0, list[list[dict[str, Any]]]()
    while not told:
        for number in range(3):
            evening.says(number, 4.0)
        evening.second()
        seconds += 1
        told = evening.heard()
        assert seconds <= REPEAT_AFTER_MS / 1000 + 2
    assert [len(message) for message in told] == [3]


def test_who_has_fallen_silent_is_unknown_to_the_others_though_nobody_says_anything(
    evening: Evening,
) -> None:
    for number in range(3):
        evening.says(number, 3.0)
    evening.second()
    evening.heard()
    seconds, told = 1, list[list[dict[str, Any]]]()
    while not told:
        evening.second()
        seconds += 1
        told = evening.heard()
        assert seconds * 1000 <= SILENT_MS + OFTEN_MS + 1000
    assert {one["sync"]["verdict"] for one in told[0]} == {"unknown"}
    for _ in range(3):
        evening.second()
    assert evening.heard() == [], "it is told once"
    evening.says(2, 3.0)
    evening.second()
    assert [one["sync"]["verdict"] for one in evening.heard()[0]] == ["in_sync"]


def test_who_has_been_off_for_long_enough_is_out_of_sync_by_the_clock(evening: Evening) -> None:
    """Whether or not they say anything more."""
    evening.says(0, 900.0)
    verdicts = []
    while "out_of_sync" not in verdicts:
        evening.second()
        verdicts += [one["sync"]["verdict"] for message in evening.heard() for one in message]
        assert len(verdicts) < 3
    assert verdicts == ["likely", "out_of_sync"]
