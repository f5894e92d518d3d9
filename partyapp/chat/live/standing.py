"""What this process knows of a party and of somebody in it, by the room's own replica."""

from typing import Any, Protocol
from uuid import UUID

from partyapp.chat.live.chat_feed import ChatFeed
from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.state import SyncedPartySessionState


class Replica(Protocol):
    """A process's copy of a party."""

    @property
    def state(self) -> Any: ...

    def member(self, user_id: UUID) -> PartyMember | None: ...


class Replicas(Protocol):
    """Where the replica of a party is found."""

    def replica(self, party_id: UUID) -> Any: ...


class ReplicaStanding:
    """`Standing` on replicas."""

    def __init__(self, replicas: Replicas, feed: ChatFeed) -> None:
        self._replicas = replicas
        self._feed = feed

    def known(
        self, party_id: UUID, user_id: UUID
    ) -> tuple[SyncedPartySessionState, PartyMember | None] | None:
        """The party and the membership; None where no one of the party is connected here."""
        replica: Replica | None = self._replicas.replica(party_id)
        return None if replica is None else (replica.state, replica.member(user_id))

    def muted_until_ms(self, party_id: UUID, user_id: UUID) -> float | None:
        """Until when they may not write, as far as is known here."""
        return self._feed.muted_until_ms(party_id, user_id)
