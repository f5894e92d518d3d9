"""Work that goes on whatever happens."""

from __future__ import annotations

import logging

import pytest

from partyapp.shared.kernel.run_forever import run_forever


def test_it_begins_again_until_it_returns(caplog: pytest.LogCaptureFixture) -> None:
    rounds: list[int] = []

    def work() -> None:
        rounds.append(1)
        if len(rounds) < 4:
            raise ValueError("nobody foresaw this")

    with caplog.at_level(logging.ERROR):
        run_forever(work, pause_s=0.0)
    assert len(rounds) == 4
    assert [record.levelname for record in caplog.records] == ["ERROR"] * 3
    assert "work failed and begins again" in caplog.messages[0]


def test_an_order_to_stop_is_obeyed() -> None:
    rounds: list[int] = []

    def work() -> None:
        rounds.append(1)
        raise SystemExit

    with pytest.raises(SystemExit):
        run_forever(work, pause_s=0.0)
    assert len(rounds) == 1
