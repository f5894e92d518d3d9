"""One accepted join in two SQL statements: one reads all that it is decided on, one commits all it changed.

PostgreSQL runs the parts of the second on one snapshot and as a whole or not at all. It locks the command's
row first, as the long way does, so that whoever runs the same command at the same time finds it done; then it
waits for the party's row and looks at its revision again, so a change that came first makes it find nothing.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, Uuid, bindparam, cast, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert

from partyapp.commands.store import CommandEntity
from partyapp.party.application.ports import ConcurrentChange
from partyapp.party.contract import PartyEvent
from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.domain.state import SyncedPartySessionState
from partyapp.party.infrastructure import mapping
from partyapp.party.infrastructure.entities import (
    PartyEventEntity,
    PartyMemberEntity,
    SyncedPartySessionEntity,
)
from partyapp.shared.storage.database import table_of, unavailable_when_gone
from partyapp.shared.storage.prepared_sql import PreparedSql


@dataclass(frozen=True, kw_only=True)
class JoinReading:
    """An accepted command, the party it is about, and whoever joins, if known there; read at one instant."""

    kind: str
    payload: dict[str, Any]
    outcome: dict[str, Any] | None
    session: SyncedPartySession
    member: PartyMember | None


class JoinStatement:
    """Reads and commits accepted joins, a round trip each."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def read(self, command_id: UUID) -> JoinReading | None:
        """What the command is decided on; None when there is no such command or no such party."""
        with unavailable_when_gone():
            rows = _READ(self._engine, {"command_id": command_id})
        if not rows:
            return None
        (row,) = rows
        return JoinReading(
            kind=row.kind,
            payload=row.payload,
            outcome=row.outcome,
            session=SyncedPartySession.reconstitute(mapping.state_of(row)),
            member=None if row.user_id is None else mapping.member_of(row),
        )

    def write(
        self,
        command_id: UUID,
        outcome: dict[str, Any],
        state: SyncedPartySessionState,
        event: PartyEvent,
        member: PartyMember,
    ) -> None:
        """Commit the join with its outcome.

        Raises `ConcurrentChange` when the party is not at the revision before `state` any more, or the
        command not pending; nothing has happened then.
        """
        values = {
            "command": command_id,
            "outcome": outcome,
            "decided_on": state.revision - 1,
            **{f"party_{name}": value for name, value in mapping.changing_columns(state).items()},
            **{f"event_{name}": value for name, value in mapping.event_columns(event, command_id).items()},
            **{f"member_{name}": value for name, value in mapping.member_columns(member).items()},
        }
        with unavailable_when_gone():
            ((done,),) = _COMMIT(self._engine, values)
        if not done:
            raise ConcurrentChange()


_commands, _parties = table_of(CommandEntity), table_of(SyncedPartySessionEntity)
_events, _members = table_of(PartyEventEntity), table_of(PartyMemberEntity)

# No name of the party's row is one of the membership's, so a row of this is either.
_READ = PreparedSql(
    select(_commands.c.kind, _commands.c.payload, _commands.c.outcome, _parties, _members)
    .join(_parties, _parties.c.id == cast(_commands.c.payload["party_id"].astext, Uuid))
    .outerjoin(_members, (_members.c.party_id == _parties.c.id) & (_members.c.user_id == _commands.c.user_id))
    .where(_commands.c.id == bindparam("command_id"))
)


def _statement() -> Any:
    """The statement: it gives 1 when everything was changed, 0 when nothing was."""
    command_id = bindparam("command", type_=_commands.c.id.type)
    claimed = (
        select(_commands.c.id)
        .where(_commands.c.id == command_id, _commands.c.state == "pending")
        .with_for_update()
        .cte("claimed")
    )
    changed = (
        update(_parties)
        .where(
            _parties.c.id == bindparam("event_party_id", type_=_parties.c.id.type),
            _parties.c.revision == bindparam("decided_on", type_=_parties.c.revision.type),
            exists(select(claimed.c.id)),
        )
        .values({name: _given(_parties, "party", name) for name in mapping.CHANGING_COLUMNS})
        .returning(_parties.c.id)
        .cte("changed")
    )
    logged = _insert(_events, "event", changed).returning(_events.c.id).cte("logged")
    entering = _insert(_members, "member", changed)
    entered = (
        entering.on_conflict_do_update(
            index_elements=["party_id", "user_id"],
            set_={name: entering.excluded[name] for name in mapping.RETURNING_COLUMNS},
        )
        .returning(_members.c.user_id)
        .cte("entered")
    )
    done = (
        update(_commands)
        .where(_commands.c.id == command_id, exists(select(changed.c.id)))
        .values(state="succeeded", outcome=bindparam("outcome", type_=_commands.c.outcome.type))
        .returning(_commands.c.id)
        .cte("done")
    )
    return select(func.count()).select_from(done).add_cte(logged, entered)


def _given(table: Any, prefix: str, name: str) -> Any:
    return bindparam(f"{prefix}_{name}", type_=table.c[name].type)


def _insert(table: Any, prefix: str, after: Any) -> Any:
    """The row that is given, inserted only when `after` found one."""
    names = [column.name for column in table.columns]
    row = select(*(_given(table, prefix, name) for name in names)).select_from(after)
    return insert(table).from_select(names, row, include_defaults=False)


_COMMIT = PreparedSql(_statement())
