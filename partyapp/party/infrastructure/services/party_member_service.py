"""PartyMemberService: the adapter behind `PartyMemberPort`, on one Postgres transaction."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Uuid, all_, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Session

from partyapp.party.domain.member import PartyMember
from partyapp.party.infrastructure import mapping
from partyapp.party.infrastructure.entities import PartyMemberEntity
from partyapp.shared.storage.database import one_of


class PartyMemberService:
    """Keeps memberships in Postgres."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, party_id: UUID, user_id: UUID) -> PartyMember | None:
        """The membership, present or past."""
        row = self._session.get(PartyMemberEntity, (party_id, user_id), populate_existing=True)
        return None if row is None else mapping.member_of(row)

    def add(self, member: PartyMember) -> None:
        """Insert or update the membership."""
        columns = mapping.member_columns(member)
        statement = insert(PartyMemberEntity).values(**columns)
        changed = {name: columns[name] for name in mapping.RETURNING_COLUMNS}
        self._session.execute(
            statement.on_conflict_do_update(index_elements=["party_id", "user_id"], set_=changed)
        )

    def longest_gone(
        self, party_id: UUID, seen_before_ms: float, staying: Collection[UUID]
    ) -> PartyMember | None:
        """The member who was connected longest ago; ties by id."""
        entity = PartyMemberEntity
        # Null is left out by `greatest`: then nobody has written down yet that they were connected.
        seen_ms = func.greatest(entity.last_seen_ms, entity.joined_at_ms)
        statement = (
            select(entity)
            .where(
                entity.party_id == party_id,
                entity.left_at_ms.is_(None),
                entity.user_id != all_(literal(list(staying), ARRAY(Uuid))),
                seen_ms <= seen_before_ms,
            )
            .order_by(seen_ms, entity.user_id)
            .limit(1)
        )
        row = self._session.scalars(statement).one_or_none()
        return None if row is None else mapping.member_of(row)

    def successor(self, party_id: UUID, leaving: UUID, connected: Collection[UUID]) -> PartyMember | None:
        """The member present longest, connected ones first; ties by id, so that everybody agrees.

        Each of the two questions reads along the index of those present, up to the first that fits.
        """
        entity = PartyMemberEntity
        longest = (
            select(entity)
            .where(entity.party_id == party_id, entity.user_id != leaving, entity.left_at_ms.is_(None))
            .order_by(entity.joined_at_ms, entity.user_id)
            .limit(1)
        )
        row = None
        if connected:
            row = self._session.scalars(longest.where(entity.user_id == one_of(connected))).one_or_none()
        row = row or self._session.scalars(longest).one_or_none()
        return None if row is None else mapping.member_of(row)
