"""The outbox: event rows that other contexts have not been told of yet, delivered at least once."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, any_, func, literal, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from partyapp.party.contract import DeliveredEvent
from partyapp.party.infrastructure import mapping
from partyapp.party.infrastructure.entities import (
    PartyEventEntity,
    PartyMemberEntity,
    SyncedPartySessionEntity,
)
from partyapp.shared.storage.database import Transactions, unavailable_when_gone

#: Takes a batch in the relay's own transaction, so that its effect and the mark commit together.
Consume = Callable[[Session, list[DeliveredEvent]], None]

BATCH = 200


class Outbox:
    """Relays committed events, in order within a party. There is no cursor: a late commit is not skipped."""

    def __init__(self, transactions: Transactions, consume: Consume) -> None:
        self._transactions = transactions
        self._consume = consume

    def relay(self) -> int:
        """Deliver one batch; returns how many events it held, so that the caller goes on until 0."""
        entity = PartyEventEntity
        with unavailable_when_gone(), self._transactions.begin() as session:
            # The advisory lock keeps relays from taking one party's events out of order between them.
            if not session.scalar(select(func.pg_try_advisory_xact_lock(0x70617274))):
                return 0
            # Whole parties from their first waiting event on: ids are made by clocks, revisions are not.
            waiting = select(entity.party_id).where(~entity.relayed).order_by(entity.id).limit(BATCH)
            rows = list(
                session.scalars(
                    select(entity)
                    .where(~entity.relayed, entity.party_id.in_(waiting))
                    .order_by(entity.party_id, entity.revision)
                    .limit(BATCH)
                )
            )
            if not rows:
                return 0
            self._consume(session, self._delivered(session, rows))
            session.execute(
                update(entity)
                .where(entity.id == _one_of(row.id for row in rows), ~entity.relayed)
                .values(relayed=True)
                .execution_options(synchronize_session=False)
            )
            return len(rows)

    def pending(self) -> int:
        """How many events wait."""
        with unavailable_when_gone(), self._transactions() as session:
            waiting = select(func.count()).select_from(PartyEventEntity).where(~PartyEventEntity.relayed)
            return session.scalar(waiting) or 0

    @staticmethod
    def _delivered(session: Session, rows: list[PartyEventEntity]) -> list[DeliveredEvent]:
        parties = {row.party_id for row in rows}
        titles: dict[UUID, str] = dict(
            session.execute(
                select(SyncedPartySessionEntity.id, SyncedPartySessionEntity.title).where(
                    SyncedPartySessionEntity.id == _one_of(parties)
                )
            ).all()
        )
        members: dict[UUID, list[UUID]] = {party: [] for party in parties}
        for party_id, user_id in session.execute(
            select(PartyMemberEntity.party_id, PartyMemberEntity.user_id).where(
                PartyMemberEntity.party_id == _one_of(parties), PartyMemberEntity.left_at_ms.is_(None)
            )
        ):
            members[party_id].append(user_id)
        return [
            DeliveredEvent(
                event=mapping.event_of(row),
                party_title=titles[row.party_id],
                member_ids=tuple(members[row.party_id]),
            )
            for row in rows
        ]


def _one_of(ids: Iterable[UUID]) -> Any:
    """One array instead of a parameter for each: the statement stays short, and the same for any number."""
    return any_(literal(list(ids), ARRAY(Uuid)))
