"""What a greenlet raises that nobody waits for."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import gevent
import pytest

from partyapp.realtime.greenlet_errors import log_greenlet_errors
from partyapp.shared.ops.logs import QuietFormatter


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    hub = gevent.get_hub()
    before = hub.print_exception
    yield
    hub.print_exception = before


def fails(written: str) -> None:
    raise ValueError(written)


def test_it_is_logged_once_and_without_what_a_person_wrote(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    log_greenlet_errors()
    with caplog.at_level(logging.ERROR):
        gevent.spawn(fails, "canary").join()
        gevent.get_hub().loop.run_callback(fails, "canary")
        gevent.sleep(0)
    lines = [QuietFormatter("%(message)s").format(record) for record in caplog.records]
    assert [line.splitlines()[0] for line in lines] == [
        "Greenlet failed: ValueError",
        "callback failed: ValueError",
    ]
    assert all("in fails" in line and "canary" not in line for line in lines)
    assert "canary" not in "".join(capsys.readouterr())
