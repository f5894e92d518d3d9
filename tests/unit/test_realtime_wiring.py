"""The live side of a web process as it is put together: nothing that was built is left out of it.

Nothing is connected before it is used, so there are no servers.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from partyapp.bootstrap import build_resources
from partyapp.bootstrap.commands import build_unit_of_work
from partyapp.notification.infrastructure.notifications import tell_nobody
from partyapp.party.application.ports import Graces
from partyapp.party.live.command_limits import LimitedLifecycle
from partyapp.realtime_wiring import Realtime, build_realtime
from partyapp.shared.ops.settings import Settings

SETTINGS = Settings(
    database_url="postgresql+psycopg://nobody@127.0.0.1:1/none",
    redis_url="redis://127.0.0.1:1",
    secret_key="x" * 40,
    environment="test",
)


class NoQueue:
    """Wakes nobody."""

    def wake(self, *_: Any) -> None:
        """Nobody."""


@pytest.fixture
def realtime() -> Realtime:
    return build_realtime(build_resources(SETTINGS, 1), NoQueue())


def test_each_second_does_all_that_is_due(realtime: Realtime) -> None:
    due = {type(task).__name__ for task in realtime.node._keepalive._each_second}
    assert due == {
        "ChatLimit",
        "CommandLimits",
        "DueParties",
        "PresencePublisher",
        "RoomQueues",
        "RoomWaits",
        "SessionWatcher",
        "KeyWatcher",
        "SyncMetrics",
        "Ticker",
    }


def test_what_sockets_command_is_counted(realtime: Realtime) -> None:
    lifecycle = realtime.sockets._lifecycle
    assert isinstance(lifecycle, LimitedLifecycle)
    assert lifecycle._limits is realtime.playback._limits, "one person has one rate, whatever they command"


def test_every_grace_is_the_operators() -> None:
    settings = replace(SETTINGS, host_grace_s=1.0, abandoned_s=2.0, unvisited_s=3.0)
    resources: Any = build_resources(settings, 1)
    unit_of_work = build_unit_of_work(resources, resources, resources, tell_nobody)
    assert unit_of_work._ports.graces == Graces(host_ms=1000.0, abandoned_ms=2000.0, unvisited_ms=3000.0)
