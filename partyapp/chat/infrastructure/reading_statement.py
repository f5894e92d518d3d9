"""What welcomes tell of chats, read by one statement, so that all of one is of one instant."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Engine, Uuid, column, exists, func, select

from partyapp.chat.application.ports import ChatQuestion, ChatReading
from partyapp.chat.domain.message import ChatHead, ChatMessage, Deletion
from partyapp.chat.infrastructure.entities import ChatCounterEntity, ChatMessageEntity, ChatMuteEntity
from partyapp.chat.infrastructure.rows import MESSAGE_COLUMNS, message_of
from partyapp.shared.storage.database import table_of, unavailable_when_gone
from partyapp.shared.storage.prepared_sql import PreparedSql, typed_text

#: A party, and how much of its chat is asked for: many ask for the same.
_Slice = tuple[UUID, int, int, int]


def read_chats(engine: Engine, asked: Sequence[ChatQuestion]) -> list[ChatReading]:
    """An answer to each, in their order; see `ChatStore.readings`."""
    slices: dict[_Slice, int] = {}
    for one in asked:
        slices.setdefault(_slice_of(one), len(slices) + 1)
    party_ids, afters, most, most_deleted = zip(*slices, strict=True)
    values = {
        "party_ids": list(party_ids),
        "afters": list(afters),
        "most": list(most),
        "most_deleted": list(most_deleted),
        "user_ids": list({one.user_id for one in asked}),
    }
    with unavailable_when_gone():
        rows = _READ(engine, values)
    found: dict[int, list[Any]] = {number: [] for number in slices.values()}
    for row in rows:
        found[row.number].append(row)
    told = {number: _told(of_slice) for number, of_slice in found.items()}
    return [_answer(one, *told[slices[_slice_of(one)]]) for one in asked]


def _slice_of(asked: ChatQuestion) -> _Slice:
    return asked.party_id, -1 if asked.after is None else asked.after, asked.limit, asked.most_deleted


#: The head, the messages, the deletions, and until when who may not write.
_Told = tuple[ChatHead, Sequence[ChatMessage], Sequence[Deletion], dict[str, float]]


def _told(rows: Sequence[Any]) -> _Told:
    first = rows[0]
    return (
        ChatHead(last_seq=first.last_seq, deletions=first.deletions, mutes=first.mute_changes),
        [message_of(row) for row in rows if row.part == "message"],
        [Deletion(number=row.deletion, seq=row.seq) for row in rows if row.part == "deleted"],
        first.mutes or {},
    )


def _answer(
    asked: ChatQuestion,
    head: ChatHead,
    messages: Sequence[ChatMessage],
    deleted: Sequence[Deletion],
    mutes: dict[str, float],
) -> ChatReading:
    muted_until_ms = mutes.get(str(asked.user_id))
    return ChatReading(head=head, messages=messages, deleted=deleted, muted_until_ms=muted_until_ms)


def chat_mark(party_id: ColumnElement[UUID]) -> ColumnElement[Any]:
    """A column of a statement about parties: the `ChatMark` of each, as JSON."""
    counter, mute = table_of(ChatCounterEntity), table_of(ChatMuteEntity)
    head = select(func.json_build_array(counter.c.last_seq, counter.c.deletions, counter.c.mutes))
    return func.json_build_array(
        head.where(counter.c.party_id == party_id).scalar_subquery(),
        exists().where(mute.c.party_id == party_id),
    )


_messages = table_of(ChatMessageEntity)
_COLUMNS = ", ".join(f"m.{name}" for name in MESSAGE_COLUMNS)

# A party in which nobody has said anything has no counter, and the last part has a row all the same. Arrays
# are read by selections: one that the planner could count would have it plan for these values each time.
_READ = PreparedSql(
    typed_text(
        f"""
WITH slice AS (
    SELECT * FROM unnest(
        (SELECT :party_ids), (SELECT :afters), (SELECT :most), (SELECT :most_deleted)
    ) WITH ORDINALITY AS given (party_id, after, most, most_deleted, number)
), head AS (
    SELECT slice.*, COALESCE(counter.last_seq, 0) AS last_seq, COALESCE(counter.deletions, 0) AS deletions,
        COALESCE(counter.mutes, 0) AS mute_changes,
        (SELECT json_object_agg(mute.user_id, mute.until_ms) FROM chat_mutes AS mute
         WHERE mute.party_id = slice.party_id
             AND mute.user_id = ANY (ARRAY(SELECT unnest(:user_ids)))) AS mutes
    FROM slice LEFT JOIN chat_counters AS counter ON counter.party_id = slice.party_id
)
SELECT head.number, head.last_seq, head.deletions AS deletions, head.mute_changes, head.mutes, part.part,
    {", ".join(f"part.{name}" for name in MESSAGE_COLUMNS)}
FROM head LEFT JOIN LATERAL (
    SELECT 'message' AS part, {_COLUMNS} FROM chat_messages AS m
    WHERE m.party_id = head.party_id AND m.seq > GREATEST(head.last_seq - head.most, head.after)
    UNION ALL
    SELECT 'deleted' AS part, {_COLUMNS} FROM chat_messages AS m
    WHERE m.party_id = head.party_id AND m.deletion > head.deletions - head.most_deleted
) AS part ON true
ORDER BY head.number, part.part, part.seq
""",
        {
            "party_ids": column("party_ids", ARRAY(Uuid)),
            "user_ids": column("user_ids", ARRAY(Uuid)),
            "afters": column("afters", ARRAY(BigInteger)),
            "most": column("most", ARRAY(BigInteger)),
            "most_deleted": column("most_deleted", ARRAY(BigInteger)),
        },
    )
)
