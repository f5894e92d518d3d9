"""A handshake is answered alike, whoever has read it: the front, or gunicorn for it."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings

from tests.e2e.conftest import Room
from tests.support.handshake_bytes import HOST, PATH, TICKET, TOKEN, answers, heads

pytestmark = pytest.mark.stack


def test_each_way_brings_the_same_answer(still_room: Room) -> None:
    member, seen = still_room.member, set[bytes]()

    def fill(data: bytes) -> bytes:
        meant = {PATH: still_room.path, TOKEN: str(member.token), HOST: urlsplit(member.base_url).netloc}
        if TICKET.encode() in data:
            meant[TICKET] = member.ticket(still_room.id)
        for name, value in meant.items():
            data = data.replace(name.encode(), value.encode())
        return data

    @settings(max_examples=100)
    @given(heads())
    def alike(data: bytes) -> None:
        found = answers(member.base_url, data, fill)
        assert len(set(found.values())) == 1, found
        seen.add(next(iter(found.values())).head[:12])

    alike()
    # They are not all refused for what they have in common.
    assert {b"HTTP/1.1 101", b"HTTP/1.1 401"} <= seen
