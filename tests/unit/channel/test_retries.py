"""When what failed is tried again, and how much one person is sent."""

from __future__ import annotations

from partyapp.channel.domain.retries import Allowance, Retries


def test_waits_double_and_have_a_longest() -> None:
    retries = Retries(first_ms=1000, longest_ms=6000, for_ms=60_000)
    assert [retries.wait_ms(tries, 1.0) for tries in (1, 2, 3, 4, 5000)] == [1000, 2000, 4000, 6000, 6000]
    assert retries.wait_ms(3, 0.0) == 2000


def test_so_many_at_once_and_then_as_many_in_an_hour() -> None:
    allowance, sent = Allowance(left=3.0, at_ms=0.0), 0
    for minute in range(61):
        allowance = allowance.refilled(minute * 60_000.0, 3)
        while not allowance.wait_ms(3):
            allowance, sent = allowance.taken(), sent + 1
    assert sent == 6
    assert 0 < allowance.wait_ms(3) <= 20 * 60_000.0
    assert allowance.refilled(9e9, 3).left == 3.0, "nobody saves up more"
    assert allowance.refilled(-1.0, 3).left == allowance.left, "a clock that goes back takes nothing away"


def test_it_is_over_after_long_enough_and_tries_enough() -> None:
    retries = Retries(for_ms=60_000, least=3)
    assert not retries.are_over(2, 0.0, 9e9), "nobody was there to try"
    assert not retries.are_over(9, 0.0, 59_999)
    assert retries.are_over(3, 0.0, 60_000)
