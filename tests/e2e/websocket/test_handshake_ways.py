"""A handshake is answered alike, whoever has read it: the front, or gunicorn for it."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Room
from tests.support.handshake_bytes import compare_ways

pytestmark = pytest.mark.stack


def test_each_way_brings_the_same_answer(still_room: Room) -> None:
    statuses = compare_ways(still_room.member, still_room.id, 100, seeded=True)
    # They are not all refused for what they have in common.
    assert {b"HTTP/1.1 101 Switching Protocols", b"HTTP/1.1 401 UNAUTHORIZED"} <= statuses.keys()
