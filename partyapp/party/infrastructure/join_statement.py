"""One accepted join in two SQL statements: one reads all that it is decided on, one commits all it changed.

PostgreSQL runs the parts of the second on one snapshot and as a whole or not at all. It locks the command's
row first, as the slow path does, so that a worker that runs the same command at the same time finds it done;
then it waits for the party's row and looks at its revision again, so a change that came first makes it find
nothing.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, Uuid, bindparam, cast, exists, or_, select

from partyapp.commands.store import CommandEntity
from partyapp.party.application.ports import ConcurrentChange
from partyapp.party.contract import PartyEvent
from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.domain.state import SyncedPartySessionState
from partyapp.party.infrastructure import mapping
from partyapp.party.infrastructure.admission_entities import PartyBanEntity, PartyInviteEntity
from partyapp.party.infrastructure.entities import (
    PartyEventEntity,
    PartyMemberEntity,
    SyncedPartySessionEntity,
)
from partyapp.shared.storage.database import table_of, unavailable_when_gone
from partyapp.shared.storage.prepared_sql import PreparedSql, columns_of, typed_text


@dataclass(frozen=True, kw_only=True)
class JoinFacts:
    """A party, and the earlier membership, if any, of who wants to join it; read at one instant.

    `is_named`: they are banned from the party, or were invited to it by name.
    """

    session: SyncedPartySession
    member: PartyMember | None
    is_named: bool


@dataclass(frozen=True, kw_only=True)
class JoinReading(JoinFacts):
    """The same with the accepted command."""

    kind: str
    payload: dict[str, Any]
    outcome: dict[str, Any] | None


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
            is_named=row.is_named,
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
            ((done,),) = _WRITE(self._engine, values)
        if not done:
            raise ConcurrentChange()


_commands, _parties = table_of(CommandEntity), table_of(SyncedPartySessionEntity)
_events, _members = table_of(PartyEventEntity), table_of(PartyMemberEntity)

_bans, _invites = table_of(PartyBanEntity), table_of(PartyInviteEntity)
_IS_NAMED = or_(
    *(
        exists().where(table.c.party_id == _parties.c.id, table.c.user_id == _commands.c.user_id)
        for table in (_bans, _invites)
    )
)

# No name of the party's row is one of the membership's, so a row of this is either.
_READ = PreparedSql(
    select(
        _commands.c.kind,
        _commands.c.payload,
        _commands.c.outcome,
        _parties,
        _members,
        _IS_NAMED.label("is_named"),
    )
    .join(_parties, _parties.c.id == cast(_commands.c.payload["party_id"].astext, Uuid))
    .outerjoin(_members, (_members.c.party_id == _parties.c.id) & (_members.c.user_id == _commands.c.user_id))
    .where(_commands.c.id == bindparam("command_id"))
)

# It gives 1 when everything was changed, 0 when nothing was.
_WRITE = PreparedSql(
    typed_text(
        f"""
WITH claimed AS (
    SELECT id FROM party_commands WHERE id = :command AND state = 'pending' FOR UPDATE
), changed AS (
    UPDATE synced_party_sessions
    SET {", ".join(f"{name} = :party_{name}" for name in mapping.CHANGING_COLUMNS)}
    WHERE id = :event_party_id AND revision = :decided_on AND EXISTS (SELECT FROM claimed)
    RETURNING id
), logged AS (
    INSERT INTO party_events ({", ".join(mapping.EVENT_COLUMNS)})
    SELECT {", ".join(f":event_{name}" for name in mapping.EVENT_COLUMNS)} FROM changed
), entered AS (
    INSERT INTO party_members ({", ".join(mapping.MEMBER_COLUMNS)})
    SELECT {", ".join(f":member_{name}" for name in mapping.MEMBER_COLUMNS)} FROM changed
    ON CONFLICT (party_id, user_id) DO UPDATE
    SET {", ".join(f"{name} = excluded.{name}" for name in mapping.RETURNING_COLUMNS)}
), done AS (
    UPDATE party_commands SET state = 'succeeded', outcome = :outcome
    WHERE id = :command AND EXISTS (SELECT FROM changed)
    RETURNING id
)
SELECT count(*) FROM done
""",
        {
            **columns_of(_parties, "party", mapping.CHANGING_COLUMNS),
            **columns_of(_events, "event", mapping.EVENT_COLUMNS),
            **columns_of(_members, "member", mapping.MEMBER_COLUMNS),
            "decided_on": _parties.c.revision,
            "command": _commands.c.id,
            "outcome": _commands.c.outcome,
        },
    )
)
