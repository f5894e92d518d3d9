"""What all estimators of the peers have in common: exact on a clean path, bounded, on their schedule."""

import math
import pickle
from collections.abc import Callable

import pytest

from bench.sync.peers.averages import MedianOf200, MovingAverage
from bench.sync.peers.filters import KalmanFilter, NtpClockFilter
from bench.sync.peers.least_delay import CodedPairs, LeastDispersion, LeastOfEight, LeastOfSixty
from bench.sync.peers.registry import PEERS, PeerClock, at_rate
from tests.unit.bench.member_path import Path

Make = Callable[[], PeerClock]


each_peer = pytest.mark.parametrize("make", PEERS, ids=lambda make: make().name)


@each_peer
def test_there_is_no_offset_or_bound_before_the_first_exchange(make: Make) -> None:
    peer = make()
    assert peer.offset_ms(0.0) is None
    assert peer.bound_ms(0.0) is None


@each_peer
def test_a_clean_symmetric_path_gives_the_exact_offset(make: Make) -> None:
    path = Path(make())
    path.exchanges(40)
    assert path.error == pytest.approx(0.0, abs=1e-6)


@each_peer
def test_what_is_promised_on_a_clean_path_holds_at_every_exchange(make: Make) -> None:
    path, promises = Path(make()), 0
    for _ in range(40):
        path.exchange()
        bound = path.peer.bound_ms(path.member)
        if bound is not None:
            promises += 1
            assert abs(path.error) <= bound
    promising = (LeastOfSixty, LeastDispersion, KalmanFilter, NtpClockFilter)
    assert (promises > 0) == isinstance(path.peer, promising)


@each_peer
@pytest.mark.thorough
def test_memory_is_bounded(make: Make) -> None:
    path = Path(make())
    path.exchanges(1_000, gap=1_000.0)
    before = len(pickle.dumps(path.peer))
    path.exchanges(20_000, gap=1_000.0)
    # Integers and the number of references may take a byte or two more.
    assert len(pickle.dumps(path.peer)) <= before + 64


@each_peer
def test_peers_are_told_apart_and_their_origin_is_named(make: Make) -> None:
    assert make().source
    assert [other().name for other in PEERS].count(make().name) == 1


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (LeastOfEight, [1_000.0] * 3 + [60_000.0] * 3),
        (MovingAverage, [1_000.0] * 3),
        (CodedPairs, [5.0, 30.0] * 15 + [5.0, 2_500.0, 5.0, 2_500.0]),
        (LeastOfSixty, [1_000.0] * 3),
        (MedianOf200, [0.1] * 49 + [1_000.0] * 3),
        (LeastDispersion, [1_000.0] * 3),
        (NtpClockFilter, [2_000.0] * 7 + [64_000.0] * 3),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
def test_the_published_schedule(make: Make, expected: list[float]) -> None:
    path = Path(make())
    path.exchanges(len(expected))
    assert path.delays == expected


def test_at_rate_overrides_the_schedule_and_nothing_else() -> None:
    bare, paced = LeastDispersion(), at_rate(LeastDispersion(), 250.0)
    for peer in (bare, paced):
        Path(peer).exchanges(3, gap=250.0)
    assert paced.next_delay_ms() == 250.0
    assert paced.offset_ms(9_000.0) == bare.offset_ms(9_000.0)
    assert paced.bound_ms(9_000.0) == bare.bound_ms(9_000.0)
    assert paced.source == bare.source
    assert paced.name == f"{bare.name} (each 0.25 s)"
    woken = at_rate(KalmanFilter(), 250.0)
    Path(woken).exchanges(3)
    woken.woke()
    assert woken.offset_ms(0.0) is None


@pytest.mark.parametrize("delay", [0.0, -1.0, math.nan])
def test_at_rate_refuses_what_is_no_wait(delay: float) -> None:
    with pytest.raises(ValueError, match="positive"):
        at_rate(LeastOfSixty(), delay)
