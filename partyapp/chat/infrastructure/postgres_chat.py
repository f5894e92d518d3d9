"""`ChatStore` on Postgres: reading, deleting and muting; `say_statement` takes messages in."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, any_, bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert

from partyapp.chat.application.ports import ChatQuestion, ChatReading, ChatSlice, Mutes, Said, Saying
from partyapp.chat.domain.message import ChatHead, ChatMessage, Deletion
from partyapp.chat.infrastructure.entities import ChatCounterEntity, ChatMessageEntity, ChatMuteEntity
from partyapp.chat.infrastructure.reading_statement import read_chats
from partyapp.chat.infrastructure.rows import MESSAGE_COLUMNS, message_of
from partyapp.chat.infrastructure.say_statement import say
from partyapp.shared.storage.database import (
    Transactions,
    single_statements_of,
    table_of,
    unavailable_when_gone,
)
from partyapp.shared.storage.prepared_sql import PreparedSql

_messages, _counters = table_of(ChatMessageEntity), table_of(ChatCounterEntity)
_mutes = table_of(ChatMuteEntity)
_SHOWN = [_messages.c[name] for name in MESSAGE_COLUMNS]
_HEADS = PreparedSql(
    select(_counters.c.party_id, _counters.c.last_seq, _counters.c.deletions, _counters.c.mutes).where(
        _counters.c.party_id == any_(bindparam("party_ids", type_=ARRAY(Uuid)))
    )
)


class PostgresChat:
    """A party's messages in Postgres. Every method raises `Unavailable` without it."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
        self._single = single_statements_of(transactions)
        self._engine = transactions.engine

    def say(self, saying: Saying) -> Said:
        """Take a message in; see `ChatStore`."""
        return say(self._engine, saying)

    def messages(self, party_id: UUID, wanted: ChatSlice) -> Sequence[ChatMessage]:
        """These messages, oldest first."""
        row = _messages.c
        statement = select(*_SHOWN).where(row.party_id == party_id).limit(wanted.limit)
        if wanted.after is not None:
            statement = statement.where(row.seq > wanted.after)
        if wanted.before is not None:
            statement = statement.where(row.seq < wanted.before)
        if wanted.video_id is not None:
            statement = statement.where(row.video_id == wanted.video_id)
        if wanted.from_s is not None:
            statement = statement.where(row.position_s >= wanted.from_s)
        if wanted.to_s is not None:
            statement = statement.where(row.position_s <= wanted.to_s)
        newest_first = wanted.after is None
        rows = self._rows(statement.order_by(row.seq.desc() if newest_first else row.seq))
        found = [message_of(each) for each in rows]
        return found[::-1] if newest_first else found

    def message(self, party_id: UUID, seq: int) -> ChatMessage | None:
        """One message."""
        row = _messages.c
        rows = self._rows(select(*_SHOWN).where(row.party_id == party_id, row.seq == seq))
        return message_of(rows[0]) if rows else None

    def readings(self, asked: Sequence[ChatQuestion]) -> Sequence[ChatReading]:
        """Chats as one instant has them; see `ChatStore`."""
        return read_chats(self._engine, asked)

    def heads(self, party_ids: Sequence[UUID]) -> Mapping[UUID, ChatHead]:
        """How far these parties' chats have come."""
        with unavailable_when_gone():
            rows = _HEADS(self._engine, {"party_ids": list(party_ids)})
        return {
            party_id: ChatHead(last_seq=last_seq, deletions=deletions, mutes=mutes)
            for party_id, last_seq, deletions, mutes in rows
        }

    def delete(self, party_id: UUID, seq: int) -> Deletion | None:
        """Take a message's text away; None when there is nothing to take."""
        row, counter = _messages.c, _counters.c
        with unavailable_when_gone(), self._transactions.begin() as session:
            # The counter's lock first, as in the other statements, and so that deletions have no gaps.
            number = session.scalar(
                select(counter.deletions + 1).where(counter.party_id == party_id).with_for_update()
            )
            gone = session.execute(
                update(_messages)
                .where(row.party_id == party_id, row.seq == seq, row.deletion.is_(None))
                .values(text="", deletion=number)
                .returning(row.seq)
            ).first()
            if gone is None or number is None:
                return None
            session.execute(update(_counters).where(counter.party_id == party_id).values(deletions=number))
        return Deletion(number=number, seq=seq)

    def deletions(self, party_id: UUID, after: int, limit: int) -> Sequence[Deletion]:
        """The deletions after the one numbered `after`, in order."""
        row = _messages.c
        statement = select(row.deletion, row.seq).where(row.party_id == party_id, row.deletion > after)
        rows = self._rows(statement.order_by(row.deletion).limit(limit))
        return [Deletion(number=each.deletion, seq=each.seq) for each in rows]

    def mute(self, party_id: UUID, user_id: UUID, until_ms: float | None) -> int:
        """Have somebody not write until then; None: they may write again. Returns the change's number."""
        key = {"party_id": party_id, "user_id": user_id}
        # In a party without a message this is the counter's first use.
        first = insert(_counters).values(party_id=party_id, last_seq=0, deletions=0, last_at_ms=0.0, mutes=1)
        counted = first.on_conflict_do_update(
            index_elements=["party_id"], set_={"mutes": _counters.c.mutes + 1}
        )
        given: Any = delete(_mutes).filter_by(**key)
        if until_ms is not None:
            new = insert(_mutes).values(**key, until_ms=until_ms)
            given = new.on_conflict_do_update(
                index_elements=["party_id", "user_id"], set_={"until_ms": until_ms}
            )
        with unavailable_when_gone(), self._transactions.begin() as session:
            # The counter's lock first, as in the other statements: changes become visible in their order.
            number = session.scalar(counted.returning(_counters.c.mutes))
            session.execute(given)
        return int(number or 0)

    def mutes(self, party_id: UUID) -> Mutes:
        """All mutes of a party as one instant has them, by people's ids."""
        counter, row = _counters.c, _mutes.c
        joined = _counters.outerjoin(_mutes, row.party_id == counter.party_id)
        statement = select(counter.mutes, row.user_id, row.until_ms).select_from(joined)
        found = self._rows(statement.where(counter.party_id == party_id).order_by(row.user_id))
        until_ms = {each.user_id: each.until_ms for each in found if each.user_id is not None}
        return Mutes(found[0].mutes if found else 0, until_ms)

    def _rows(self, statement: Any) -> list[Any]:
        with unavailable_when_gone(), self._single() as session:
            return list(session.execute(statement).all())
