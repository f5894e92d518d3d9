"""Bugs that are seeded on purpose, which proves that the checker finds them (mutation testing).

None of them is in the service: one is in a listener's own record, the others are written directly to
Postgres.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg

from bench.faults.database import libpq_url

#: A listener loses one change without noticing.
LOST_PUBLISH = "lost-publish"
#: One command's event is committed a second time.
DOUBLE_COMMIT = "double-commit"
#: One acknowledged command is lost with its event, as if its commit had never reached the disk.
LOST_COMMIT = "lost-commit"
#: An acknowledged message is lost, and another is there twice.
LOST_MESSAGE, DOUBLE_MESSAGE = "lost-message", "double-message"
#: An invite for one lets another person in.
SECOND_GUEST = "second-guest"
#: Somebody is a member and banned.
BANNED_MEMBER = "banned-member"
#: A film of the queue is played again, and another is lost.
SECOND_PLAY, LOST_ITEM = "second-play", "lost-item"
#: A wait goes on that should have ended a minute ago.
ENDLESS_WAIT = "endless-wait"
#: What the host has set is not what the events say.
OTHER_SETTINGS = "other-settings"


class NothingToSpoil(ValueError):
    """The evening came out without what the bug would spoil: an empty queue, say. Another one has it."""


Target = dict[str, Any]
Connection = psycopg.Connection[Any]

#: The newest change of the playback in a party.
_NEWEST = """
SELECT p.id, max(e.revision) FROM synced_party_sessions p JOIN party_events e ON e.party_id = p.id
WHERE p.status = 'active' AND e.type LIKE 'playback%%' AND e.command_id IS NOT NULL AND e.actor_id IS NOT NULL
GROUP BY p.id ORDER BY p.id LIMIT 1 OFFSET %(number)s
"""
#: An event that meets the condition.
_SOME = """
SELECT p.id, e.revision FROM synced_party_sessions p JOIN party_events e ON e.party_id = p.id
WHERE p.status = 'active' AND {condition} ORDER BY p.id, e.revision DESC LIMIT 1
"""
_COPY = """
INSERT INTO party_events
    (party_id, revision, id, type, at_ms, actor_id, data, command_id, relayed, recorded_at_ms)
SELECT party_id, %(next)s, gen_random_uuid(), type, at_ms, actor_id, data, command_id, true, recorded_at_ms
FROM party_events WHERE (party_id, revision) = (%(party)s, %(of)s)
"""
_MOVE = """
UPDATE synced_party_sessions SET revision = %(next)s, playback_revision = %(next)s WHERE id = %(party)s
"""
_DELETE = "DELETE FROM party_events WHERE (party_id, revision) = (%(party)s, %(of)s)"
_JOIN = """
WITH guest AS (SELECT gen_random_uuid() AS id), joined AS (
    INSERT INTO party_members (party_id, user_id, display_name, joined_at_ms)
    SELECT %(party)s, guest.id, '', 0 FROM guest
), event AS (
    INSERT INTO party_events (party_id, revision, id, type, at_ms, actor_id, data, relayed)
    SELECT party_id, %(next)s, gen_random_uuid(), type, at_ms, guest.id,
        data || jsonb_build_object('user_id', guest.id), true
    FROM party_events, guest WHERE (party_id, revision) = (%(party)s, %(of)s)
)
UPDATE synced_party_sessions SET revision = %(next)s, member_count = member_count + 1 WHERE id = %(party)s
"""
_HOLD = """
WITH instant AS (SELECT extract(epoch FROM now()) * 1000 - 60000 AS ms), event AS (
    INSERT INTO party_events (party_id, revision, id, type, at_ms, actor_id, data, relayed)
    SELECT party_id, %(next)s, gen_random_uuid(), 'playback_held', ms, NULL,
        data || jsonb_build_object('state', 'paused', 'at_ms', ms, 'reason', 'members', 'until_ms', ms,
            'for', '[]'::jsonb, 'held', jsonb_build_object(
                'reason', 'members', 'for', '[]'::jsonb, 'since_ms', ms, 'until_ms', ms)), true
    FROM party_events, instant WHERE (party_id, revision) = (%(party)s, %(of)s)
)
UPDATE synced_party_sessions
SET revision = %(next)s, playback_state = 'paused', playback_more = NULL, waits = NULL,
    playback_ends_at_ms = NULL, starts_at_ms = NULL
WHERE id = %(party)s
"""
_LATEST_MESSAGE = (
    "(SELECT party_id, seq FROM chat_messages WHERE deletion IS NULL ORDER BY at_ms DESC LIMIT 1)"
)
_DOUBLE_MESSAGE = f"""
WITH counted AS (
    UPDATE chat_counters AS counter SET last_seq = last_seq + 1
    FROM {_LATEST_MESSAGE} AS latest WHERE counter.party_id = latest.party_id
    RETURNING counter.party_id, counter.last_seq, latest.seq
)
INSERT INTO chat_messages (party_id, seq, id, user_id, display_name, text, at_ms, position_s, video_id)
SELECT m.party_id, counted.last_seq, gen_random_uuid(), user_id, display_name, text, at_ms, position_s,
    video_id
