"""One playback command in one SQL statement: the party's row, the event's row, and the repeat noticed.

PostgreSQL runs the parts of a statement on one snapshot and as a whole or not at all. The update waits for
whoever holds the row and then looks at its revision again, so a change that came first makes it find nothing.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg import IntegrityError
from sqlalchemy import (
    Engine,
    Select,
    bindparam,
    exists,
    func,
    insert,
    literal,
    select,
    true,
    update,
)

from partyapp.party.application.ports import ConcurrentChange
from partyapp.party.contract import PartyEvent
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.infrastructure import mapping
from partyapp.party.infrastructure.entities import PartyEventEntity, SyncedPartySessionEntity
from partyapp.shared.storage.database import table_of, unavailable_when_gone
from partyapp.shared.storage.prepared_sql import ConnectionLost, PreparedSql


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
        columns = {name: getattr(found, name) for name in _event_columns}
        return Written(event=mapping.event_of(PartyEventEntity(**columns)), first=False)

    def _execute(self, values: dict[str, Any]) -> Any:
        try:
            (found,) = _STATEMENT(self._engine, values)
        except ConnectionLost:
            # Whether it was committed is unknown, but the command id tells: a second try finds the event of
            # the first.
            (found,) = _STATEMENT(self._engine, values)
        return found


_party, _events = table_of(SyncedPartySessionEntity), table_of(PartyEventEntity)
_event_columns = [column.name for column in _events.columns]
_given = {name: bindparam(f"event_{name}", type_=_events.c[name].type) for name in _event_columns}


def _statement() -> Select[Any]:
    """The statement: the first effect of this command, or else the change if the revision is the expected."""
    first = (
        select(_events)
        .where(*(_events.c[name] == _given[name] for name in ("party_id", "actor_id", "command_id")))
        .cte("first_effect")
    )
    changing = {
        name: bindparam(f"party_{name}", type_=_party.c[name].type) for name in mapping.PLAYBACK_COLUMNS
    }
    changed = (
        update(_party)
        .where(
            _party.c.id == _given["party_id"],
            _party.c.revision == bindparam("decided_on", type_=_party.c.revision.type),
            ~exists(select(first.c.id)),
        )
        .values(changing)
        .returning(_party.c.id)
        .cte("changed")
    )
    logged = (
        insert(_events)
        .from_select(_event_columns, select(*_given.values()).select_from(changed), include_defaults=False)
        .returning(_events.c.id)
        .cte("logged")
    )
    committed = select(func.count()).select_from(logged).scalar_subquery().label("committed")
    one = select(literal(1).label("one")).subquery("one")
    return select(*first.c, committed).select_from(one.outerjoin(first, true()))


_STATEMENT = PreparedSql(_statement())
