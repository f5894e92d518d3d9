"""Each peer's clock estimator shows what its rule is known for, on paths whose truth is known."""

import math
import pickle
from collections.abc import Callable

import pytest

from bench.peer_averages import MedianOf200, MovingAverage, RoundsOfFive
from bench.peer_clocks import PEERS, PeerClock, at_rate
from bench.peer_filters import KalmanFilter, NtpClockFilter
from bench.peer_least_delay import CodedPairs, LeastDispersion, LeastOfEight, LeastOfSixty

#: Party time at the beginning, ms; small, so that differences keep their digits.
START = 5_000_000.0

SERVED_MS = 0.25

Make = Callable[[], PeerClock]


class Path:
    """A member with a peer's estimator, a clock of known rate, and a way of known delays. All in ms."""

    def __init__(self, peer: PeerClock, ppm: float = 0.0) -> None:
        self.peer = peer
        self.party = START
        self.member = 1_000.0
        self.rate = 1.0 + ppm * 1e-6
        self.delays: list[float] = []

    def pass_time(self, ms: float) -> None:
        self.party += ms
        self.member += ms * self.rate

    def exchange(self, up: float = 20.0, down: float = 20.0, gap: float | None = None) -> None:
        """One exchange, and then the wait `gap`, or what the peer asks for."""
        t1 = self.member
        self.pass_time(up)
        t2 = self.party
        self.pass_time(SERVED_MS)
        t3 = self.party
        self.pass_time(down)
        self.peer.observe(t1, t2, t3, self.member)
        self.delays.append(self.peer.next_delay_ms())
        self.pass_time(self.delays[-1] if gap is None else gap)

    def exchanges(self, count: int, gap: float | None = None) -> None:
        for _ in range(count):
            self.exchange(gap=gap)

    @property
    def error(self) -> float:
        """The believed minus the true offset."""
        believed = self.peer.offset_ms(self.member)
        return math.nan if believed is None else believed - (self.party - self.member)


each_peer = pytest.mark.parametrize("make", PEERS, ids=lambda make: make().name)


@each_peer
def test_nothing_is_believed_or_promised_before_the_first_exchange(make: Make) -> None:
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
def test_memory_is_bounded(make: Make) -> None:
    path = Path(make())
    path.exchanges(1_000, gap=1_000.0)
    before = len(pickle.dumps(path.peer))
    path.exchanges(100_000, gap=1_000.0)
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


def test_rounds_of_five_begin_an_hour_apart() -> None:
    path = Path(RoundsOfFive())
    path.exchanges(5)
    assert path.delays[:4] == [1_000.0] * 4
    assert path.party == pytest.approx(START + 3_600_000.0)


@pytest.mark.parametrize(("way", "delay"), [(1.5, 3_000.0), (3.0, 1_000.0), (8.0, 500.0), (30.0, 200.0)])
def test_the_kalman_filter_asks_less_often_the_surer_it_is(way: float, delay: float) -> None:
    path = Path(KalmanFilter())
    path.exchange(way, way)
    path.exchange(way, way)
    # The standard deviation is half of half the round trip while there is nothing to average.
    assert path.delays == [200.0, delay]


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
    # A difference within 2 ms counts, and the quicker of the two is believed.
    assert path.error == pytest.approx(1.25, abs=1e-6)


def test_coded_pairs_start_with_nothing_after_a_wake_up() -> None:
    path = Path(CodedPairs())
    path.exchanges(41)
    path.peer.woke()
    assert path.peer.offset_ms(path.member) is None
    assert path.peer.next_delay_ms() == 30.0


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


def test_least_dispersion_believes_a_slower_exchange_once_the_best_is_old() -> None:
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
