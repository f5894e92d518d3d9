"""The tick's slots, claimed in Postgres."""

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from partyapp.party.infrastructure.entities import TickSlotEntity

#: How many past slots are kept.
KEPT = 1000


class TickSlots:
    """The adapter behind `TickPort`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def claim(self, slot: int) -> bool:
        """True for the first claim of this slot.

        Slots further ahead than the next one were claimed by a clock that was wrong: they are free again.
        """
        self._session.execute(delete(TickSlotEntity).where(TickSlotEntity.slot > slot + 1))
        statement = insert(TickSlotEntity).values(slot=slot).on_conflict_do_nothing()
        claimed = self._session.execute(statement.returning(TickSlotEntity.slot)).first() is not None
        if claimed and slot % KEPT == 0:
            self._session.execute(delete(TickSlotEntity).where(TickSlotEntity.slot < slot - KEPT))
        return claimed
