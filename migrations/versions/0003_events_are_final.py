"""Events are final: nobody rewrites the audit log, not even the program

A row of party_events may be marked as relayed, and nothing else of it may change. It can be neither deleted
nor truncated away. Whoever has to remove a person's data disables the trigger, which only the table's owner
can; docs/security.md says how.

Revision ID: 0003
Revises: 0002
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_FUNCTION = """
CREATE FUNCTION party_events_are_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
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
    RAISE EXCEPTION 'an event of a party is final' USING ERRCODE = 'restrict_violation';
END
$$
"""


def upgrade() -> None:
    op.execute(_FUNCTION)
    op.execute(
        "CREATE TRIGGER final_rows BEFORE UPDATE OR DELETE ON party_events "
        "FOR EACH ROW EXECUTE FUNCTION party_events_are_final()"
    )
    op.execute(
        "CREATE TRIGGER final_table BEFORE TRUNCATE ON party_events "
        "FOR EACH STATEMENT EXECUTE FUNCTION party_events_are_final()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER final_table ON party_events")
    op.execute("DROP TRIGGER final_rows ON party_events")
    op.execute("DROP FUNCTION party_events_are_final()")
