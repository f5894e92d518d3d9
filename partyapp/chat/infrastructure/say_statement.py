"""A message taken in by one SQL statement: the right to write, the number, the row, and the repeat noticed.

PostgreSQL runs the parts of a statement on one snapshot and as a whole or not at all. The counter's row is
locked until the commit, so numbers have no gaps, whoever fails, and become visible in their order. Of two
statements with one id at the same time the later violates the index and is undone; its repeat finds the
first's row.

It reads the party's own tables, as nothing else of this context does: a question to the party before the
statement would be a round trip more, and its answer might be old by then.
"""

from typing import Any

from psycopg import IntegrityError
from sqlalchemy import Engine

from partyapp.chat.application.ports import Said, Saying
from partyapp.chat.domain.errors import ChatDisabled, IdTaken, Muted
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
        rows = _executed(engine, values)
    if not rows or rows[0].seq is None:
        raise _refusal(rows, saying)
    (row,) = rows
    if row.user_id != saying.user_id:
        raise IdTaken()
    return Said(message=message_of(row), first=bool(row.first))


def _executed(engine: Engine, values: dict[str, Any]) -> list[Any]:
    try:
        return _SAY(engine, values)
    except (ConnectionLost, IntegrityError):
        # Whether it was committed is unknown, or it was by somebody with the same id: either is found now.
        return _SAY(engine, values)


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
), earlier AS (
    SELECT {_COLUMNS} FROM chat_messages WHERE party_id = :party_id AND id = :id
), counted AS (
    INSERT INTO chat_counters AS counter (party_id, last_seq, deletions, last_at_ms)
    SELECT :party_id, 1, 0, :now_ms FROM party
    WHERE present AND status = 'active' AND enabled AND granted AND muted_until_ms IS NULL
        AND NOT EXISTS (SELECT FROM earlier)
    ON CONFLICT (party_id) DO UPDATE
    SET last_seq = counter.last_seq + 1, last_at_ms = GREATEST(counter.last_at_ms, excluded.last_at_ms)
    RETURNING last_seq, last_at_ms
), said AS (
    INSERT INTO chat_messages (party_id, {_COLUMNS})
    SELECT :party_id, last_seq, :id, :user_id, display_name, :text, last_at_ms, position_s, video_id, NULL
    FROM counted, party
    RETURNING {_COLUMNS}
), message AS (
    SELECT true AS first, {_COLUMNS} FROM said UNION ALL SELECT false AS first, {_COLUMNS} FROM earlier
)
SELECT party.status, party.visibility, party.present, party.enabled, party.granted, party.muted_until_ms,
    first, {", ".join(f"message.{name}" for name in MESSAGE_COLUMNS)}
FROM party LEFT JOIN message ON party.present
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
