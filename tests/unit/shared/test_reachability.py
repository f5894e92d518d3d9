"""The loss of a server is told once, with the reason, and so is its return."""

from __future__ import annotations

import logging

import pytest

from partyapp.shared.kernel.reachability import Reachability

log = logging.getLogger(__name__)


def test_a_loss_and_a_return_are_a_line_each(caplog: pytest.LogCaptureFixture) -> None:
    redis = Reachability("Redis", log)
    redis.back()
    for reason in (
        ConnectionError("invalid username-password pair\nor user is disabled."),
        TimeoutError("late"),
    ):
        redis.gone(reason)
    assert redis.is_gone
    redis.back()
    redis.back()
    redis.gone(TimeoutError())
    lines = [record.getMessage() for record in caplog.records]
    assert lines[0] == "Redis is gone: invalid username-password pair or user is disabled."
    assert lines[1].startswith("Redis is back after 0.")
    assert lines[2:] == ["Redis is gone: TimeoutError"]
