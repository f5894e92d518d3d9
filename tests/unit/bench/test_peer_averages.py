"""The peers that average: a spike drags the moving average, a median lags, a round drops the slow one."""

import pytest

from bench.sync.peers.averages import MedianOf200, MovingAverage, RoundsOfFive
from tests.unit.bench.member_path import START, Path


def test_rounds_of_five_begin_an_hour_apart() -> None:
    path = Path(RoundsOfFive())
    path.exchanges(5)
    assert path.delays[:4] == [1_000.0] * 4
    assert path.party == pytest.approx(START + 3_600_000.0)


def test_the_moving_average_is_dragged_by_a_spike_and_recovers() -> None:
    path = Path(MovingAverage())
    path.exchanges(20)
    path.exchange(up=220.0, down=220.0)
    # The way down took 200 ms more than before, which it sees; the average has risen by 0.15 of 400 ms.
    assert path.error == pytest.approx(30.0, abs=1e-6)
    path.exchange()
    assert path.error == pytest.approx(0.85 * 30.0, abs=1e-6)
    path.exchanges(40)
    assert abs(path.error) < 0.1


def test_the_moving_average_starts_anew_with_a_new_connection() -> None:
    path = Path(MovingAverage())
    for _ in range(20):
        path.exchange(up=220.0, down=220.0)
    path.peer.woke()
    path.exchange()
    assert path.error == pytest.approx(0.0, abs=1e-6)


def test_the_median_needs_half_its_window_after_a_clock_that_stood_still() -> None:
    path = Path(MedianOf200())
    path.exchanges(250, gap=1_000.0)
    path.party += 30_000.0
    path.exchanges(95, gap=1_000.0)
    assert path.error == pytest.approx(-30_000.0, abs=1e-6)
    path.exchanges(10, gap=1_000.0)
    assert path.error == pytest.approx(0.0, abs=1e-6)


def test_the_median_throws_away_a_window_older_than_a_minute() -> None:
    path = Path(MedianOf200())
    path.exchanges(250, gap=1_000.0)
    path.party += 30_000.0
    path.pass_time(61_000.0)
    path.exchange()
    assert path.error == pytest.approx(0.0, abs=1e-6)


def test_a_wake_up_gives_the_median_its_quick_exchanges_but_the_old_window_stays() -> None:
    path = Path(MedianOf200())
    path.exchanges(250, gap=1_000.0)
    path.party += 30_000.0
    path.peer.woke()
    path.exchanges(60)
    assert path.delays[-60:] == [0.1] * 49 + [1_000.0] * 11
    assert path.error == pytest.approx(-30_000.0, abs=1e-6)


def test_a_round_of_five_leaves_out_the_slow_one() -> None:
    path = Path(RoundsOfFive())
    for up in (20.0, 21.0, 400.0, 22.0, 21.0):
        path.exchange(up=up, gap=1_000.0)
    assert path.error == pytest.approx((0.0 + 0.5 + 1.0 + 0.5) / 4.0, abs=1e-6)


def test_a_round_of_five_alike_leaves_the_first_offset_as_it_was() -> None:
    path = Path(RoundsOfFive())
    path.exchange(gap=1_000.0)
    path.party += 64.0
    for _ in range(4):
        path.exchange(gap=1_000.0)
    assert path.error == pytest.approx(-64.0, abs=1e-6)
