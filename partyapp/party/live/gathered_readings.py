"""Reads parties for those who connect: by one statement for all who come at the same time."""

from collections.abc import Collection, Sequence
from typing import Protocol
from uuid import UUID

from partyapp.party.application.inbound_ports import PartyView
from partyapp.party.domain.errors import PartyNotFound
from partyapp.realtime.gathered import Gathered


class Parties(Protocol):
    """Where they are read."""

    def parties_at_once(self, asked: Collection[tuple[UUID, UUID]]) -> Sequence[PartyView | None]:
        """For each of these pairs of a party and a reader: the party, None where they may not know of it."""
        ...


class GatheredReadings:
    """Reads a party for one of its members, at the earliest when that is asked for."""

    def __init__(self, parties: Parties) -> None:
        self._read: Gathered[tuple[UUID, UUID], PartyView | None] = Gathered(parties.parties_at_once)

    def party(self, party_id: UUID, reader_id: UUID) -> PartyView:
        """The party, and of a large one the reader's own membership, perhaps among others'. Waits.

        Raises `PartyNotFound` for a private one of others, and `Unavailable`.
        """
        found = self._read((party_id, reader_id))
        if found is None:
            raise PartyNotFound()
        return found
