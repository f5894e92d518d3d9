"""Pauses between tries."""

from __future__ import annotations

from partyapp.shared.kernel.backoff import Backoff


def test_pauses_double_up_to_a_limit_until_it_works() -> None:
    backoff = Backoff(0.2, 1.0)
    assert [backoff.failed() for _ in range(5)] == [0.2, 0.4, 0.8, 1.0, 1.0]
    backoff.worked()
    assert backoff.failed() == 0.2