FROM chat_messages AS m JOIN counted ON counted.party_id = m.party_id AND counted.seq = m.seq
"""
_BAN = """
INSERT INTO party_bans (party_id, user_id, display_name, banned_by, at_ms)
SELECT m.party_id, m.user_id, '', m.user_id, 0
FROM party_members m JOIN synced_party_sessions p ON p.id = m.party_id
WHERE m.left_at_ms IS NULL AND p.status = 'active' ORDER BY m.party_id LIMIT 1 ON CONFLICT DO NOTHING
"""


def _some(connection: Connection, bug: str, condition: str) -> Target:
    return _target(connection, connection.execute(_SOME.format(condition=condition).encode()).fetchone(), bug)


def _newest(connection: Connection, bug: str) -> Target:
    """Of each of the two in a party of its own."""
    number = (DOUBLE_COMMIT, LOST_COMMIT).index(bug)
    return _target(connection, connection.execute(_NEWEST, {"number": number}).fetchone(), bug)


def _target(connection: Connection, row: Any, bug: str) -> Target:
    if row is None:
        raise NothingToSpoil(f"no party for {bug}")
    party_id, of = row
    # Upkeep and the queue go on: the next revision is ours until the bug is in.
    locked = "SELECT revision FROM synced_party_sessions WHERE id = %s FOR UPDATE"
    ((revision,),) = connection.execute(locked, (party_id,))
    return {"party": party_id, "next": revision + 1, "of": of}


def _lose_commit(connection: Connection) -> None:
    # A trigger keeps events from being deleted; it does not fire in a replication session.
    connection.execute("SET LOCAL session_replication_role = replica")
    connection.execute(_DELETE, _newest(connection, LOST_COMMIT))


def _commit_again(connection: Connection, target: Target) -> None:
    # The unique index keeps a command from being committed twice.
    connection.execute("DROP INDEX IF EXISTS uq_party_events_command")
    connection.execute(_COPY, target)
    connection.execute(_MOVE, target)


def _play_again(connection: Connection) -> None:
    short = "e.type = 'video_changed' AND (e.data -> 'video' ->> 'duration_s')::float < 60"
    _commit_again(connection, _some(connection, SECOND_PLAY, short))


def _let_in_again(connection: Connection) -> None:
    by_one = (
        "e.type = 'member_joined' AND EXISTS (SELECT FROM party_invites i "
        "WHERE i.id::text = e.data ->> 'invite_id' AND i.max_uses = 1)"
    )
    connection.execute(_JOIN, _some(connection, SECOND_GUEST, by_one))


def _hold_on(connection: Connection) -> None:
    # The film stands still from then on: what upkeep does with one that plays would end the seeded wait.
    connection.execute(_HOLD, _some(connection, ENDLESS_WAIT, "e.type = 'playback_started'"))


def _executed(query: str, bug: str) -> Callable[[Connection], None]:
    def seed(connection: Connection) -> None:
        if connection.execute(query.encode()).rowcount != 1:
            raise NothingToSpoil(f"nothing for {bug}")

    return seed


_SEEDS: dict[str, Callable[[Connection], None]] = {
    LOST_PUBLISH: lambda _: None,
    DOUBLE_COMMIT: lambda connection: _commit_again(connection, _newest(connection, DOUBLE_COMMIT)),
    LOST_COMMIT: _lose_commit,
    LOST_MESSAGE: _executed(
        # An old one, which all processes have told: nobody waits for it.
        "DELETE FROM chat_messages WHERE (party_id, seq) = "
        "(SELECT party_id, seq FROM chat_messages WHERE deletion IS NULL ORDER BY at_ms LIMIT 1)",
        LOST_MESSAGE,
    ),
    DOUBLE_MESSAGE: _executed(_DOUBLE_MESSAGE, DOUBLE_MESSAGE),
    SECOND_GUEST: _let_in_again,
    BANNED_MEMBER: _executed(_BAN, BANNED_MEMBER),
    SECOND_PLAY: _play_again,
    LOST_ITEM: _executed(
        "DELETE FROM queue_items WHERE id = (SELECT id FROM queue_items ORDER BY position DESC LIMIT 1)",
        LOST_ITEM,
    ),
    ENDLESS_WAIT: _hold_on,
    OTHER_SETTINGS: _executed(
        "UPDATE synced_party_sessions SET settings = settings || '{\"next_after_s\": 77}' "
        "WHERE id = (SELECT id FROM synced_party_sessions WHERE status = 'active' ORDER BY id LIMIT 1)",
        OTHER_SETTINGS,
    ),
}
SEEDED_BUGS = tuple(_SEEDS)


def apply_bug(bug: str, database_url: str) -> None:
    """Apply a bug in Postgres; nothing for one that is not applied there.

    Raises NothingToSpoil.
    """
    with psycopg.connect(libpq_url(database_url), connect_timeout=5) as connection:
        _SEEDS[bug](connection)
