"""A party of thousands, and a process with some of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any
from uuid import UUID

from partyapp.party.application.views import LISTED
from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.live.presence_exchange import ProcessPresence
from partyapp.party.live.room_state import RoomState
from partyapp.realtime.rooms import Room
from partyapp.shared.kernel.clock import FixedClock
from tests.support.live_env import Line, LiveEnv
from tests.support.party_objects import T0
from tests.support.presence_env import presence_publisher

IN_SYNC = {
    "offset_bound_ms": 1.0, "drift_ms": 2.0, "rtt_ms": 9.0, "state": "playing", "verdict": "in_sync",
}  # fmt: skip
OUT = {**IN_SYNC, "drift_ms": 900.0, "verdict": "out_of_sync"}


@cache
def user(number: int) -> UUID:
    """The member who joined as number so and so."""
    return UUID(int=number)


def heard_of(line: Line) -> set[UUID]:
    """Whom presence has told of."""
    return {UUID(one["user_id"]) for message in line.of("presence") for one in message["members"]}


class Nowhere:
    """In place of Redis: nothing is kept."""

    def write(self, process_id: str, rooms: Mapping[UUID, Any]) -> None:
        """Nothing is kept."""


class Crowd:
    """A party of so many members, and a process with some of them."""

    def __init__(self, members: int) -> None:
        self.env = LiveEnv()
        store = self.env.store
        self.host_id = store.session.state.host_id
        for number in range(1, members):
            store.members[user(number)] = PartyMember.new(store.id, user(number), "Grace", T0 + number)
        state = replace(store.session.state, member_count=members, max_members=20_000)
        store.session = SyncedPartySession.reconstitute(state)
        self.clock = FixedClock(T0)
        nowhere: Any = Nowhere()
        bus: Any = self.env.bus
        self.publisher = presence_publisher(self.env.hub, self.clock, nowhere, bus, host_grace_ms=600_000.0)

    def enter(self, user_id: UUID) -> Line:
        """A member's socket comes in."""
        line, _ = self.env.enter(user_id)
        self.publisher.touch(self.env.store.id)
        assert isinstance(line, Line)
        return line

    @property
    def room(self) -> Room[RoomState]:
        """The room."""
        room = self.env.hub.room(self.env.store.id)
        assert room is not None
        return room

    def room_or_first(self, user_id: UUID) -> Room[RoomState]:
        """The room, which the first to come opens."""
        room = self.env.hub.room(self.env.store.id)
        if room is None:
            self.enter(user_id)
        return self.room

    def elsewhere(self, syncs: Mapping[UUID, Any], verdicts: str = "") -> None:
        """Another process has these members connected."""
        first = {one: T0 + one.int for one in sorted(syncs)[:LISTED]}
        told = {one: sync if one in first else None for one, sync in syncs.items()}
        self.publisher.exchange.receive(
            ProcessPresence(
                party=self.room.id, process="two", members=told, lead_ms=None, first=first, verdicts=verdicts
            )
        )

    def seconds(self, number: int) -> None:
        """Time goes on."""
        for _ in range(number):
            self.clock.advance(1000)
            self.publisher.touch(self.room.id)
            self.publisher.each_second()
