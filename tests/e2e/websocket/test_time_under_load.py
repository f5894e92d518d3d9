"""Whatever the load, the proof holds: what a busy process says of the time, beside a clock that knows it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from bench.load.time_under_load import busy_members, load
from tests.e2e.conftest import Room
from tests.e2e.stack import Stack
from tests.support.local_member import LocalMember

pytestmark = pytest.mark.stack

BUSY = 50
SECONDS = 4.0
#: What reading two clocks of one machine one after the other may cost, ms, and the rounding of the stamps.
EPSILON_MS = 0.05


def test_the_truth_lies_within_every_bound_beside_busy_sockets(
    stack: Stack, room: Room, tmp_path: Path
) -> None:
    members = [LocalMember(socket) for socket in room.connect()]
    with load(stack.url, busy_members(stack.url, BUSY), tmp_path) as done:
        threads = [
            threading.Thread(target=member.run, args=(SECONDS, threading.Event())) for member in members
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(SECONDS + 30.0)
    assert done["lost"] == 0, "the busy sockets were there all the time"
    checked = [one for member in members for one in member.checked]
    assert len(checked) >= 2 * 8, "at least both bursts went through"
    for one in checked:
        # t1 + θ ≤ t2 ≤ t3 ≤ t4 + θ, where the server knows θ to the root bound only.
        assert one.residence >= 0.0, one
        assert one.early <= one.root_bound + EPSILON_MS, one
        assert one.late <= one.root_bound + EPSILON_MS, one
        assert one.bound_holds, one
        # A bound that is always right because it is endless would prove nothing.
        assert one.bound <= max(found.rtt for found in checked) + one.root_bound + 1.0, one
