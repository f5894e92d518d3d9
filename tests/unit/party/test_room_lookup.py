"""What a process knows of parties without a room here: one question to Redis for all who ask meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import gevent

from partyapp.party.application.views import Online
from partyapp.party.live.room_lookup import RoomLookup
from partyapp.realtime.rooms import Hub
from partyapp.shared.kernel.clock import FixedClock
from partyapp.shared.kernel.ids import new_id
from tests.support.waiting import LIMIT_S


class Presence:
    """Knows how many are connected to each party, and which were asked about together."""

    def __init__(self, totals: dict[UUID, int]) -> None:
        self.totals = totals
        self.asked: list[Sequence[UUID]] = []

    def online_at_once(self, party_ids: Sequence[UUID]) -> list[Online]:
        self.asked.append(party_ids)
        gevent.sleep(0)
        return [Online(self.totals[party_id], {}) for party_id in party_ids]


def test_all_who_ask_meanwhile_share_a_question() -> None:
    one, other = new_id(), new_id()
    presence: Any = Presence({one: 1, other: 2})
    lookup = RoomLookup(Hub(), FixedClock(), presence)
    asking = [gevent.spawn(lookup.online, party_id) for party_id in (one, other, one, other, one)]
    gevent.joinall(asking, timeout=LIMIT_S, raise_error=True)
    assert [each.value.total for each in asking] == [1, 2, 1, 2, 1]
    assert presence.asked == [[one, other]]
