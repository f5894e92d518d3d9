"""Wrongs that are planted on purpose, so that a run without a finding is known to be able to find.

None of them is in the service: one is in a listener's own record, the others are done behind its back in
Postgres.
"""

from __future__ import annotations

import psycopg

from bench.faults.truth import plain

#: A listener misses one change and doesn't notice.
LOST_PUBLISH = "lost-publish"
#: One command's event is committed a second time.
DOUBLE_COMMIT = "double-commit"
#: One acknowledged command disappears with its event, as if its commit had never reached the disk.
LOST_COMMIT = "lost-commit"
PLANTS = (LOST_PUBLISH, DOUBLE_COMMIT, LOST_COMMIT)

_COPY = """
INSERT INTO party_events
SELECT party_id, revision + 1, gen_random_uuid(), type, at_ms, actor_id, data, command_id, true, recorded_at_ms
FROM party_events WHERE (party_id, revision) = (%(party)s, %(revision)s)
"""
_MOVE = """
UPDATE synced_party_sessions SET revision = %(revision)s + 1, playback_revision = %(revision)s + 1
WHERE id = %(party)s
"""
_NEWEST = """
SELECT id, revision FROM synced_party_sessions
WHERE status = 'active' AND playback_revision = revision ORDER BY revision DESC LIMIT 1 FOR UPDATE
"""
_FORGET = "DELETE FROM party_events WHERE (party_id, revision) = (%(party)s, %(revision)s)"


def plant(what: str, database_url: str) -> None:
    """Do it in Postgres. Raises ValueError for what isn't planted there, or when no party would do."""
    with psycopg.connect(plain(database_url), connect_timeout=5) as connection:
        row = connection.execute(_NEWEST).fetchone()
        if row is None or what not in (DOUBLE_COMMIT, LOST_COMMIT):
            raise ValueError(what)
        place = {"party": row[0], "revision": row[1]}
        if what == LOST_COMMIT:
            connection.execute(_FORGET, place)
            return
        # The index is what keeps a command from being done twice; without it there is nothing to find.
        connection.execute("DROP INDEX uq_party_events_command")
        connection.execute(_COPY, place)
        connection.execute(_MOVE, place)
