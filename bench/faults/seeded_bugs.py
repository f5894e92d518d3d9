"""Bugs that are seeded on purpose, which proves that the checker finds them (mutation testing).

None of them is in the service: one is in a listener's own record, the others are written directly to
Postgres.
"""

from __future__ import annotations

import psycopg

from bench.faults.database import libpq_url

#: A listener loses one change without noticing.
LOST_PUBLISH = "lost-publish"
#: One command's event is committed a second time.
DOUBLE_COMMIT = "double-commit"
#: One acknowledged command is lost with its event, as if its commit had never reached the disk.
LOST_COMMIT = "lost-commit"
SEEDED_BUGS = (LOST_PUBLISH, DOUBLE_COMMIT, LOST_COMMIT)

#: The newest change of the playback in a party, and the party's own revision.
_NEWEST = """
SELECT p.id, p.revision, max(e.revision) FROM synced_party_sessions p JOIN party_events e ON e.party_id = p.id
WHERE p.status = 'active' AND e.type LIKE 'playback%%' AND e.command_id IS NOT NULL
GROUP BY p.id ORDER BY p.id LIMIT 1 OFFSET %(number)s
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


def apply_bug(bug: str, database_url: str) -> None:
    """Apply a bug in Postgres, each in a party of its own; nothing for one that is not applied there.

    Raises ValueError when there is no party for it.
    """
    if bug == LOST_PUBLISH:
        return
    with psycopg.connect(libpq_url(database_url), connect_timeout=5) as connection:
        row = connection.execute(_NEWEST, {"number": SEEDED_BUGS.index(bug)}).fetchone()
        if row is None:
            raise ValueError(f"no party for {bug}")
        target = {"party": row[0], "next": row[1] + 1, "of": row[2]}
        if bug == LOST_COMMIT:
            # A trigger keeps events from being deleted; it does not fire in a replication session.
            connection.execute("SET LOCAL session_replication_role = replica")
            connection.execute(_DELETE, target)
            return
        # The unique index keeps a command from being committed twice.
        connection.execute("DROP INDEX uq_party_events_command")
        connection.execute(_COPY, target)
        connection.execute(_MOVE, target)
