"""`ChatStore` on Postgres: reading, deleting and muting; `say_statement` takes messages in."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, any_, bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert

from partyapp.chat.application.ports import ChatQuestion, ChatReading, ChatSlice, Said, Saying
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
    select(_counters.c.party_id, _counters.c.last_seq, _counters.c.deletions).where(
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
        return {row.party_id: ChatHead(last_seq=row.last_seq, deletions=row.deletions) for row in rows}

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

    def mute(self, party_id: UUID, user_id: UUID, until_ms: float | None) -> None:
        """Have somebody not write until then; None: they may write again."""
        key = {"party_id": party_id, "user_id": user_id}
        given: Any = delete(_mutes).filter_by(**key)
        if until_ms is not None:
            new = insert(_mutes).values(**key, until_ms=until_ms)
            given = new.on_conflict_do_update(
                index_elements=["party_id", "user_id"], set_={"until_ms": until_ms}
            )
        with unavailable_when_gone(), self._transactions.begin() as session:
            session.execute(given)

    def mutes(self, party_id: UUID) -> Sequence[tuple[UUID, float]]:
        """Who was told not to write, and until when, in ms of party time; that may be over."""
        row = _mutes.c
        statement = select(row.user_id, row.until_ms).where(row.party_id == party_id)
        return [(each.user_id, each.until_ms) for each in self._rows(statement.order_by(row.user_id))]

    def _rows(self, statement: Any) -> list[Any]:
        with unavailable_when_gone(), self._single() as session:
            return list(session.execute(statement).all())
