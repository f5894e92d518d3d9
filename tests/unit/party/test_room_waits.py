"""When a process looks at the waits of its parties, what it decides, and what it tells the others."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import gevent
import pytest

from partyapp.party.application.commands import SettleWaitCommand
from partyapp.party.contract import MEMBER_LEFT, MEMBER_REMOVED, PLAYBACK_HELD
from partyapp.party.domain.playback import HoldReason, PlaybackState, PlaybackStatus
from partyapp.party.domain.settings import PartySettings, WaitFor, WaitRule
from partyapp.party.domain.state import PartyStatus
from partyapp.party.live.member_sync import MemberSyncState
from partyapp.party.live.replica import PartyReplica
from partyapp.party.live.rest_members import RestMembers
from partyapp.party.live.room_messages import RoomEvent
from partyapp.party.live.room_players import PlayersTold, ToldPlayer
from partyapp.party.live.room_state import RoomState
from partyapp.party.live.room_waits import LEFT_MS, RoomWaits, is_concerned
from partyapp.realtime.rooms import Hub, Room
from partyapp.shared.kernel.errors import Unavailable
from tests.support.fakes_party import FixedSchedule, InMemoryPresence
from tests.support.live_env import Line
from tests.support.party_objects import DETAILS, T0, created, film, host_of, member_of, state

RULE = WaitRule(waits_for=WaitFor.EVERYONE, grace_s=0.05)
PLAYING = PlaybackState(status=PlaybackStatus.PLAYING, at_ms=T0)
A, B, C = UUID(int=11), UUID(int=12), UUID(int=13)


@dataclass
class Process:
    """A process with one room that plays; what it decides is kept."""

    rule: WaitRule = RULE
    settled: list[SettleWaitCommand] = field(default_factory=list)
    published: list[Any] = field(default_factory=list)
    error: Exception | None = None

    def __post_init__(self) -> None:
        self.hub: Hub[RoomState] = Hub()
        self.rest, self.presence = RestMembers(), InMemoryPresence()
        self.clock: Any = FixedSchedule(T0 + 1000.0)
        self.waits = RoomWaits(
            self.hub,
            self.rest,
            self.clock,
            self.presence,
            lambda _, message: self.published.append(message),
            "one",
        )
        self.waits.settle_by(self)
        session = created(settings=PartySettings(wait=self.rule))
        self.party = replace(session.state, playback=PLAYING)
        members = [host_of(session), *(member_of(session, user) for user in (A, B, C))]
        self.state = RoomState(PartyReplica(self.party, members))

    def open_room(self) -> Room[RoomState]:
        return self.hub.open(self.party.id, self.state)

    def stall(self, user: UUID, since_ms: float) -> None:
        sync = MemberSyncState()
        sync.state, sync.active_ms, sync.loads_since_ms = "buffering", self.clock.time_ms, since_ms
        self.state.sync_states[Line()] = (user, sync)

    def settle(self, command: SettleWaitCommand) -> bool:
        self.settled.append(command)
        if self.error is not None:
            raise self.error
        return False


@pytest.fixture
def process() -> Process:
    return Process()


def idle(seconds: float = 0.0) -> None:
    """The event loop goes on until everything that was begun is done."""
    gevent.sleep(seconds)
    gevent.idle()


def test_a_stall_is_settled_when_the_grace_is_over(process: Process) -> None:
    process.open_room()
    process.stall(A, T0 + 990)
    process.waits.touch(process.party.id)
    while not process.waits._alarms:
        idle(0.005)
    assert process.settled == []
    process.clock.time_ms = T0 + 1041
    while not process.settled:
        idle(0.005)
    assert process.settled[0].party_id == process.party.id
    assert process.settled[0].players == process.waits.players(process.party.id)


def test_who_is_woken_too_early_looks_again_when_it_is_time(process: Process) -> None:
    process.open_room()
    process.stall(A, T0 + 990)
    process.waits.touch(process.party.id)
    # gevent counts a `spawn_later` from when its caller was woken: by this clock all alarms come early.
    idle(4 * RULE.grace_s)
    assert process.settled == []
    process.clock.time_ms = T0 + 1041
    while not process.settled:
        idle(0.005)


def test_each_second_looks_too_and_a_failure_is_tried_again(process: Process) -> None:
    process.open_room()
    process.stall(A, T0 + 100)
    process.error = Unavailable("no Postgres")
    for tries in (1, 2):
        process.waits.each_second()
        idle()
        assert len(process.settled) == tries


def test_a_party_that_waits_for_nobody_costs_nothing() -> None:
    process = Process(WaitRule())
    process.open_room()
    process.state.remote["two"] = (T0, {B: None})
    process.stall(A, T0 + 100)
    process.waits.each_second()
    process.waits.touch(process.party.id)
    idle(0.05)
    assert (process.settled, process.published) == ([], [])


def test_what_concerns_a_party() -> None:
    assert not is_concerned(state())
    waits = PartySettings(wait=RULE)
    assert is_concerned(state(settings=waits))
    assert not is_concerned(state(settings=waits, status=PartyStatus.ENDED))
    assert is_concerned(state(playback=PLAYING.held_for(HoldReason.MEMBERS, (A,), 1.0)))
    assert is_concerned(state(video=film(details={**DETAILS, "state": "preparing", "ready_until_s": 40})))
    assert not is_concerned(state(video=film(details={**DETAILS, "state": "preparing"})))


def test_processes_tell_each_other_of_their_players(process: Process) -> None:
    process.open_room()
    process.stall(A, T0 + 999)
    process.waits.each_second()
    assert process.published == [], "nobody is connected elsewhere"
    process.state.remote["two"] = (T0, {B: None})
    process.waits.each_second()
    (told,) = process.published
    assert (told.process, told.at_ms, told.players) == ("one", T0, {A: ToldPlayer(T0 + 999, False, True)})
    loads = {B: ToldPlayer(T0 + 100, False, True)}
    message = PlayersTold(party=process.party.id, process="two", at_ms=T0, players=loads)
    process.waits.receive(message)
    idle()
    assert process.settled, "one elsewhere loads for longer than the grace"
    process.hub.rooms.clear()
    process.waits.each_second()
    process.waits.receive(message)
    assert process.waits._told == {}, "nothing is kept of a party without a room here"


def test_a_process_tells_who_is_ready_before_its_presence_does(process: Process) -> None:
    process.open_room()
    sync = MemberSyncState()
    sync.state, sync.ready_for_ms = "paused", T0
    process.state.sync_states[Line()] = (A, sync)
    process.state.remote["two"] = (T0, {B: None})
    process.waits.each_second()
    process.state.published = {A: None}
    process.waits.each_second()
    assert [set(told.players) for told in process.published] == [{A}, set()]


def test_a_process_tells_who_is_waited_for_and_not_with_it(process: Process) -> None:
    process.state.replica.state = replace(
        process.party, playback=PLAYING.held_for(HoldReason.MEMBERS, (A, B), 60_000.0)
    )
    process.open_room()
    process.stall(A, T0 + 999)
    process.state.remote["two"] = (T0, {C: None})
    process.waits.each_second()
    assert process.published[-1].gone == (B,)


def test_others_are_told_who_is_waited_for_though_none_is_known_yet(process: Process) -> None:
    """Another process's members are told of once a second; it hears of the wait at once."""
    room = process.open_room()
    process.stall(A, T0 + 999)
    held = PLAYING.held_for(HoldReason.MEMBERS, (A,), 60_000.0)
    process.state.replica.state = replace(process.party, playback=held)
    data: dict[str, Any] = {}
    event = RoomEvent(revision=2, type=PLAYBACK_HELD, at_ms=T0, actor_id=None, data=data)
    process.waits.sent(process.party.id, [event])
    while not process.published:
        idle(0.005)
    assert set(process.published[0].players) == {A}
    process.state.replica.state = process.party
    process.waits.each_second()
    assert len(process.published) == 1, "nobody is connected elsewhere"
    message = PlayersTold(party=room.id, process="two", at_ms=T0, players={})
    process.waits.receive(message)
    process.waits.each_second()
    assert len(process.published) == 2, "who tells of players is there"


