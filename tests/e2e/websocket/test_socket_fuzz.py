"""Hostile sockets: nobody else notices, and the web process gives back all that they took."""

from __future__ import annotations

import pytest

from tests.support.local_stack import Stack
from tests.support.socket_fuzz import fuzz_sockets

pytestmark = pytest.mark.stack


def test_hostile_sockets_leave_nothing_behind(stack: Stack) -> None:
    report = fuzz_sockets(stack, 200, seed=1)
    # Those that reached the socket, and those that were refused at the door.
    assert report.statuses[101] > 50
    assert report.statuses[400] > 5
