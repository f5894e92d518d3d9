"""How long ended parties are kept. One that is old goes as a whole: its log, members, invites and bans.

Events are final, and the database's trigger lets go of them only when the party has been over for a day.
"""

from collections.abc import Callable, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from partyapp.party.domain.state import PartyStatus
from partyapp.party.infrastructure.admission_entities import (
    PartyBanEntity,
    PartyInviteEntity,
    UsedTokenEntity,
)
from partyapp.party.infrastructure.entities import (
    PartyEventEntity,
    PartyMemberEntity,
    SyncedPartySessionEntity,
)
from partyapp.shared.storage.database import Transactions, table_of, unavailable_when_gone
from partyapp.shared.storage.old_rows import OldRows, count_rows, delete_in_turn, rows_of

#: So many parties at most are begun with in one portion.
MOST_PARTIES = 100

#: Deletes at most so many of these parties' rows of another context; returns how many.
DeleteOfParties = Callable[[Session, Sequence[UUID], int], int]

_parties = table_of(SyncedPartySessionEntity)
_PARTS = tuple(
    table_of(entity) for entity in (PartyEventEntity, PartyMemberEntity, PartyInviteEntity, PartyBanEntity)
)


def ended_before(before_ms: float) -> ColumnElement[bool]:
    """Of parties' rows: whether a party ended before then, in ms."""
    # In the words of the index `ix_sessions_ended`.
    return (_parties.c.status == PartyStatus.ENDED.value) & (_parties.c.ended_at_ms < before_ms)


class EndedParties:
    """The parties that ended before then, in ms. `others` delete what other contexts keep of them."""

    def __init__(
        self, transactions: Transactions, ended_before_ms: float, others: Sequence[DeleteOfParties] = ()
    ) -> None:
        self._transactions = transactions
        self._before_ms = ended_before_ms
        self._others = others

    def count(self) -> int:
        """How many parties there are."""
        parties = select(func.count()).select_from(_parties).where(ended_before(self._before_ms))
        return count_rows(self._transactions, parties)

    def delete(self, limit: int) -> int:
        """Delete at most `limit` rows of the parties that ended first; returns how many, of all tables.

        A party's own row is the last, so that a portion which didn't get so far is gone on with.
        """
        oldest = (
            select(_parties.c.id)
            .where(ended_before(self._before_ms))
            .order_by(_parties.c.ended_at_ms)
            .limit(min(limit, MOST_PARTIES))
            .with_for_update(skip_locked=True)
        )
        with unavailable_when_gone(), self._transactions.begin() as session:
            found = list(session.scalars(oldest))
            if not found:
                return 0
            deletions = [
                *(_bound(delete_more, found) for delete_more in self._others),
                *(rows_of(table.c.party_id, found) for table in _PARTS),
                rows_of(_parties.c.id, found),
            ]
            return delete_in_turn(session, deletions, limit)


def _bound(delete_more: DeleteOfParties, party_ids: Sequence[UUID]) -> Callable[[Session, int], int]:
    return lambda session, limit: delete_more(session, party_ids, limit)


def ended_tokens(transactions: Transactions, now_ms: float) -> OldRows:
    """The tokens that have let somebody in and end by themselves by now (Unix ms)."""
    return OldRows(transactions, table_of(UsedTokenEntity), UsedTokenEntity.until_ms < now_ms)
