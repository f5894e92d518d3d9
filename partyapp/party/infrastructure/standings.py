"""Who may do what in a party, for other contexts."""

from uuid import UUID

from partyapp.party.contract import MemberStanding, QueueOrder
from partyapp.party.domain.errors import NotAMember, PartyEnded
from partyapp.party.domain.grants import names_of
from partyapp.party.domain.state import PartyStatus, SyncedPartySessionState
from partyapp.party.infrastructure.queries import PartyQueries


class PostgresStandings:
    """`PartyStandings` on the parties in Postgres, each question one row of the party's members at most."""

    def __init__(self, queries: PartyQueries) -> None:
        self._queries = queries

    def reading(self, party_id: UUID, user_id: UUID) -> None:
        """Raises `PartyNotFound` or `NotAMember` for whoever may not read it as its members do."""
        if not self._queries.membership(party_id, user_id).readable_whole:
            raise NotAMember()

    def acting(self, party_id: UUID, user_id: UUID) -> MemberStanding:
        """A member of a party that goes on. Raises `PartyNotFound`, `NotAMember` or `PartyEnded`."""
        found = self._queries.membership(party_id, user_id)
        if found.own is None:
            raise NotAMember()
        if found.state.status is PartyStatus.ENDED:
            raise PartyEnded()
        return MemberStanding(
            grants=frozenset(names_of(found.state.grants_of(user_id, found.own.state.grants))),
            announced_item_id=order_of(found.state).announced_item_id,
        )

    def queue_order(self, party_id: UUID) -> QueueOrder:
        """In which order the party's queue plays. Raises `PartyNotFound`."""
        return order_of(self._queries.state(party_id))


def order_of(party: SyncedPartySessionState) -> QueueOrder:
    """In which order the queue of a party plays."""
    following = party.playback.next_video
    return QueueOrder(
        mode=party.settings.queue_mode, announced_item_id=None if following is None else following.item_id
    )
