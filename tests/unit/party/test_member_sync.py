"""How far off a member is, and what is said of it: the verdicts of SYNC §6."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partyapp.party.domain.playback import PlaybackState, PlaybackStatus
from partyapp.party.domain.timeline import PlaybackTimeline
from partyapp.party.infrastructure.playback.lead_time import DelayHistogram
from partyapp.party.infrastructure.playback.playback_synchronizer import PlaybackSynchronizer
from partyapp.party.live.member_sync import MemberSyncState, worst
from partyapp.shared.kernel.clock import FixedClock
from partyapp.shared.kernel.ids import new_id
from tests.support.examples import examples
from tests.support.party_objects import T0

PLAYING = PlaybackState(status=PlaybackStatus.PLAYING, position_s=10.0, at_ms=T0, revision=2)
PAUSED = PlaybackState(status=PlaybackStatus.PAUSED, position_s=10.0, at_ms=T0, revision=2)


def sync_state(drift_ms: float | None = 0.0, bound_ms: float | None = 5.0) -> MemberSyncState:
    found = MemberSyncState()
    found.drift_ms, found.bound_ms = drift_ms, bound_ms
    return found


def verdicts(found: MemberSyncState, *instants_ms: float) -> list[str]:
    """What is said at these instants, the member being active at each."""
    said = []
    for at_ms in instants_ms:
        found.active_ms = T0 + at_ms
        said.append(found.verdict(T0 + at_ms))
    return said


@pytest.mark.parametrize(
    ("drift_ms", "bound_ms", "expected"),
    [
        (0.0, 5.0, "in_sync"),
        (75.0, 5.0, "in_sync"),
        (-75.0, 5.0, "in_sync"),
        (75.1, 5.0, "likely"),
        (-79.0, 5.0, "likely"),
        (0.0, 80.0, "in_sync"),
        (0.0, 80.1, "likely"),
        (0.0, 500.0, "likely"),
        (0.0, 500.1, "unknown"),
        (None, 5.0, "unknown"),
        (0.0, None, "unknown"),
    ],
)
def test_the_verdict_of_one_moment(drift_ms: float | None, bound_ms: float | None, expected: str) -> None:
    assert verdicts(sync_state(drift_ms, bound_ms), 0) == [expected]


def test_who_is_silent_is_unknown() -> None:
    found = sync_state()
    found.active_ms = T0
    assert found.verdict(T0 + 3000) == "in_sync"
    assert found.verdict(T0 + 3000.1) == "unknown"


def test_out_of_sync_takes_two_seconds_and_being_back_one() -> None:
    found = sync_state(drift_ms=-90.0, bound_ms=5.0)
    assert verdicts(found, 0, 1000, 1999) == ["likely"] * 3
    assert verdicts(found, 2000) == ["out_of_sync"]
    found.drift_ms = 41.0
    assert verdicts(found, 3000, 9000) == ["out_of_sync"] * 2, "half the limit is what counts on the way back"
    found.drift_ms = 39.0
    assert verdicts(found, 10_000, 10_999) == ["out_of_sync"] * 2
    assert verdicts(found, 11_000) == ["in_sync"]


def test_what_might_be_the_clock_alone_is_not_held_against_anybody() -> None:
    assert verdicts(sync_state(drift_ms=150.0, bound_ms=70.0), 0, 2000, 9000) == ["likely"] * 3


def test_a_moment_within_the_limit_starts_the_two_seconds_anew() -> None:
    found = sync_state(drift_ms=200.0)
    verdicts(found, 0, 1900)
    found.drift_ms = 60.0
    verdicts(found, 1950)
    found.drift_ms = 200.0
    assert verdicts(found, 2000, 3999) == ["likely"] * 2
    assert verdicts(found, 4000) == ["out_of_sync"]


@pytest.mark.parametrize(
    ("playback", "position_s", "sampled_ms", "drift_ms"),
    [
        (PLAYING, 11.0, T0 + 1000, 0.0),
        (PLAYING, 11.05, T0 + 1000, 50.0),
        (PLAYING, 10.9, T0 + 1000, -100.0),
        (PAUSED, 10.25, T0 + 1000, 250.0),
        (PLAYING, 600.0, T0 + 1e9, 0.0),
        # Before the scheduled instant an older timeline holds, which says nothing of this one.
        (PLAYING, 99.0, T0 - 1, None),
    ],
)
def test_the_drift_of_a_status(
    playback: PlaybackState, position_s: float, sampled_ms: float, drift_ms: float | None
) -> None:
    found = MemberSyncState()
    found.status(position_s, "playing", sampled_ms, PlaybackTimeline((playback,)), 600.0)
    assert found.state == "playing"
    assert found.drift_ms == (None if drift_ms is None else pytest.approx(drift_ms, abs=1e-3))


@pytest.mark.parametrize(
    ("sampled_ms", "position_s"), [(T0 + 400, 10.4), (T0 + 500, 10.5), (T0 + 699, 10.5), (T0 + 900, 10.7)]
)
def test_a_status_is_judged_by_what_was_in_force_when_it_was_sampled(
    sampled_ms: float, position_s: float
) -> None:
    """Two commands within one lead: whoever follows the first is not behind the second."""
    paused = replace(PAUSED, position_s=10.5, at_ms=T0 + 500, revision=3)
    on_again = replace(PLAYING, position_s=10.5, at_ms=T0 + 700, revision=4)
    found = MemberSyncState()
    timeline = PlaybackTimeline((PLAYING, paused, on_again))
    found.status(position_s + 0.02, "playing", sampled_ms, timeline, 600.0)
    assert found.drift_ms == pytest.approx(20.0, abs=1e-3)


def test_one_exchange_that_waited_hardly_changes_the_round_trip_and_a_longer_way_does_in_time() -> None:
    found = MemberSyncState()

    def round_trip(number: int, way_ms: float) -> float:
        t1 = 1000.0 * number
        found.exchange(t1, T0 + t1 + way_ms, T0 + t1 + way_ms, t1 + 2 * way_ms, root_bound_ms=2.0)
        assert found.rtt_ms is not None
        return found.rtt_ms

    assert round_trip(0, 20.0) == 40.0
    assert round_trip(1, 60.0) == 40.0 + 80.0 / 8
    assert [round_trip(number, 60.0) for number in range(2, 30)][-1] == pytest.approx(120.0, abs=3.0)


def test_an_exchange_gives_bound_round_trip_and_delay() -> None:
    found = MemberSyncState()
    assert found.sync(T0) is None
    for number in range(10):
        t1 = 1000.0 * number
        # 20 ms there, 1 ms at the server, 20 ms back; the member's clock says 0 at T0.
        found.exchange(t1, T0 + t1 + 20, T0 + t1 + 21, t1 + 41, root_bound_ms=2.0)
    sync = found.sync(T0)
    assert sync is not None
    assert set(sync) == {"offset_bound_ms", "drift_ms", "rtt_ms", "state", "verdict"}
    assert sync["rtt_ms"] == 40.0
    # Half the way there and back, half the coarse timer, the slack, and the root.
    assert sync["offset_bound_ms"] == pytest.approx(20.0 + 0.5 + 0.1 + 2.0, abs=0.5)
    assert (sync["drift_ms"], sync["verdict"]) == (None, "unknown")
    # 20 ms less half the timer fall into the bucket that ends at 20.
    assert found.delays.quantile_ms() == 20.0


def test_an_impossible_exchange_is_ignored() -> None:
    found = MemberSyncState()
    found.exchange(1000.0, T0 + 21, T0 + 20, 900.0, root_bound_ms=1.0)
    assert found.sync(T0) is None


def test_of_several_devices_the_one_furthest_off_counts() -> None:
    near, far, unknown = {"drift_ms": 5.0}, {"drift_ms": -70.0}, {"drift_ms": None}
    assert worst([near, far, None, unknown]) is far
    assert worst([None, unknown]) is unknown
    assert worst([None]) is worst([]) is None


@pytest.mark.parametrize(
    ("delays", "expected"),
    [([], None), ([5.0], 10.0), ([-3.0], 10.0), ([10.0], 20.0), ([55.0] * 50, 60.0), ([1e9], 2010.0)],
)
def test_the_98th_percentile(delays: list[float], expected: float | None) -> None:
    histogram = DelayHistogram()
    for delay in delays:
        histogram.add(delay)
    assert histogram.quantile_ms() == expected


def test_two_in_a_hundred_may_be_late_and_more_may_not() -> None:
    rare, often = DelayHistogram(), DelayHistogram()
    for number in range(1000):
        rare.add(400.0 if number % 100 == 50 else 25.0)
        often.add(400.0 if number % 25 == 12 else 25.0)
    assert rare.quantile_ms() == 30.0
    assert often.quantile_ms() == 410.0


def test_what_was_long_ago_is_forgotten_however_long_it_goes_on() -> None:
    histogram = DelayHistogram()
    for _ in range(1000):
        histogram.add(900.0)
    for _ in range(12_000):
        histogram.add(15.0)
    assert histogram.quantile_ms() == 20.0
    assert len(histogram._buckets) < 5, "a bucket without weight is dropped"


@settings(max_examples=examples(50))
@given(st.lists(st.floats(-1e6, 1e9), min_size=1, max_size=80))
def test_a_quantile_is_one_of_the_samples(delays: list[float]) -> None:
    histogram = DelayHistogram()
    for delay in delays:
        histogram.add(delay)
    found = histogram.quantile_ms()
    assert found is not None
    assert any(found - 10.0 <= min(max(delay, 0.0), 2000.0) < found for delay in delays)


@pytest.mark.parametrize(
    ("playback", "position_s", "kind", "rate"),
    [
        (PLAYING, 20.0, "none", 1.0),
        (PLAYING, 20.025, "none", 1.0),
        (PLAYING, 19.95, "nudge", 1.1),
        (PLAYING, 20.05, "nudge", 0.9),
        (PLAYING, 19.2, "nudge", 1.25),
        (PLAYING, 18.9, "seek", 1.0),
        (PLAYING, 21.1, "seek", 1.0),
        (PAUSED, 20.02, "none", 1.0),
        (PAUSED, 20.05, "seek", 1.0),
    ],
)
def test_what_a_player_without_a_socket_should_do(
    playback: PlaybackState, position_s: float, kind: str, rate: float
) -> None:
    synchronizer = PlaybackSynchronizer(FixedClock(T0), lambda _: 321.0)
    found = synchronizer.correction(playback, position_s, 20.0)
    assert (found.kind, found.position_s) == (kind, 20.0)
    assert found.rate == pytest.approx(rate)
    assert (synchronizer.now_ms(), synchronizer.lead_ms(new_id())) == (T0, 321.0)


def test_a_player_that_is_read_through_another_program_is_judged_by_both_bounds() -> None:
    found = sync_state(drift_ms=20.0, bound_ms=5.0)
    found.player_bound_ms = 60.0
    found.active_ms = T0
    sync = found.sync(T0)
    assert sync is not None
    assert (sync["offset_bound_ms"], sync["verdict"]) == (65.0, "likely")
    found.player_bound_ms = 0.0
    assert found.verdict(T0) == "in_sync"


def test_what_a_member_watches_by_is_told_where_it_is_no_page() -> None:
    found = MemberSyncState("syncplay")
    found.bound_ms = 5.0
    sync = found.sync(T0)
    assert sync is not None
    assert sync["client"] == "syncplay"
