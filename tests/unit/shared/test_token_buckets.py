"""A bucket allows a burst, and then the rate."""

from __future__ import annotations

import pytest

from partyapp.shared.kernel.bounds import Rate
from partyapp.shared.ops.token_buckets import BURST_S, TokenBuckets


class Tap:
    """Buckets of 5 a second, on a clock that stands still."""

    def __init__(self) -> None:
        self.at_s = 100.0
        self.buckets = TokenBuckets(Rate(amount=300, per_s=60), lambda: self.at_s)

    def taken(self, who: str = "Ada") -> int:
        """How many can be taken now."""
        found = 0
        while not self.buckets.wait_s(who):
            self.buckets.take(who)
            found += 1
        return found


@pytest.fixture
def tap() -> Tap:
    return Tap()


def test_a_burst_and_then_the_rate(tap: Tap) -> None:
    assert tap.taken() == 5 * BURST_S
    assert tap.buckets.wait_s("Ada") == pytest.approx(0.2)
    tap.at_s += 2.0
    assert tap.taken() == 10
    tap.at_s += 1e6
    assert tap.taken() == 5 * BURST_S, "no more than that is saved up"


def test_each_has_a_bucket_of_their_own(tap: Tap) -> None:
    tap.taken()
    assert tap.taken("Grace") == 5 * BURST_S


def test_what_others_used_is_missing(tap: Tap) -> None:
    tap.buckets.take("Ada", 40)
    assert tap.taken() == 10
    tap.buckets.take("Ada", 1e9)
    assert tap.buckets.wait_s("Ada") <= BURST_S + 1, "however much that was, it is over in a while"


def test_who_uses_much_is_known_and_who_does_not_is_forgotten(tap: Tap) -> None:
    tap.buckets.take("Ada", 26)
    tap.buckets.take("Grace", 24)
    assert list(tap.buckets.low()) == ["Ada"]
    tap.at_s += 5.0
    tap.buckets.drop_full()
    assert list(tap.buckets._buckets) == ["Ada"]
