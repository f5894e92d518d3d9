"""How long talk is kept: so many days after a party's end."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from partyapp.chat.infrastructure.entities import ChatCounterEntity, ChatMessageEntity, ChatMuteEntity
from partyapp.party.infrastructure.entities import SyncedPartySessionEntity
from partyapp.party.infrastructure.retention import ended_before
from partyapp.shared.storage.database import Transactions, table_of, unavailable_when_gone
from partyapp.shared.storage.old_rows import count_rows, delete_in_turn, delete_some, rows_of

#: Of so many parties at most the talk is deleted in one portion.
MOST_PARTIES = 100

_parties, _counters = table_of(SyncedPartySessionEntity), table_of(ChatCounterEntity)
_messages, _mutes = table_of(ChatMessageEntity), table_of(ChatMuteEntity)


class OldChats:
    """The talk of parties that ended before then, in ms: messages first, the rest with the last of them."""

    def __init__(self, transactions: Transactions, ended_before_ms: float) -> None:
        self._transactions = transactions
        self._before_ms = ended_before_ms

    def count(self) -> int:
        """How many messages there are."""
        joined = _messages.join(_parties, _parties.c.id == _messages.c.party_id)
        return count_rows(
            self._transactions, select(func.count()).select_from(joined).where(ended_before(self._before_ms))
        )

    def delete(self, limit: int) -> int:
        """Delete at most `limit` rows, mutes that were over by then among them; returns how many."""
        parties = (
            select(_counters.c.party_id)
            .join(_parties, _parties.c.id == _counters.c.party_id)
            .where(ended_before(self._before_ms))
            .limit(min(limit, MOST_PARTIES))
            .with_for_update(of=_counters, skip_locked=True)
        )
        with unavailable_when_gone(), self._transactions.begin() as session:
            over = delete_some(session, _mutes, _mutes.c.until_ms < self._before_ms, limit, skip_locked=True)
            if over == limit:
                return over
            return over + delete_chats(session, list(session.scalars(parties)), limit - over)


def delete_chats(session: Session, party_ids: Sequence[UUID], limit: int) -> int:
    """Delete at most `limit` rows of these parties' talk, in the caller's transaction; returns how many."""
    if not party_ids:
        return 0
    deletions = [rows_of(table.c.party_id, party_ids) for table in (_messages, _mutes, _counters)]
    return delete_in_turn(session, deletions, limit)
