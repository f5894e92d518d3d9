"""A message taken in by one SQL statement: the right to write, the number and the row.

PostgreSQL runs the parts of a statement on one snapshot and as a whole or not at all. The counter's row is
locked until the commit, so numbers have no gaps, whoever fails, and become visible in their order.

That an id was there before is noticed by the index, which undoes the whole statement; then the message is
read. To look for it first would cost every message a search, and by a plan that PostgreSQL may make for a
party that its statistics don't know: through all that was ever said in it.

It reads the party's own tables, as nothing else of this context does: a question to the party before the
statement would be a round trip more, and its answer might be old by then.
"""

from typing import Any

from psycopg import IntegrityError
from sqlalchemy import Engine

from partyapp.chat.application.ports import Said, Saying
from partyapp.chat.domain.errors import ChatDisabled, IdTaken, Muted
from partyapp.chat.domain.message import ChatMessage
from partyapp.chat.infrastructure.entities import ChatMessageEntity, ChatMuteEntity
from partyapp.chat.infrastructure.rows import MESSAGE_COLUMNS, message_of
from partyapp.party.domain.errors import NotAMember, NotGranted, PartyEnded, PartyNotFound
from partyapp.party.domain.state import PartyStatus, Visibility
from partyapp.shared.kernel.errors import Refusal
from partyapp.shared.storage.database import table_of, unavailable_when_gone
from partyapp.shared.storage.prepared_sql import ConnectionLost, PreparedSql, typed_text

MAY_NOT_WRITE = "You have not been given the right to write in this party."


def say(engine: Engine, saying: Saying) -> Said:
    """Take a message in; see `ChatStore.say`."""
    values = {
        "party_id": saying.party_id,
        "id": saying.id,
        "user_id": saying.user_id,
        "text": saying.text,
        "now_ms": saying.at_ms,
    }
    with unavailable_when_gone():
        try:
            rows = _executed(engine, values)
        except IntegrityError:
            earlier = _earlier(engine, saying)
            if earlier is None:
                raise
            return earlier
        if rows and rows[0].seq is not None:
            return Said(message=_message(rows[0], saying), first=True)
        # Who may not write any more is told of what was taken in before all the same.
        repeated = _earlier(engine, saying) if rows and rows[0].present else None
    if repeated is None:
        raise _refusal(rows, saying)
    return repeated


def _executed(engine: Engine, values: dict[str, Any]) -> list[Any]:
    try:
        return _SAY(engine, values)
    except ConnectionLost:
        # Whether it was committed is unknown: if it was, the index knows.
        return _SAY(engine, values)


def _earlier(engine: Engine, saying: Saying) -> Said | None:
    """The message that has this id. Raises `IdTaken` for somebody else's."""
    rows = _EARLIER(engine, {"party_id": saying.party_id, "id": saying.id})
    if not rows:
        return None
    message = message_of(rows[0])
    if message.user_id != saying.user_id:
        raise IdTaken()
    return Said(message=message, first=False)


def _message(row: Any, saying: Saying) -> ChatMessage:
    return ChatMessage(
        seq=row.seq,
        id=saying.id,
        user_id=saying.user_id,
        display_name=row.display_name,
        text=saying.text,
        at_ms=row.at_ms,
        position_s=row.position_s,
        video_id=row.video_id,
    )


def _refusal(rows: list[Any], saying: Saying) -> Refusal:
    if not rows:
        return PartyNotFound()
    (row,) = rows
    if not row.present:
        return NotAMember() if row.visibility == Visibility.PUBLIC else PartyNotFound()
    if row.status != PartyStatus.ACTIVE:
        return PartyEnded()
    if not row.enabled:
        return ChatDisabled()
    if not row.granted:
        return NotGranted(MAY_NOT_WRITE)
    return Muted(row.muted_until_ms - saying.at_ms)


_messages, _mutes = table_of(ChatMessageEntity), table_of(ChatMuteEntity)
_COLUMNS = ", ".join(MESSAGE_COLUMNS)

# Where the film is at an instant is `PlaybackState.position_at`; a test compares the two.
_SAY = PreparedSql(
    typed_text(
        f"""
WITH party AS (
    SELECT p.status, p.visibility, member.display_name,
        member.user_id IS NOT NULL AS present,
        COALESCE(CAST(p.settings ->> 'chat_enabled' AS boolean), true) AS enabled,
        p.host_id = :user_id OR COALESCE(
            member.grants,
            NULLIF(p.settings -> 'default_grants', CAST('null' AS jsonb)),
            CAST('["chat"]' AS jsonb)
        ) @> CAST('"chat"' AS jsonb) AS granted,
        CASE WHEN p.host_id = :user_id THEN NULL ELSE mute.until_ms END AS muted_until_ms,
        CAST(p.video ->> 'id' AS uuid) AS video_id,
        LEAST(
            GREATEST(
                p.playback_position_s + CASE WHEN p.playback_state = 'playing'
                    THEN p.playback_rate * GREATEST(0, :now_ms - p.playback_at_ms) / 1000 ELSE 0 END,
                0
            ),
            CAST(p.video ->> 'duration_s' AS double precision)
        ) AS position_s
    FROM synced_party_sessions AS p
    LEFT JOIN party_members AS member
        ON member.party_id = p.id AND member.user_id = :user_id AND member.left_at_ms IS NULL
    LEFT JOIN chat_mutes AS mute
        ON mute.party_id = p.id AND mute.user_id = :user_id AND mute.until_ms > :now_ms
    WHERE p.id = :party_id
), counted AS (
    INSERT INTO chat_counters AS counter (party_id, last_seq, deletions, last_at_ms)
    SELECT :party_id, 1, 0, :now_ms FROM party
    WHERE present AND status = 'active' AND enabled AND granted AND muted_until_ms IS NULL
    ON CONFLICT (party_id) DO UPDATE
    SET last_seq = counter.last_seq + 1, last_at_ms = GREATEST(counter.last_at_ms, excluded.last_at_ms)
    RETURNING last_seq, last_at_ms
), said AS (
    INSERT INTO chat_messages (party_id, {_COLUMNS})
    SELECT :party_id, last_seq, :id, :user_id, display_name, :text, last_at_ms, position_s, video_id, NULL
    FROM counted, party
)
SELECT party.status, party.visibility, party.present, party.enabled, party.granted, party.muted_until_ms,
    party.display_name, party.position_s, party.video_id, counted.last_seq AS seq, counted.last_at_ms AS at_ms
FROM party LEFT JOIN counted ON true
""",
        {
            "party_id": _messages.c.party_id,
            "id": _messages.c.id,
            "user_id": _messages.c.user_id,
            "text": _messages.c.text,
            "now_ms": _mutes.c.until_ms,
        },
    )
)

# By the id alone, which is what `OFFSET 0` is for: PostgreSQL might look through all of the party's.
_EARLIER = PreparedSql(
    typed_text(
        f"""
SELECT {_COLUMNS} FROM (SELECT * FROM chat_messages WHERE id = :id OFFSET 0) AS same
WHERE party_id = :party_id
""",
        {"party_id": _messages.c.party_id, "id": _messages.c.id},
    )
)
