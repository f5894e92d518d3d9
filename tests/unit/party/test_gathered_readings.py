"""Parties are read once for all who connect at the same time, and shown to who may know of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

import gevent
import pytest

from partyapp.party.application.inbound_ports import PartyView
from partyapp.party.domain.errors import PartyNotFound
from partyapp.party.infrastructure.queries import PartyReading
from partyapp.party.live.gathered_readings import GatheredReadings
from partyapp.shared.kernel.ids import new_id
from tests.support.party_objects import created, host_of


class Parties:
    """One party that its host alone knows of."""

    def __init__(self) -> None:
        self.session = created()
        self.asked: list[int] = []

    def parties_at_once(self, asked: Collection[tuple[UUID, UUID]]) -> Sequence[PartyView | None]:
        self.asked.append(len(asked))
        host = host_of(self.session)
        return [
            PartyReading(state=self.session.state, members=[host], reader_id=reader)
            if reader == host.user_id
            else None
            for _, reader in asked
        ]


def test_all_who_come_at_once_share_a_reading() -> None:
    parties = Parties()
    readings, state = GatheredReadings(parties), parties.session.state
    found = [gevent.spawn(readings.party, state.id, state.host_id) for _ in range(5)]
    stranger = gevent.spawn(readings.party, state.id, new_id())
    for one in found:
        view = one.get(timeout=5)
        assert view.state is state
        assert view.own is not None
    with pytest.raises(PartyNotFound):
        stranger.get(timeout=5)
    assert parties.asked == [6]
