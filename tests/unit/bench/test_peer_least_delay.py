"""The peers that trust the least delay: a spike is ignored, a window forgets, a queue is seen."""

from collections.abc import Callable

import pytest

from bench.sync.peers.filters import NtpClockFilter
from bench.sync.peers.least_delay import CodedPairs, LeastDispersion, LeastOfEight, LeastOfSixty
from bench.sync.peers.registry import PeerClock
from tests.unit.bench.member_path import START, Path

Make = Callable[[], PeerClock]


@pytest.mark.parametrize("make", [LeastOfEight, LeastOfSixty, LeastDispersion, NtpClockFilter])
def test_least_delay_ignores_a_one_sided_spike(make: Make) -> None:
    path = Path(make())
    path.exchanges(8, gap=1_000.0)
    path.exchange(up=320.0, gap=1_000.0)
    assert path.error == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(("make", "window"), [(LeastOfEight, 8), (LeastOfSixty, 60)])
def test_a_window_of_least_delay_forgets_its_best_after_so_many(make: Make, window: int) -> None:
    path = Path(make())
    path.exchange(gap=1_000.0)
    for _ in range(window - 1):
        path.exchange(up=50.0, gap=1_000.0)
    assert path.error == pytest.approx(0.0, abs=1e-6)
    path.exchange(up=50.0, gap=1_000.0)
    assert path.error == pytest.approx(15.0, abs=1e-6)


def test_least_of_eight_polls_quickly_after_a_wake_up_but_keeps_what_it_had() -> None:
    path = Path(LeastOfEight())
    path.exchanges(6)
    path.peer.woke()
    assert path.peer.next_delay_ms() == 1_000.0
    assert path.error == pytest.approx(0.0, abs=1e-6)


def test_a_pair_whose_distance_changed_on_the_way_does_not_count() -> None:
    path = Path(CodedPairs())
    path.exchange(up=20.0)
    path.exchange(up=22.5)
    assert path.peer.offset_ms(path.member) is None
    path.exchange(up=24.0, down=20.0)
    path.exchange(up=22.5, down=20.0)
    # A difference within 2 ms counts, and the quicker of the two is used.
    assert path.error == pytest.approx(1.25, abs=1e-6)


def test_coded_pairs_start_with_nothing_after_a_wake_up() -> None:
    path = Path(CodedPairs())
    path.exchanges(41)
    path.peer.woke()
    assert path.peer.offset_ms(path.member) is None
    assert path.peer.next_delay_ms() == 30.0


def test_least_dispersion_uses_a_slower_exchange_once_the_best_is_old() -> None:
    path = Path(LeastDispersion())
    path.exchange(gap=1_000.0)
    # 5 ms more of half a round trip outweigh 10 s at 500 ppm.
    while path.party < START + 9_000.0:
        path.exchange(up=30.0, gap=1_000.0)
    assert path.error == pytest.approx(0.0, abs=1e-6)
    while path.party < START + 13_000.0:
        path.exchange(up=30.0, gap=1_000.0)
    assert path.error == pytest.approx(5.0, abs=1e-6)


def test_the_promise_of_least_dispersion_grows_by_500_ppm_and_covers_such_a_clock() -> None:
    path = Path(LeastDispersion(), ppm=-499.0)
    path.exchange(up=1.0, down=1.0, gap=0.0)
    first = path.peer.bound_ms(path.member)
    path.pass_time(60_000.0)
    later = path.peer.bound_ms(path.member)
    assert first == pytest.approx(1.0, abs=0.001)
    assert later == pytest.approx(31.0, abs=0.05)
    assert later is not None
    assert abs(path.error) <= later
