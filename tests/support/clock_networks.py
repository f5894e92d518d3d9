"""Seeded synthetic networks on which clock estimators are measured, and the exchanges over them.

Everything is a pure function of the seed and of the time, so each algorithm sees the same conditions
however often it measures. Times and delays are in ms; `t` counts from the start of the trace.
"""

import bisect
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.support.member_clocks import EPOCH_MS, MemberClock, Spans

#: The length of a trace, ms.
TRACE_MS = 600_000.0

Delay = Callable[[float], float]


@dataclass(frozen=True)
class Network:
    """A path between a member and the server: one-way delays by the instant of sending."""

    name: str
    delay_up: Delay
    delay_down: Delay


def uniform(seed: int, t: float, salt: int) -> float:
    """A number in [0, 1) that depends on its arguments alone (the SplitMix64 finaliser)."""
    word = (seed * 0x9E3779B97F4A7C15 + int(t * 1000.0) * 0xD1B54A32D192ED03 + salt) & 0xFFFFFFFFFFFFFFFF
    word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
    word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
    return ((word ^ (word >> 31)) >> 11) / 9007199254740992.0


def exponential(seed: int, t: float, salt: int, mean: float) -> float:
    """An exponentially distributed number, by `uniform`."""
    return -mean * math.log(1.0 - uniform(seed, t, salt))


def _spans(seed: int, mean_gap: float, shortest: float, longest: float) -> list[tuple[float, float]]:
    """Random spans of time up to an hour, `mean_gap` apart."""
    rng = random.Random(seed)
    spans, t = [], 0.0
    while t < 3_600_000.0:
        t += rng.expovariate(1.0 / mean_gap)
        end = t + rng.uniform(shortest, longest)
        spans.append((t, end))
        t = end
    return spans


def _span_at(spans: list[tuple[float, float]], t: float) -> tuple[float, float] | None:
    index = bisect.bisect_right(spans, (t, math.inf)) - 1
    return spans[index] if index >= 0 and t < spans[index][1] else None


def _jittery(
    seed: int, base: float, mean: float, chance: float = 0.0, low: float = 0.0, high: float = 0.0
) -> Delay:
    """A base delay, exponential jitter, and with some chance a spike between `low` and `high`."""

    def delay(t: float) -> float:
        spike = 0.0
        if uniform(seed, t, 2) < chance:
            spike = low + (high - low) * uniform(seed, t, 3)
        return base + exponential(seed, t, 1, mean) + spike

    return delay


def lan(seed: int) -> Network:
    """A wired local network."""
    return Network("lan", _jittery(seed, 0.3, 0.1), _jittery(seed + 1, 0.3, 0.1))


def wifi_stalls(seed: int) -> Network:
    """Wi-Fi that stalls both ways at once for 20 to 150 ms, every three seconds on average."""
    stalls = _spans(seed, 3_000.0, 20.0, 150.0)

    def direction(salt: int) -> Delay:
        air = _jittery(seed + salt, 2.0, 1.5)

        def delay(t: float) -> float:
            stall = _span_at(stalls, t)
            return air(t) + (stall[1] - t if stall else 0.0)

        return delay

    return Network("wifi_stalls", direction(0), direction(1))


def transatlantic(seed: int) -> Network:
    """A long cable, little jitter."""
    return Network(
        "transatlantic",
        _jittery(seed, 45.0, 0.8, 0.01, 5.0, 30.0),
        _jittery(seed + 1, 45.0, 0.8, 0.01, 5.0, 30.0),
    )


def mobile_4g(seed: int) -> Network:
    """4G: 20/20 ms, and spikes of 50 to 400 ms."""
    return Network(
        "mobile_4g",
        _jittery(seed, 20.0, 4.0, 0.15, 50.0, 400.0),
        _jittery(seed + 1, 20.0, 4.0, 0.15, 50.0, 400.0),
    )


def mobile_5g(seed: int) -> Network:
    """5G: 8/8 ms with short spikes."""
    return Network(
        "mobile_5g",
        _jittery(seed, 8.0, 1.5, 0.03, 10.0, 40.0),
        _jittery(seed + 1, 8.0, 1.5, 0.03, 10.0, 40.0),
    )


