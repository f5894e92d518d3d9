"""How long talk is kept: so many days after a party's end."""

from sqlalchemy import delete, select

from partyapp.chat.infrastructure.entities import ChatCounterEntity, ChatMessageEntity, ChatMuteEntity
from partyapp.party.domain.state import PartyStatus
from partyapp.party.infrastructure.entities import SyncedPartySessionEntity
from partyapp.shared.storage.database import Transactions, table_of, unavailable_when_gone

DAY_MS = 24 * 3600 * 1000.0

_parties, _counters = table_of(SyncedPartySessionEntity), table_of(ChatCounterEntity)
_messages, _mutes = table_of(ChatMessageEntity), table_of(ChatMuteEntity)


def purge_chats(transactions: Transactions, *, ended_before_ms: float, limit: int = 5000) -> int:
    """Delete at most `limit` messages of parties that ended before then (ms); returns how many.

    The rest of a party's chat goes with its last message, and mutes that were over by then.
    """
    parties = (
        select(_counters.c.party_id)
        .join(_parties, _parties.c.id == _counters.c.party_id)
        .where(_parties.c.status == PartyStatus.ENDED.value, _parties.c.ended_at_ms < ended_before_ms)
        .limit(100)
        .with_for_update(of=_counters, skip_locked=True)
    )
    with unavailable_when_gone(), transactions.begin() as session:
        session.execute(delete(_mutes).where(_mutes.c.until_ms < ended_before_ms))
        party_ids = list(session.scalars(parties))
        if not party_ids:
            return 0
        row = _messages.c
        keys = session.execute(select(row.party_id, row.id).where(row.party_id.in_(party_ids)).limit(limit))
        found = [(key.party_id, key.id) for key in keys]
        if found:
            ids = [message_id for _, message_id in found]
            session.execute(delete(_messages).where(row.party_id.in_(party_ids), row.id.in_(ids)))
        left = set(session.scalars(select(row.party_id).where(row.party_id.in_(party_ids)).distinct()))
        done = [party_id for party_id in party_ids if party_id not in left]
        for table in (_counters, _mutes):
            session.execute(delete(table).where(table.c.party_id.in_(done)))
        return len(found)
