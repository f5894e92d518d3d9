"""Two processes and what they know of each other's players, late: nobody who is there is taken for gone."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count
from typing import Any
from unittest import mock
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from partyapp.party.application.commands import SettleWaitCommand
from partyapp.party.domain.playback import PlaybackAction
from partyapp.party.domain.settings import PartySettings, WaitFor, WaitRule
from partyapp.party.live import room_waits
from partyapp.party.live.member_sync import MemberSync, MemberSyncState
from partyapp.party.live.replica import PartyReplica
from partyapp.party.live.rest_members import RestMembers
from partyapp.party.live.room_messages import RoomEvent
from partyapp.party.live.room_state import RoomState
from partyapp.party.live.room_waits import RoomWaits
from partyapp.realtime.rooms import Hub
from tests.support.examples import examples
from tests.support.fakes_party import FixedSchedule, InMemoryPresence
from tests.support.live_env import Line
from tests.support.party_objects import T0, created, film, host_of, member_of

RULE = WaitRule(waits_for=WaitFor.EVERYONE, grace_s=0.2, limit_s=60.0, budget_s=500.0)
LEAD_MS = 100.0
#: A and B stay where they are, C goes from one to another.
A, B, C = UUID(int=11), UUID(int=12), UUID(int=13)


class World:
    """A party in the database, two processes, and a bus that delivers late but in order.

    It stands in for gevent: what is spawned runs when its time has come.
    """

    def __init__(self, delays_ms: list[float], phases_ms: list[float]) -> None:
        self.clock: Any = FixedSchedule(T0)
        self._due: list[tuple[float, int, Callable[[], object]]] = []
        self._order = count()
        self._delays = delays_ms
        self._sent = 0
        self.session = created(settings=PartySettings(wait=RULE), video=film(duration_s=90_000.0))
        self.session.control(
            PlaybackAction.PLAY,
            host_of(self.session),
            at_ms=T0,
            lead_ms=0.0,
            position_s=None,
            rate=None,
            expected_revision=None,
        )
        self.log: list[Any] = []
        self.processes = [Process(self, name, phase) for name, phase in zip("PQ", phases_ms, strict=True)]

    def spawn(self, work: Callable[..., object], *arguments: Any) -> None:
        self.spawn_later(0.0, work, *arguments)

    def spawn_later(self, seconds: float, work: Callable[..., object], *arguments: Any) -> None:
        due_ms = self.clock.time_ms + seconds * 1000.0
        heapq.heappush(self._due, (due_ms, next(self._order), lambda: work(*arguments)))

    def run(self, for_ms: float) -> None:
        until_ms = self.clock.time_ms + for_ms
        while self._due and self._due[0][0] <= until_ms:
            self.clock.time_ms, _, work = heapq.heappop(self._due)
            work()
        self.clock.time_ms = until_ms

    def publish(self, deliver: Callable[[Process], object]) -> None:
        """One after the other to each process, as by a subscription."""
        for process in self.processes:
            delay_ms = self._delays[self._sent % len(self._delays)]
            self._sent += 1
            process.heard_ms = max(process.heard_ms, self.clock.time_ms + delay_ms)
            wait_s = (process.heard_ms - self.clock.time_ms) / 1000.0
            self.spawn_later(wait_s, deliver, process)

    def told(self) -> list[tuple[str, Any]]:
        """What was committed."""
        return [(event.type, event.data()) for event in self.log]

    def settle(self, process: Process, command: SettleWaitCommand) -> bool:
        if process.state.replica.state.revision != self.session.state.revision:
            return False
        known = len(self.session.events)
        if not self.session.settle(command.players, at_ms=self.clock.time_ms, lead_ms=LEAD_MS):
            return False
        events, state = self.session.events[known:], self.session.state
        self.log += events
        self.publish(lambda heard: heard.takes(state, events))
        return True


class Process:
    """One of them. Its room stays open."""

    def __init__(self, world: World, name: str, phase_ms: float) -> None:
        self.world, self.name, self.heard_ms = world, name, 0.0
        self.rest, self.hub = RestMembers(), Hub[RoomState]()
        party = world.session.state
        members = [host_of(world.session), *(member_of(world.session, user) for user in (A, B, C))]
        self.state = RoomState(PartyReplica(party, members))
        self.hub.open(party.id, self.state)
        self.lines: dict[UUID, Line] = {}
        self.waits = RoomWaits(self.hub, self.rest, world.clock, InMemoryPresence(), self._publish, name)
        self.waits.settle_by(self)
        world.spawn_later(phase_ms / 1000.0, self.each_second)

    def settle(self, command: SettleWaitCommand) -> bool:
        return self.world.settle(self, command)

    def _publish(self, _: UUID, message: Any) -> None:
        self.world.publish(lambda process: process.waits.receive(message))

    def takes(self, state: Any, events: Any) -> None:
        self.state.replica.state = state
        told = [
            RoomEvent(
                revision=each.revision, type=each.type, at_ms=each.at_ms, actor_id=None, data=each.data()
            )
            for each in events
        ]
        self.waits.sent(state.id, told)

    def each_second(self) -> None:
        self.waits.each_second()
        members: dict[UUID, MemberSync] = {user: None for user, _ in self.state.sync_states.values()}
        members |= dict.fromkeys(self.rest.members(self.state.replica.state.id, self.world.clock.time_ms))
        self.state.published = members

        def hear(process: Process) -> None:
            if process is not self:
                process.state.remote[self.name] = (self.world.clock.time_ms, members)

        self.world.publish(hear)
        self.world.spawn_later(1.0, self.each_second)

    def reports(self, user: UUID, player: str, by: str) -> None:
        """A member's player says what it does, at the party's place."""
        party, now_ms = self.state.replica.state, self.world.clock.time_ms
        if by == "requests":
            sync, _ = self.rest.seen(party.id, user, now_ms)
        else:
            line = self.lines.setdefault(user, Line())
            _, sync = self.state.sync_states.setdefault(line, (user, MemberSyncState()))
        target_s = party.playback.position_at(now_ms, party.video.duration_s)
        sync.state, sync.active_ms = player, now_ms
        sync.follow(party, target_s, player, target_s, now_ms)
        if by == "requests":
            self.waits.followed(party)
        else:
            self.waits.touch(party.id)

    def closes(self, user: UUID) -> None:
        self.state.sync_states.pop(self.lines.pop(user))
        self.waits.touch(self.state.replica.state.id)


Place = tuple[int, str]
PLACES = st.tuples(st.integers(0, 1), st.sampled_from(["requests", "socket"]))


class Wanderer:
    """C, who is at one place after another, and for a moment at none."""

    def __init__(self, world: World, place: Place) -> None:
        self.world, self.place = world, place

    def reports(self, player: str) -> None:
        number, by = self.place
        self.world.processes[number].reports(C, player, by)

    def moves(self, place: Place, gap_ms: float) -> None:
        if place != self.place and self.place[1] == "socket":
            self.world.processes[self.place[0]].closes(C)
        self.world.run(gap_ms)
        self.place = place

    def loads(self, for_s: float) -> None:
        for _ in range(int(for_s / 0.3)):
            self.reports("buffering")
            self.world.run(300.0)


@settings(max_examples=examples(60))
@given(
    delays_ms=st.lists(st.sampled_from([0.5, 2.0, 30.0, 250.0, 600.0]), min_size=1, max_size=7),
    phases_ms=st.lists(st.floats(0.0, 999.0), min_size=2, max_size=2),
    before_ms=st.sampled_from([0.0, 10.0, 150.0, 900.0, 3000.0]),
    gap_ms=st.sampled_from([0.0, 40.0, 1000.0]),
    places=st.lists(PLACES, min_size=2, max_size=4),
)
def test_who_loads_is_waited_for_once_wherever_they_go_and_no_longer_than_they_load(
    delays_ms: list[float], phases_ms: list[float], before_ms: float, gap_ms: float, places: list[Place]
) -> None:
    """Whether they go on by requests or by another socket, of whichever process."""
    world = World(delays_ms, phases_ms)
    with mock.patch.object(room_waits, "gevent", world):
        for process, user in zip(world.processes, (A, B), strict=True):
            process.reports(user, "playing", "socket")
        wanderer = Wanderer(world, places[0])
        wanderer.reports("playing")
        world.run(before_ms)
        wanderer.moves(places[1], gap_ms)
        wanderer.reports("playing")
        for place in places[1:]:
            wanderer.moves(place, gap_ms)
            wanderer.loads(4.0)
            held = world.session.state.playback.held
            assert held is not None, world.told()
            assert held.waits_for == (C,)
        assert len(world.log) == 1, world.told()
        for _ in range(20):
            wanderer.reports("paused")
            for process, user in zip(world.processes, (A, B), strict=True):
                process.reports(user, "paused", "socket")
            world.run(300.0)
        assert world.session.state.playback.held is None, world.told()
        assert [event.data().get("reason") for event in world.log] == ["members", "ready"]
