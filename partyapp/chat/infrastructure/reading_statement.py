"""What a welcome tells of a chat, read by one statement, so that all of it is of one instant."""

from uuid import UUID

from sqlalchemy import BigInteger, Engine, column

from partyapp.chat.application.ports import ChatReading
from partyapp.chat.domain.message import ChatHead, Deletion
from partyapp.chat.infrastructure.entities import ChatMessageEntity
from partyapp.chat.infrastructure.rows import MESSAGE_COLUMNS, message_of
from partyapp.shared.storage.database import table_of, unavailable_when_gone
from partyapp.shared.storage.prepared_sql import PreparedSql, typed_text


def read_chat(
    engine: Engine, party_id: UUID, user_id: UUID, after: int | None, limit: int, most_deleted: int
) -> ChatReading:
    """The newest messages, with `after` of those after it alone; see `ChatStore.reading`."""
    values = {
        "party_id": party_id,
        "user_id": user_id,
        "after": -1 if after is None else after,
        "most": limit,
        "most_deleted": most_deleted,
    }
    with unavailable_when_gone():
        rows = _READ(engine, values)
    first = rows[0]
    return ChatReading(
        head=ChatHead(last_seq=first.last_seq, deletions=first.deletions),
        messages=[message_of(row) for row in rows if row.part == "message"],
        deleted=[Deletion(number=row.deletion, seq=row.seq) for row in rows if row.part == "deleted"],
        muted_until_ms=first.until_ms,
    )


_messages = table_of(ChatMessageEntity)
_COLUMNS = ", ".join(f"m.{name}" for name in MESSAGE_COLUMNS)

# A party in which nobody has said anything has no counter, and the last part has a row all the same.
_READ = PreparedSql(
    typed_text(
        f"""
WITH head AS (
    SELECT COALESCE(counter.last_seq, 0) AS last_seq, COALESCE(counter.deletions, 0) AS deletions,
        mute.until_ms
    FROM (SELECT 1) AS one
    LEFT JOIN chat_counters AS counter ON counter.party_id = :party_id
    LEFT JOIN chat_mutes AS mute ON mute.party_id = :party_id AND mute.user_id = :user_id
), part AS (
    SELECT 'message' AS part, {_COLUMNS} FROM head, chat_messages AS m
    WHERE m.party_id = :party_id AND m.seq > GREATEST(head.last_seq - :most, :after)
    UNION ALL
    SELECT 'deleted' AS part, {_COLUMNS} FROM head, chat_messages AS m
    WHERE m.party_id = :party_id AND m.deletion > head.deletions - :most_deleted
)
SELECT head.last_seq, head.deletions AS deletions, head.until_ms, part.part,
    {", ".join(f"part.{name}" for name in MESSAGE_COLUMNS)}
FROM head LEFT JOIN part ON true
ORDER BY part.part, part.seq
""",
        {
            "party_id": _messages.c.party_id,
            "user_id": _messages.c.user_id,
            "after": _messages.c.seq,
            "most": column("most", BigInteger()),
            "most_deleted": column("most_deleted", BigInteger()),
        },
    )
)
