"""PartyDirectory: what other contexts may ask about parties, on one Postgres transaction."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from partyapp.party.contract import PartyFacts
from partyapp.party.infrastructure.entities import PartyMemberEntity, SyncedPartySessionEntity
from partyapp.shared.storage.database import one_of


class PostgresPartyDirectory:
    """`PartyDirectory` on the relay's transaction. A question about no party is no query."""

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
