"""All that is kept of parties, for whoever runs the service. Nothing here asks who may read it."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import desc, select

from partyapp.party.application.views import event_view, summary_view
from partyapp.party.domain.state import PartyStatus
from partyapp.party.infrastructure import mapping
from partyapp.party.infrastructure.entities import (
    PartyMemberEntity,
    SyncedPartySessionEntity,
)
from partyapp.party.infrastructure.queries import PartyQueries
from partyapp.shared.storage.database import Transactions, unavailable_when_gone

#: So many rows are read at a time.
PORTION = 500


class PartyRecords:
    """Parties, memberships and audit logs, in portions. Each method raises `Unavailable` without Postgres."""

    def __init__(self, transactions: Transactions, queries: PartyQueries) -> None:
        self._transactions = transactions
        self._queries = queries

    def parties(self, status: PartyStatus | None, limit: int) -> Iterator[dict[str, Any]]:
        """At most `limit` parties, newest first, as a PartySummary without anybody connected."""
        row, after, left = SyncedPartySessionEntity, None, limit
        while left > 0:
            statement = select(row).order_by(desc(row.id)).limit(min(left, PORTION))
            if status is not None:
                statement = statement.where(row.status == status.value)
            if after is not None:
                statement = statement.where(row.id < after)
            found = [mapping.state_of(entity) for entity in self._rows(statement)]
            yield from (summary_view(state, 0) for state in found)
            if not found:
                return
            after, left = found[-1].id, left - len(found)

    def party(self, party_id: UUID) -> dict[str, Any]:
        """One party as a PartySummary; its invite code is not in it. Raises `PartyNotFound`."""
        return summary_view(self._queries.state(party_id), 0)

    def memberships(self, party_id: UUID) -> Iterator[dict[str, Any]]:
        """Who is or was a member, by their ids."""
        row, after = PartyMemberEntity, UUID(int=0)
        while True:
            statement = select(row).where(row.party_id == party_id, row.user_id > after)
            found = self._rows(statement.order_by(row.user_id).limit(PORTION))
            for member in found:
                yield {
                    "user_id": str(member.user_id),
                    "display_name": member.display_name,
                    "joined_at_ms": member.joined_at_ms,
                    "left_at_ms": member.left_at_ms,
                    "last_seen_ms": member.last_seen_ms,
                    "own_grants": member.grants,
                }
            if len(found) < PORTION:
                return
            after = found[-1].user_id

    def events(self, party_id: UUID, after: int = 0) -> Iterator[dict[str, Any]]:
        """The audit log after that revision, oldest first, as it is by now."""
        while found := self._queries.events(party_id, after, PORTION):
            yield from map(event_view, found)
            after = found[-1].revision

    def _rows(self, statement: Any) -> list[Any]:
        with unavailable_when_gone(), self._transactions() as session:
            return list(session.scalars(statement))
