"""Ended parties go in time: an index by their end, and events that may be deleted a day after it

An event still can't be changed, and the log of a party that goes on can't be deleted. Of one that ended, an
event may go once both are 23 hours old: a day, and an hour for clocks that differ. The index is built without
holding up anybody (`CONCURRENTLY`), which no transaction allows.

Revision ID: 0017
Revises: 0016
"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_ENDED = "ix_sessions_ended"
_CHANGE = """
    IF TG_OP = 'UPDATE' THEN
        -- The outbox mark is set once and never taken back.
        IF OLD.relayed AND NOT NEW.relayed THEN
            RAISE EXCEPTION 'an event of a party is final' USING ERRCODE = 'restrict_violation';
        END IF;
        OLD.relayed := NEW.relayed;
        IF OLD IS NOT DISTINCT FROM NEW THEN
            RETURN NEW;
        END IF;
    END IF;
"""
_DELETION = """
    IF TG_OP = 'DELETE' THEN
        IF OLD.at_ms < over_ms AND EXISTS (
            SELECT FROM synced_party_sessions
            WHERE id = OLD.party_id AND status = 'ended' AND ended_at_ms < over_ms
        ) THEN
            RETURN OLD;
        END IF;
    END IF;
"""
_FUNCTION = """
CREATE OR REPLACE FUNCTION party_events_are_final() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    over_ms double precision := extract(epoch FROM now()) * 1000 - 23 * 3600 * 1000;
BEGIN
{what}
    RAISE EXCEPTION 'an event of a party is final' USING ERRCODE = 'restrict_violation';
END
$$
"""


def upgrade() -> None:
    op.execute(_FUNCTION.format(what=_CHANGE + _DELETION))
    with op.get_context().autocommit_block():
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {_ENDED}")
        op.execute(
            f"CREATE INDEX CONCURRENTLY {_ENDED} ON synced_party_sessions (ended_at_ms) "
            "WHERE status = 'ended'"
        )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {_ENDED}")
    op.execute(_FUNCTION.format(what=_CHANGE))