def test_who_is_waited_for_and_not_heard_of_yet_has_not_left(process: Process) -> None:
    held = PLAYING.held_for(HoldReason.MEMBERS, (A,), 60_000.0)
    process.state.replica.state = replace(process.party, playback=held)
    process.open_room()
    process.state.remote["two"] = (T0, {B: None})
    process.clock.time_ms = T0 + 1000
    process.waits.each_second()
    idle()
    assert process.settled == [], "this process may hear of the wait first"
    process.clock.time_ms = T0 + LEFT_MS
    process.waits.each_second()
    idle()
    assert [set(settled.players or ()) for settled in process.settled] == [{B}]


@pytest.mark.parametrize("kind", [MEMBER_LEFT, MEMBER_REMOVED])
def test_who_is_no_member_any_more_is_waited_for_no_longer_though_the_socket_is_still_there(
    process: Process, kind: str
) -> None:
    """Until it has answered the close frame it is; here A's, and B's on another process."""
    held = PLAYING.held_for(HoldReason.MEMBERS, (A, B), 60_000.0)
    process.state.replica.state = replace(process.party, playback=held)
    room = process.open_room()
    process.stall(A, T0 + 999)
    process.state.remote["two"] = (T0, {B: None, C: None})
    assert set(process.waits.players(process.party.id)) == {A, B, C}
    for number, user in enumerate((A, B), start=1):
        data = {"user_id": str(user), "display_name": "Grace", "banned": True}
        event = RoomEvent(
            revision=process.party.revision + number, type=kind, at_ms=T0, actor_id=None, data=data
        )
        assert room.state.replica.apply(event)
        process.waits.sent(process.party.id, [event])
    while not process.settled:
        idle(0.005)
    (settled,) = process.settled
    assert settled.players is not None
    assert set(settled.players) == {C}
    assert process.published[-1].gone == (A, B)


def test_without_a_room_this_process_acts_only_if_all_follow_by_requests_to_it(process: Process) -> None:
    sync, _ = process.rest.seen(process.party.id, A, T0 + 1000)
    sync.state, sync.loads_since_ms = "buffering", T0 + 100
    for connected, acts in ((None, 0), ({A, B}, 0), ({A}, 1)):
        process.presence.users = None if connected is None else frozenset(connected)
        process.waits.followed(process.party)
        idle()
        assert len(process.settled) == acts
    assert {type(message) for message in process.published} == {PlayersTold}
    assert set(process.waits.players(process.party.id)) == {A}
