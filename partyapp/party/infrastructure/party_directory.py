"""PartyCalendar: what other contexts may ask about parties, on one Postgres transaction."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import literal, select, tuple_
from sqlalchemy.orm import Session

from partyapp.party.contract import PartyFacts, PartyStart
from partyapp.party.domain.state import PartyStatus
from partyapp.party.infrastructure.entities import PartyMemberEntity, SyncedPartySessionEntity
from partyapp.shared.storage.database import one_of


class PostgresPartyDirectory:
    """`PartyCalendar` on a transaction of another context. A question about no party is no query."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def parties(self, party_ids: Collection[UUID]) -> Mapping[UUID, PartyFacts]:
        """The facts of these parties."""
        if not party_ids:
            return {}
        entity = SyncedPartySessionEntity
        statement = select(entity.id, entity.title, entity.member_count).where(entity.id == one_of(party_ids))
        return {
            row.id: PartyFacts(title=row.title, member_count=row.member_count)
            for row in self._session.execute(statement)
        }

    def members(self, party_ids: Collection[UUID]) -> Mapping[UUID, Collection[UUID]]:
        """The user ids of the present members of each of these parties."""
        found: dict[UUID, list[UUID]] = {party_id: [] for party_id in party_ids}
        if not found:
            return found
        entity = PartyMemberEntity
        statement = select(entity.party_id, entity.user_id).where(
            entity.party_id == one_of(found), entity.left_at_ms.is_(None)
        )
        for party_id, user_id in self._session.execute(statement):
            found[party_id].append(user_id)
        return found

    def starting(self, after: tuple[float, UUID], until_ms: float, limit: int) -> Sequence[PartyStart]:
        """At most `limit` parties whose date lies behind `after` and not behind `until_ms`, in order."""
        entity = SyncedPartySessionEntity
        statement = (
            select(entity.id, entity.title, entity.host_id, entity.starts_at_ms, entity.created_at_ms)
            .where(
                entity.status == PartyStatus.ACTIVE.value,
                entity.starts_at_ms.between(after[0], until_ms),
                tuple_(entity.starts_at_ms, entity.id) > tuple_(literal(after[0]), literal(after[1])),
            )
            .order_by(entity.starts_at_ms, entity.id)
            .limit(limit)
        )
        return [
            PartyStart(
                party_id=row.id,
                title=row.title,
                host_id=row.host_id,
                starts_at_ms=row.starts_at_ms,
                created_at_ms=row.created_at_ms,
            )
            for row in self._session.execute(statement)
        ]
