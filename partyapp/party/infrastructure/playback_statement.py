"""One playback command in one SQL statement: the party's row, the event's row, and the repeat noticed.

PostgreSQL runs the parts of a statement on one snapshot and as a whole or not at all. The update waits for
the row's lock and then looks at its revision again, so a change that came first makes it find nothing.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg import IntegrityError
from sqlalchemy import Engine

from partyapp.party.application.ports import ConcurrentChange
from partyapp.party.contract import PartyEvent
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.infrastructure import mapping
from partyapp.party.infrastructure.entities import PartyEventEntity, SyncedPartySessionEntity
from partyapp.shared.storage.database import table_of, unavailable_when_gone
from partyapp.shared.storage.prepared_sql import ConnectionLost, PreparedSql, columns_of, typed_text


@dataclass(frozen=True, kw_only=True)
class Written:
    """The event that the command left. `first` is False for a repeat, which changed nothing now."""

    event: PartyEvent
    first: bool


class PlaybackStatement:
    """Commits what was decided on a replica. Without a transaction around it there is one round trip."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def write(self, session: SyncedPartySession, command_id: UUID) -> Written:
        """Store the party's one new event, and the state after it, if the party is at the revision before.

        Raises `ConcurrentChange` when the party isn't at that revision, `Unavailable` when Postgres is gone:
        then it may have happened all the same, and a repeat with the same command id finds it.
        """
        state, (happened,) = session.state, session.events
        event = mapping.recorded(happened)
        party = {f"party_{name}": value for name, value in mapping.playback_columns(state).items()}
        row = {f"event_{name}": value for name, value in mapping.event_columns(event, command_id).items()}
        values = {**party, **row, "decided_on": state.revision - 1}
        with unavailable_when_gone():
            try:
                found = self._execute(values)
            except IntegrityError as error:
                raise ConcurrentChange() from error
        if found.committed:
            return Written(event=event, first=True)
        if found.id is None:
            raise ConcurrentChange()
        columns = {name: getattr(found, name) for name in mapping.EVENT_COLUMNS}
        return Written(event=mapping.event_of(PartyEventEntity(**columns)), first=False)

    def _execute(self, values: dict[str, Any]) -> Any:
        try:
            (found,) = _WRITE(self._engine, values)
        except ConnectionLost:
            # Whether it was committed is unknown; by the command id a second try finds the first's event.
            (found,) = _WRITE(self._engine, values)
        return found


_parties, _events = table_of(SyncedPartySessionEntity), table_of(PartyEventEntity)

# The first effect of this command, or else the change if the party is at the expected revision.
_WRITE = PreparedSql(
    typed_text(
        f"""
WITH first_effect AS (
    SELECT {", ".join(mapping.EVENT_COLUMNS)} FROM party_events
    WHERE party_id = :event_party_id AND actor_id = :event_actor_id AND command_id = :event_command_id
), changed AS (
    UPDATE synced_party_sessions
    SET {", ".join(f"{name} = :party_{name}" for name in mapping.PLAYBACK_COLUMNS)}
    WHERE id = :event_party_id AND revision = :decided_on AND NOT EXISTS (SELECT FROM first_effect)
    RETURNING id
), logged AS (
    INSERT INTO party_events ({", ".join(mapping.EVENT_COLUMNS)})
    SELECT {", ".join(f":event_{name}" for name in mapping.EVENT_COLUMNS)} FROM changed
    RETURNING id
)
SELECT first_effect.*, (SELECT count(*) FROM logged) AS committed
FROM (SELECT 1) AS one LEFT JOIN first_effect ON true
""",
        {
            **columns_of(_parties, "party", mapping.PLAYBACK_COLUMNS),
            **columns_of(_events, "event", mapping.EVENT_COLUMNS),
            "decided_on": _parties.c.revision,
        },
    )
)