def bufferbloat(seed: int, quiet: Spans = ()) -> Network:
    """Queues that swell to as much as 500 ms and drain, each way for itself; none in the spans `quiet`."""

    def direction(salt: int) -> Delay:
        swells = _spans(seed + salt, 6_000.0, 5_000.0, 20_000.0)
        wire = _jittery(seed + salt, 15.0, 0.5)

        def delay(t: float) -> float:
            swell = _span_at(swells, t)
            if swell is None or any(start <= t < end for start, end in quiet):
                return wire(t)
            share = (t - swell[0]) / (swell[1] - swell[0])
            peak = 100.0 + 400.0 * uniform(seed, swell[0], 7)
            return wire(t) + peak * min(share / 0.8, (1.0 - share) / 0.2)

        return delay

    return Network("bufferbloat", direction(0), direction(1))


def downlink_queue(seed: int, quiet: Spans = ()) -> Network:
    """From 5 s on the video's own download keeps 40 to 120 ms of queue in the downlink, but for `quiet`."""
    wire = _jittery(seed + 1, 12.0, 0.5)

    def delay_down(t: float) -> float:
        standing = 0.0
        if t > 5_000.0 and not any(start <= t < end for start, end in quiet):
            standing = 80.0 + 40.0 * math.sin(t / 7_000.0 + seed)
        return wire(t) + standing

    return Network("downlink_queue", _jittery(seed, 12.0, 0.5), delay_down)


def bursty_loss(seed: int) -> Network:
    """Bursts of loss; TCP holds everything back until the retransmission (200 ms, doubling) gets through."""

    def direction(salt: int) -> Delay:
        bursts = _spans(seed + salt, 8_000.0, 200.0, 3_000.0)
        wire = _jittery(seed + salt, 25.0, 1.0)

        def delay(t: float) -> float:
            waited, timeout = 0.0, 200.0
            while _span_at(bursts, t + waited) and uniform(seed, t + waited, 9) < 0.4 and waited < 6_000.0:
                waited += timeout
                timeout *= 2.0
            return waited + wire(t)

        return delay

    return Network("bursty_loss", direction(0), direction(1))


def adsl(seed: int) -> Network:
    """Permanently asymmetric, 35/12 ms: half the difference is an error that can't be measured."""
    return Network("adsl", _jittery(seed, 35.0, 1.0), _jittery(seed + 1, 12.0, 1.0))


def route_change(seed: int) -> Network:
    """30/30 ms whose way up takes 15 ms more from the middle of the trace on."""
    wire = _jittery(seed, 30.0, 0.8)
    return Network(
        "route_change",
        lambda t: wire(t) + (15.0 if t > TRACE_MS / 2.0 else 0.0),
        _jittery(seed + 1, 30.0, 0.8),
    )


def room(seed: int, asleep: Spans = ()) -> tuple[Network, ...]:
    """The eight paths of the room that the figures are measured in, each with conditions of its own.

    A sleeping machine downloads nothing, and a client that wakes exchanges time before it loads media; so the
    queues that its own downloads cause are empty while it is `asleep` and for 2 s after.
    """
    quiet = tuple((start, end + 2_000.0) for start, end in asleep)
    return (
        lan(seed),
        wifi_stalls(seed + 10),
        transatlantic(seed + 20),
        mobile_4g(seed + 30),
        mobile_5g(seed + 40),
        bufferbloat(seed + 50, quiet),
        downlink_queue(seed + 60, quiet),
        bursty_loss(seed + 70),
    )


#: The two paths whose asymmetry can't be measured.
UNOBSERVABLE = (adsl, route_change)


@dataclass(frozen=True)
class Exchange:
    """One exchange of the trace: when it began and ended, and its four timestamps."""

    began: float
    ended: float
    t1: float
    t2: float
    t3: float
    t4: float
    woke: bool


def exchanges(
    network: Network,
    clock: MemberClock,
    next_delay: Callable[[], float],
    until: float = TRACE_MS,
    seed: int = 0,
) -> Iterator[Exchange]:
    """Exchanges one after the other until `until`, each after the wait that `next_delay()` asks for.

    `next_delay` is called after the consumer has dealt with the last one. `woke` marks the first exchange
    after a sleep, before which a client knows that it slept; it gives up the one under way.
    """
    t, woke = 0.0, False
    while t < until:
        served = t + network.delay_up(t)
        answered = served + 0.03 + exponential(seed, served, 5, 0.05)
        received = answered + network.delay_down(answered)
        wake = clock.wake_between(t, received)
        if wake is None:
            yield Exchange(
                t, received, clock.read(t), EPOCH_MS + served, EPOCH_MS + answered, clock.read(received), woke
            )
            planned = received + next_delay()
            wake = clock.wake_between(received, planned)
        t, woke = (planned, False) if wake is None else (wake, True)
