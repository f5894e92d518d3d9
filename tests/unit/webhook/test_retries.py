"""The waits between attempts."""

from __future__ import annotations

import pytest

from partyapp.shared.kernel.clock import DAY_MS
from partyapp.webhook.domain.retries import RetrySchedule


def test_waits_double_and_half_of_each_is_chance() -> None:
    schedule = RetrySchedule(first_ms=1000.0, longest_ms=60_000.0)
    assert [schedule.wait_ms(failures, 1.0) for failures in (1, 2, 3, 6, 7, 1000)] == [
        1000.0, 2000.0, 4000.0, 32_000.0, 60_000.0, 60_000.0,
    ]  # fmt: skip
    assert schedule.wait_ms(2, 0.0) == 1000.0
    assert schedule.wait_ms(2, 0.5) == 1500.0


@pytest.mark.parametrize(
    ("asked_s", "wait_ms"), [(None, 1000.0), (0.1, 1000.0), (30.0, 30_000.0), (9e9, 60_000.0)]
)
def test_a_receiver_may_ask_for_longer_but_not_for_ever(asked_s: float | None, wait_ms: float) -> None:
    schedule = RetrySchedule(first_ms=1000.0, longest_ms=60_000.0)
    assert schedule.wait_ms(1, 1.0, asked_s) == wait_ms


def test_three_days_hold_some_dozens_of_attempts() -> None:
    schedule, waited_ms, attempts = RetrySchedule(), 0.0, 0
    while waited_ms < schedule.for_ms:
        attempts += 1
        waited_ms += schedule.wait_ms(attempts, 0.5)
    assert schedule.for_ms == 3 * DAY_MS
    assert 80 <= attempts <= 120
