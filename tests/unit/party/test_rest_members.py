"""Who follows by requests alone is there, at the cost of an entry in memory."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import gevent
import pytest

from partyapp.party.live.member_sync import MemberSyncState
from partyapp.party.live.presence import Share
from partyapp.party.live.presence_publisher import PresencePublisher
from partyapp.party.live.rest_members import GONE_AFTER_MS, OLD_AFTER_MS
from partyapp.party.live.rest_signs import RestSigns
from partyapp.realtime.rooms import Hub
from partyapp.shared.kernel.clock import PartyClock
from partyapp.shared.kernel.ids import new_id
from tests.support.live_env import Bus, LiveEnv
from tests.support.party_objects import T0
from tests.support.presence_env import RecordedAttendance, presence_publisher

PARTY, ADA = new_id(), new_id()


class MovingClock(PartyClock):
    """A party clock that is told its time."""

    def __init__(self) -> None:
        super().__init__()
        self.time_ms = T0

    def now_ms(self) -> float:
        return self.time_ms


class Process:
    """A web process: its presence as others are told of it."""

    def __init__(self, env: LiveEnv | None = None) -> None:
        self.clock, self.bus, self.store = MovingClock(), Bus(), RecordedAttendance()
        self.written: list[dict[Any, Any]] = []
        hub: Any = Hub() if env is None else env.hub
        self.publisher: PresencePublisher = presence_publisher(
            hub, self.clock, self, self.bus, store=self.store
        )
        self.signs = RestSigns(self.publisher, self.clock)
        self.party = (env or LiveEnv()).store.session.state

    def write(self, process_id: str, rooms: dict[Any, Any]) -> None:
        """In place of Redis."""
        self.written.append(dict(rooms))

    def second(self, at_ms: float) -> None:
        self.clock.time_ms = at_ms
        self.publisher.each_second()
        gevent.sleep(0)

    @property
    def told(self) -> list[dict[str, Any]]:
        """What the other processes were told of who is here."""
        return [message["members"] for _, message in self.bus.published]


@pytest.fixture
def process() -> Process:
    return Process()


def test_who_sends_a_command_is_there_until_they_are_silent(process: Process) -> None:
    process.signs.seen(PARTY, ADA)
    process.second(T0)
    assert process.told == [{str(ADA): None}]
    assert process.written[-1] == {PARTY: Share({ADA: None})}
    process.second(T0 + GONE_AFTER_MS)
    process.second(T0 + GONE_AFTER_MS + 1)
    assert process.told[-1] == {}
    assert process.written[-1] == {PARTY: Share({})}


def test_signs_of_life_are_told_at_most_once_a_second_and_only_as_news(process: Process) -> None:
    for second in range(10):
        for _ in range(50):
            process.signs.seen(PARTY, ADA)
        process.second(T0 + 1000 * second)
    assert len(process.told) == 1
    assert process.store.visited == [PARTY], "and Postgres hears of the first alone"
    assert process.store.leases_of_hosts == [(PARTY, ADA)]


def test_what_has_not_changed_is_told_again_before_it_looks_like_a_dead_process(process: Process) -> None:
    for second in range(70):
        process.signs.seen(PARTY, ADA)
        process.second(T0 + 1000 * second)
    assert 3 <= len(process.told) <= 5
    assert all(told == {str(ADA): None} for told in process.told)


def test_how_well_they_follow_is_known_by_half_their_round_trip(process: Process) -> None:
    env = LiveEnv()
    party = env.store.session.state
    process.signs.synced(
        party, ADA, position_s=0.0, player="paused", sampled_ms=T0, rtt_ms=40.0, duration_s=None
    )
    process.second(T0)
    (sync,) = process.told[-1].values()
    assert sync["rtt_ms"] == 40.0
    assert sync["offset_bound_ms"] >= 20.0
    assert (sync["drift_ms"], sync["state"]) == (0.0, "paused")
    process.signs.seen(party.id, new_id())
    process.second(T0 + OLD_AFTER_MS + 1)
    assert None in process.told[-1].values(), "what is old says nothing of now"


def test_a_room_shows_who_follows_by_requests() -> None:
    env = LiveEnv()
    process = Process(env)
    line, room = env.enter()
    guest = env.store.join()
    env.feed.announce(guest)
    user_id = next(user for user in env.store.members if user != env.store.session.state.host_id)
    process.signs.seen(room.id, user_id)
    process.second(T0)
    shown = {entry["user_id"]: entry["online"] for entry in line.of("presence")[-1]["members"]}
    assert shown[str(user_id)]
    process.signs.left(room.id, user_id)
    process.second(T0 + 1000)
    assert line.of("presence")[-1]["members"] == [{"user_id": str(user_id), "online": False, "sync": None}]


def test_their_delays_hold_nobody_back() -> None:
    env = LiveEnv()
    process = Process(env)
    _, room = env.enter()
    before = room.state.lead_ms(T0)
    process.signs.seen(room.id, new_id())
    process.second(T0)
    assert room.state.lead_ms(T0) == before
    assert json.loads(json.dumps(process.told[-1]))


def test_when_they_were_last_here_is_written_down_once_they_are_gone(process: Process) -> None:
    process.signs.seen(PARTY, ADA)
    process.second(T0)
    assert process.store.seen == {}
    process.second(T0 + GONE_AFTER_MS + 1)
    assert process.store.seen == {(PARTY, ADA): T0 + GONE_AFTER_MS + 1}


def tells(process: Process, user_id: UUID, duration_s: float | None) -> Any:
    """What comes of a member's request whose player tells this length, in a party by LiveEnv of 600 s."""
    party = process.party
    return process.signs.synced(
        party, user_id, position_s=0.0, player="paused", sampled_ms=T0, rtt_ms=None, duration_s=duration_s
    )


def test_two_who_follow_by_requests_agree_on_the_films_length(process: Process) -> None:
    grace, eve = new_id(), new_id()
    assert tells(process, ADA, 95.0) is None, "one alone"
    assert tells(process, eve, 1.0) is None
    assert tells(process, grace, 95.1) is not None
    assert tells(process, grace, None) is None
    assert tells(process, ADA, 95.0) is None, "grace has taken it back"


def test_the_hosts_word_counts_by_requests_and_those_on_sockets_agree_with_it() -> None:
    env = LiveEnv()
    process = Process(env)
    host_id = env.store.session.state.host_id
    assert tells(process, host_id, 95.0) == (process.party.video.id, 95.0, False)
    line, room = env.enter()
    env.feed.announce(env.store.join())
    member = next(user for user in env.store.members if user != host_id)
    told = MemberSyncState()
    told.tell_duration(95.0, env.store.session.state.video.id)
    room.state.sync_states[line] = (host_id, told)
    assert tells(process, member, 95.0).agreed
    process.second(T0)
    assert room.state.rest_durations == {member: 95.0, host_id: 95.0}
