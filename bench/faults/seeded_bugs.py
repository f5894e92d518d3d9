"""Wrongs that are planted on purpose, so that a run without a finding is known to be able to find.

None of them is in the service: one is in a listener's own record, the others are done behind its back in
Postgres.
"""

from __future__ import annotations

import psycopg

from bench.faults.database import plain

#: A listener misses one change and doesn't notice.
LOST_PUBLISH = "lost-publish"
#: One command's event is committed a second time.
DOUBLE_COMMIT = "double-commit"
#: One acknowledged command disappears with its event, as if its commit had never reached the disk.
LOST_COMMIT = "lost-commit"
PLANTS = (LOST_PUBLISH, DOUBLE_COMMIT, LOST_COMMIT)

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
_FORGET = "DELETE FROM party_events WHERE (party_id, revision) = (%(party)s, %(of)s)"


def plant(what: str, database_url: str) -> None:
    """Do it in Postgres, each wrong in a party of its own; what isn't done there is passed over.

    Raises ValueError when there is no party for it.
    """
    if what == LOST_PUBLISH:
        return
    with psycopg.connect(plain(database_url), connect_timeout=5) as connection:
        row = connection.execute(_NEWEST, {"number": PLANTS.index(what)}).fetchone()
        if row is None:
            raise ValueError(f"no party for {what}")
        place = {"party": row[0], "next": row[1] + 1, "of": row[2]}
        if what == LOST_COMMIT:
            # Events are final to everybody; only a superuser's replica, which fires no trigger, forgets one.
            connection.execute("SET LOCAL session_replication_role = replica")
            connection.execute(_FORGET, place)
            return
        # The index is what keeps a command from being done twice; without it there is nothing to find.
        connection.execute("DROP INDEX uq_party_events_command")
        connection.execute(_COPY, place)
        connection.execute(_MOVE, place)
