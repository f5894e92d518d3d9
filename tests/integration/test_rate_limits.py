"""Rate limits on a real Redis: shared by processes, and counted alone while it is gone."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from partyapp.shared.kernel.bounds import Rate, Rates
from partyapp.shared.kernel.errors import RateLimited
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.ops.rate_limits import REDIS_PAUSE_S, REDIS_TIMEOUT_S, RateLimits
from tests.support.local_stack import free_port
from tests.support.server_processes import frozen, redis_pid

FIVE = Rates(user=Rate(amount=5, per_s=60))


@pytest.fixture
def who() -> str:
    return str(new_id())


def passed(limits: RateLimits, who: str, times: int) -> int:
    """How many of so many hits were let through."""
    good = 0
    for _ in range(times):
        try:
            limits.hit("user", who)
            good += 1
        except RateLimited:
            continue
    return good


def test_processes_count_together(redis_url: str, who: str) -> None:
    first, second = RateLimits(FIVE, redis_url), RateLimits(FIVE, redis_url)
    assert passed(first, who, 3) == 3
    assert passed(second, who, 3) == 2


def test_persons_and_rules_count_apart(redis_url: str, who: str) -> None:
    limits = RateLimits(FIVE, redis_url)
    assert passed(limits, who, 9) == 5
    assert passed(limits, str(new_id()), 9) == 5
    limits.hit("lifecycle", who)


def test_a_refusal_says_which_limit_and_how_long(redis_url: str, who: str) -> None:
    limits = RateLimits(FIVE, redis_url)
    passed(limits, who, 5)
    with pytest.raises(RateLimited) as refused:
        limits.hit("user", who)
    wait_s = refused.value.retry_after_s
    assert wait_s is not None
    assert 1 <= wait_s <= 60
    assert refused.value.headers == {
        "RateLimit-Policy": '"user";q=5;w=60',
        "RateLimit": f'"user";r=0;t={wait_s}',
    }


def test_many_at_once_get_no_more_than_the_limit(redis_url: str, who: str) -> None:
    limits = RateLimits(FIVE, redis_url)
    results: list[int] = []
    threads = [threading.Thread(target=lambda: results.append(passed(limits, who, 4))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sum(results) == 5


def test_turned_off_it_asks_nobody(who: str) -> None:
    assert passed(RateLimits(Rates(enabled=False), f"redis://127.0.0.1:{free_port()}"), who, 2000) == 2000


def test_without_redis_a_process_counts_alone(who: str) -> None:
    limits = RateLimits(FIVE, f"redis://127.0.0.1:{free_port()}")
    assert passed(limits, who, 9) == 5
    assert passed(limits, str(new_id()), 9) == 5


class Hands:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Hands:
    return Hands()


def timed(run: Callable[[], object]) -> float:
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


def test_a_frozen_redis_delays_one_and_is_asked_again_later(redis_url: str, who: str, clock: Hands) -> None:
    limits = RateLimits(FIVE, redis_url, clock)
    assert passed(limits, who, 3) == 3
    with frozen(redis_pid(redis_url)):
        first_s = timed(lambda: passed(limits, who, 1))
        others_s = timed(lambda: passed(limits, str(new_id()), 100))
        assert first_s >= REDIS_TIMEOUT_S
        assert others_s < first_s
    clock.now_s += REDIS_PAUSE_S
    # Redis may have counted the one that nobody waited for any more.
    assert passed(limits, who, 9) in (1, 2), "what was counted before and after the outage adds up"
