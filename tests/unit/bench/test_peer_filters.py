"""The peers with a model of their error: what the Kalman filter learns, what NTP's clock filter uses."""

import math

import pytest

from bench.sync.peers.filters import KalmanFilter, NtpClockFilter
from bench.sync.peers.least_delay import LeastOfSixty
from tests.unit.bench.member_path import START, Path


@pytest.mark.parametrize(("way", "delay"), [(1.5, 3_000.0), (3.0, 1_000.0), (8.0, 500.0), (30.0, 200.0)])
def test_the_kalman_filter_asks_less_often_the_surer_it_is(way: float, delay: float) -> None:
    path = Path(KalmanFilter())
    path.exchange(way, way)
    path.exchange(way, way)
    # The standard deviation is half of half the round trip while there is nothing to average.
    assert path.delays == [200.0, delay]


def test_the_kalman_filter_learns_the_drift_and_predicts_with_it() -> None:
    drifting, blind = Path(KalmanFilter(), ppm=80.0), Path(LeastOfSixty(), ppm=80.0)
    for path in (drifting, blind):
        path.exchanges(100, gap=1_000.0)
        path.pass_time(30_000.0)
    assert abs(drifting.error) < 0.1
    assert abs(blind.error) > 2.0


def test_the_kalman_filter_states_three_standard_deviations_that_grow_while_it_waits() -> None:
    path = Path(KalmanFilter())
    path.exchange(8.0, 8.0, gap=1_000.0)
    path.exchange(8.0, 8.0, gap=0.0)
    # Half of half the round trip each; the drift is the difference of two such, over 1016.25 ms.
    assert path.peer.bound_ms(path.member) == pytest.approx(3.0 * 4.0)
    later = path.peer.bound_ms(path.member + 1_016.25)
    assert later == pytest.approx(3.0 * math.sqrt(16.0 + 2.0 * 16.0))


def test_the_kalman_filter_trusts_a_slow_exchange_less() -> None:
    quick, slow = Path(KalmanFilter()), Path(KalmanFilter())
    for path, down in ((quick, 20.0), (slow, 2_000.0)):
        path.exchanges(20, gap=1_000.0)
        path.exchange(up=down + 30.0, down=down, gap=0.0)
    assert 0.0 < abs(slow.error) < abs(quick.error) / 10.0


def test_the_kalman_filter_forgets_after_a_step_only_once_it_has_100_samples() -> None:
    seen = {}
    for count in (90, 110):
        path = Path(KalmanFilter())
        path.exchanges(count, gap=1_000.0)
        path.party += 1_000.0
        path.exchanges(8, gap=1_000.0)
        seen[count] = abs(path.error)
    assert seen[110] < seen[90] / 2.0


def test_the_ntp_filter_never_goes_back_to_an_older_sample() -> None:
    path = Path(NtpClockFilter())
    path.exchange(up=24.0, gap=1_000.0)
    path.exchange(up=23.0, gap=1_000.0)
    used = path.peer.offset_ms(path.member)
    # The quickest of all, but from before the one in use.
    path.peer.observe(500.0, START, START, 510.0)
    assert path.peer.offset_ms(path.member) == used


def test_the_ntp_filter_uses_a_sample_only_once() -> None:
    path = Path(NtpClockFilter())
    path.exchange(up=25.0, gap=1_000.0)
    path.exchange(gap=0.0)
    since, promised = path.member, path.peer.bound_ms(path.member)
    # While none is quicker, what is known of the one in use only grows older.
    for _ in range(6):
        path.exchange(up=90.0, gap=1_000.0)
    now = path.peer.bound_ms(path.member)
    assert now is not None
    assert promised is not None
    assert now - promised == pytest.approx(15e-6 * (path.member - since), abs=1e-9)


def test_the_ntp_filter_takes_the_best_of_eight_and_the_next_best_when_it_has_left() -> None:
    path = Path(NtpClockFilter())
    path.exchange(gap=1_000.0)
    seen = []
    for extra in (8.0, 1.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 9.0, 9.0):
        path.exchange(up=20.0 + extra, gap=1_000.0)
        seen.append(path.error)
    assert seen == pytest.approx([0.0] * 7 + [0.5] * 2 + [1.0], abs=1e-6)


def test_the_ntp_filter_holds_on_to_a_sample_that_left_until_a_newer_one_is_best() -> None:
    path = Path(NtpClockFilter())
    path.exchanges(1, gap=1_000.0)
    for extra in (1.0, *[6.0] * 7):
        path.exchange(up=20.0 + extra, gap=1_000.0)
    used_newer = path.error
    path.exchange(up=20.0 + 9.0, gap=1_000.0)
    path.exchange(up=20.0 + 0.5, gap=1_000.0)
    assert used_newer == pytest.approx(0.5, abs=1e-6)
    assert path.error == pytest.approx(0.25, abs=1e-6)


def test_the_ntp_filter_drops_a_jump_beyond_three_times_the_jitter_once() -> None:
    path = Path(NtpClockFilter())
    path.exchanges(5, gap=1_000.0)
    path.exchange(up=10.0, down=25.0, gap=1_000.0)
    path.exchange(up=9.5, down=24.5, gap=1_000.0)
    assert path.error == pytest.approx(-7.5, abs=1e-6)
    # Two of the other seven disagree with the next, so the jump is 4.9 times the jitter.
    path.exchange(up=15.0, down=15.0, gap=3_000.0)
    assert path.error == pytest.approx(-7.5, abs=1e-6)
    path.exchange(up=14.0, down=14.0, gap=1_000.0)
    assert path.error == pytest.approx(0.0, abs=1e-6)


def test_the_ntp_filter_takes_the_same_jump_two_polls_later() -> None:
    path = Path(NtpClockFilter())
    path.exchanges(6, gap=1_000.0)
    path.exchange(up=10.0, down=25.0, gap=1_000.0)
    path.exchange(gap=1_000.0)
    path.exchange(gap=1_000.0)
    path.exchange(up=15.0, down=15.0, gap=1_000.0)
    assert path.error == pytest.approx(0.0, abs=1e-6)


def test_the_root_distance_of_ntp_grows_by_15_ppm() -> None:
    path = Path(NtpClockFilter())
    path.exchanges(8)
    now = path.peer.bound_ms(path.member)
    later = path.peer.bound_ms(path.member + 100_000.0)
    assert now is not None
    assert later is not None
    assert later - now == pytest.approx(1.5, abs=1e-6)
    # Half a round trip of 40 ms, the jitter's floor and the dispersion of a full register.
    assert 20.0 < now < 22.0


def test_an_empty_register_makes_the_root_distance_of_ntp_large() -> None:
    path = Path(NtpClockFilter())
    path.exchange()
    bound = path.peer.bound_ms(path.member)
    assert bound is not None
    assert bound > 7_900.0
