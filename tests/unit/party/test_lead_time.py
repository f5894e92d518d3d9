"""How far ahead a room's commands are scheduled (SYNC §4): whose delays count, how long, and for how much."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partyapp.party.domain.playback import PlaybackAction, PlaybackState, PlaybackStatus
from partyapp.party.infrastructure.playback.lead_needs import (
    MANY,
    MAX_RECENT_MS,
    ONE_PERSON_MS,
    RECENT_MS_A_CONNECTION,
    LeadNeeds,
    RecentNeeds,
)
from partyapp.party.infrastructure.playback.lead_time import (
    BUCKET_MS,
    DEFAULT_LEAD_MS,
    FORGET,
    MARGIN_MS,
    MAX_LEAD_MS,
    MIN_LEAD_MS,
    QUANTILE,
    DelayHistogram,
)
from partyapp.party.live.member_sync import SILENT_MS as LATE_MS
from partyapp.party.live.member_sync import MemberSyncState
from partyapp.party.live.pace import OFTEN
from partyapp.party.live.replica import PartyReplica
from partyapp.party.live.room_state import RoomState
from partyapp.shared.kernel.ids import new_id
from tests.support.examples import examples
from tests.support.party_objects import T0, created, host_of

SILENT_MS = LATE_MS + OFTEN.ping_ms

SLOW = new_id()


def assert_is_the_quantile(delays: list[float], found: float | None) -> None:
    """Held against its definition: the weight of what lies below the edge, newest first."""
    assert found is not None
    weights = [FORGET**age for age in range(len(delays))]
    total = sum(weights)

    def share_below(edge: float) -> float:
        pairs = zip(weights, reversed(delays), strict=True)
        return sum(weight for weight, delay in pairs if delay < edge) / total

    assert share_below(found) >= QUANTILE - 1e-9
    assert share_below(found - BUCKET_MS) < QUANTILE + 1e-9


@settings(max_examples=examples(60))
@given(st.lists(st.floats(0.0, 1999.0), min_size=1, max_size=400))
def test_the_histogram_is_what_a_direct_computation_gives(delays: list[float]) -> None:
    histogram = DelayHistogram()
    for delay in delays:
        histogram.add(delay)
    assert_is_the_quantile(delays, histogram.quantile_ms())


def test_it_stays_so_when_its_weights_are_scaled_down() -> None:
    rng, histogram, delays = random.Random(5), DelayHistogram(), []
    for number in range(13_000):
        delays.append(rng.expovariate(1 / 60.0) + (300.0 if number % 40 == 0 else 0.0))
        histogram.add(delays[-1])
    # What is older than this weighs less than a billionth.
    assert_is_the_quantile(delays[-5000:], histogram.quantile_ms())
    assert histogram._newest < 1e13, "the weights don't grow for ever"


def test_a_bad_spell_is_forgotten_within_minutes() -> None:
    histogram = DelayHistogram()
    for _ in range(600):
        histogram.add(25.0)
    for _ in range(60):
        histogram.add(405.0)
    assert histogram.quantile_ms() == 410.0
    forgotten_after = 0
    while histogram.quantile_ms() == 410.0:
        histogram.add(25.0)
        forgotten_after += 1
    assert 300 < forgotten_after < 600, "at one exchange a second"


def sync_state(delay_ms: float | None, active_ms: float = T0) -> MemberSyncState:
    """A member of so long a delay, active at that time."""
    found = MemberSyncState()
    found.active_ms = active_ms
    if delay_ms is not None:
        for _ in range(50):
            found.delays.add(delay_ms)
    return found


def room_of(*sync_states: MemberSyncState) -> RoomState:
    """A room of so many persons; the first is the host."""
    state = created().state
    room = RoomState(PartyReplica(state, []))
    for number, found in enumerate(sync_states):
        connection: Any = object()
        room.sync_states[connection] = (new_id() if number else state.host_id, found)
    return room


@pytest.mark.parametrize(
    ("delays", "lead_ms"),
    [
        ([None], DEFAULT_LEAD_MS),
        ([], DEFAULT_LEAD_MS),
        ([2.0], MIN_LEAD_MS),
        # The host is the first.
        ([215.0, 2.0, 95.0], 220.0 + MARGIN_MS),
        ([1195.0], MAX_LEAD_MS),
        ([1201.0, 95.0], 100.0 + MARGIN_MS),
        ([1201.0], DEFAULT_LEAD_MS),
        ([None, 215.0], 220.0 + MARGIN_MS),
        # Two persons need it.
        ([2.0, 515.0, 515.0], 520.0 + MARGIN_MS),
    ],
)
def test_the_slowest_healthy_members_set_the_lead(delays: list[float | None], lead_ms: float) -> None:
    assert room_of(*(sync_state(delay) for delay in delays)).lead_ms(T0) == lead_ms


def test_a_plain_member_does_not_set_everybodys_lead() -> None:
    honest = [sync_state(15.0) for _ in range(3)]
    quiet = room_of(*honest).lead_ms(T0)
    loud = room_of(*honest, sync_state(1100.0)).lead_ms(T0)
    assert (quiet, loud) == (MIN_LEAD_MS, 20.0 + ONE_PERSON_MS / 4 + MARGIN_MS)


def test_nor_do_many_sockets_of_one_person() -> None:
    room = room_of(*(sync_state(15.0) for _ in range(3)))
    liar = new_id()
    for _ in range(10):
        connection: Any = object()
        room.sync_states[connection] = (liar, sync_state(1100.0))
    assert room.lead_ms(T0) == 20.0 + ONE_PERSON_MS / 4 + MARGIN_MS


def test_who_is_silent_does_not_hold_the_room_back() -> None:
    slow, fast = sync_state(505.0), sync_state(65.0)
    room = room_of(slow, fast)
    fast.active_ms = T0 + SILENT_MS + 1
    assert room.lead_ms(T0 + SILENT_MS) == 510.0 + MARGIN_MS
    assert room.lead_ms(T0 + SILENT_MS + 1) == 70.0 + MARGIN_MS
    assert slow.verdict(T0 + SILENT_MS + 1) == "unknown", "and this is what it and the others are sent"
    slow.active_ms = T0 + SILENT_MS + 2
    assert room.lead_ms(T0 + SILENT_MS + 2) == 510.0 + MARGIN_MS


def test_of_many_a_look_of_a_moment_ago_serves_the_next_command() -> None:
    many = [sync_state(15.0) for _ in range(MANY)]
    room, looked_for_ms = room_of(*many), MANY * RECENT_MS_A_CONNECTION
    for found in many:
        found.active_ms = T0 + 60_000.0
    before = room.lead_ms(T0)
    for found in many:
        found.delays.add(505.0)
    assert room.lead_ms(T0 + looked_for_ms - 1) == before
    assert room.lead_ms(T0 + looked_for_ms) == 510.0 + MARGIN_MS


def test_a_look_serves_a_second_at_most_and_never_a_clock_that_has_gone_back() -> None:
    looks: list[float] = []

    def look(now_ms: float) -> LeadNeeds:
        looks.append(now_ms)
        return LeadNeeds()

    recent = RecentNeeds()
    for now_ms in (T0, T0 + MAX_RECENT_MS - 1, T0 + MAX_RECENT_MS, T0 + 1):
        recent.current(now_ms, 10_000, look)
    assert looks == [T0, T0 + MAX_RECENT_MS, T0 + 1]


@pytest.mark.parametrize(
    ("here", "elsewhere", "lead_ms"),
    [
        ([65.0], [LeadNeeds.of_older(340.0)], 340.0),
        ([305.0], [LeadNeeds.of_older(80.0)], 310.0 + MARGIN_MS),
        # A process that has only the hopeless, or nobody measured, needs nothing.
        ([65.0], [LeadNeeds.of_older(0.0), LeadNeeds(persons=1)], 70.0 + MARGIN_MS),
        ([1900.0], [LeadNeeds.of_older(95.0)], 95.0),
        ([None], [LeadNeeds.of_older(None)], DEFAULT_LEAD_MS),
        ([15.0], [LeadNeeds(members_ms={SLOW: 900.0}, persons=1)], 20.0 + ONE_PERSON_MS / 2 + MARGIN_MS),
        ([15.0, 805.0], [LeadNeeds(members_ms={SLOW: 900.0}, persons=1)], 810.0 + 200.0 - 110.0 + MARGIN_MS),
    ],
)
def test_what_other_processes_need_counts_too(
    here: list[float | None], elsewhere: list[LeadNeeds], lead_ms: float
) -> None:
    room = room_of(*(sync_state(delay) for delay in here))
    room.remote_needs = {str(number): needs for number, needs in enumerate(elsewhere)}
    assert room.lead_ms(T0) == lead_ms


def control(session: Any, action: PlaybackAction, at_ms: float, lead_ms: float) -> PlaybackState:
    session.control(
        action,
        host_of(session),
        at_ms=at_ms,
        lead_ms=lead_ms,
        position_s=None,
        rate=None,
        expected_revision=None,
    )
    found: PlaybackState = session.state.playback
    return found


def test_a_command_lies_its_lead_ahead_of_the_decision() -> None:
    session = created()
    playing = control(session, PlaybackAction.PLAY, T0, 340.0)
    assert (playing.status, playing.at_ms) == (PlaybackStatus.PLAYING, T0 + 340.0)
    assert session.events[-1].at_ms == T0
    paused = control(session, PlaybackAction.PAUSE, T0 + 5000.0, 100.0)
    assert paused.at_ms == T0 + 5100.0
    assert paused.position_s == pytest.approx(5100.0 / 1000 - 0.340)


def test_a_pause_before_the_play_began_leaves_the_room_where_it_is() -> None:
    """The lead shrank meanwhile: the pause comes into force with the play, not before it."""
    session = created()
    playing = control(session, PlaybackAction.PLAY, T0, 1200.0)
    paused = control(session, PlaybackAction.PAUSE, T0 + 100.0, 80.0)
    assert (paused.status, paused.position_s) == (PlaybackStatus.PAUSED, 0.0)
    assert paused.at_ms == playing.at_ms


def out_of_sync(drift_ms: float = 200.0) -> MemberSyncState:
    found = MemberSyncState()
    found.drift_ms, found.bound_ms = drift_ms, 5.0
    return found


def active_at(found: MemberSyncState, at_ms: float) -> str:
    found.active_ms = T0 + at_ms
    return found.verdict(T0 + at_ms)


@pytest.mark.parametrize("asked_meanwhile", [True, False])
def test_silence_does_not_count_towards_the_two_seconds(asked_meanwhile: bool) -> None:
    found = out_of_sync()
    assert active_at(found, 0.0) == "likely"
    if asked_meanwhile:
        assert found.verdict(T0 + 3500.0) == "unknown"
    assert active_at(found, 4000.0) == "likely", "out for a moment before the silence, and for one after it"
    assert active_at(found, 5900.0) == "likely"
    assert active_at(found, 6000.0) == "out_of_sync"


@pytest.mark.parametrize("asked_meanwhile", [True, False])
def test_nor_towards_the_second_of_being_back(asked_meanwhile: bool) -> None:
    found = out_of_sync()
    active_at(found, 0.0)
    assert active_at(found, 2000.0) == "out_of_sync"
    found.drift_ms = 5.0
    assert active_at(found, 2100.0) == "out_of_sync"
    if asked_meanwhile:
        assert found.verdict(T0 + 5600.0) == "unknown"
    assert active_at(found, 6000.0) == "out_of_sync", "it was good for a moment only"
    assert active_at(found, 7000.0) == "in_sync"
