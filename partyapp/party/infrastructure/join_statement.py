"""A join in two SQL statements: one reads all that it is decided on, one commits all it changed.

PostgreSQL runs the parts of the second on one snapshot and as a whole or not at all. Of an accepted command
it locks the row first, as the slow path does, so that a worker that runs the same command at the same time
finds it done; of one that has no row yet it writes that, unless its key is taken. It waits for the party's
row and looks at its revision again, so a change that came first makes it find nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg import IntegrityError
from psycopg.errors import LockNotAvailable, QueryCanceled
from sqlalchemy import ColumnElement, Engine, Uuid, bindparam, cast, exists, or_, select

from partyapp.commands.record import NewCommand
from partyapp.commands.store import NEW_COLUMNS, CommandEntity, new_columns
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
from partyapp.party.infrastructure.member_list import ALL_OF_SMALL
from partyapp.shared.storage.database import table_of, unavailable_when_gone
from partyapp.shared.storage.prepared_sql import PreparedSql, columns_of, typed_text


class Busy(Exception):
    """The party's row was locked for longer than anybody may wait for it; nothing has happened."""


@dataclass(frozen=True, kw_only=True)
class JoinFacts:
    """A party, and the earlier membership, if any, of who wants to join it; read at one instant.

    `is_named`: they are banned from the party, or were invited to it by name. `listed` are all present
    members of a small party, None where they were not read.
    """

    session: SyncedPartySession
    member: PartyMember | None
    is_named: bool
    listed: Sequence[PartyMember] | None = None


@dataclass(frozen=True, kw_only=True)
class JoinReading(JoinFacts):
    """The same with the accepted command."""

    kind: str
    payload: dict[str, Any]
    outcome: dict[str, Any] | None


class JoinStatement:
    """Reads and commits joins, a round trip each."""

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
            **_facts_in(row),
        )

    def read_for(self, party_id: UUID, user_id: UUID) -> JoinFacts | None:
        """What a join is decided on that has no row yet; None when there is no such party."""
        with unavailable_when_gone():
            rows = _READ_FOR(self._engine, {"of_party": party_id, "of_user": user_id})
        if not rows:
            return None
        listed = rows[0].listed
        members = None if listed is None else [mapping.member_listed(party_id, *each) for each in listed]
        return JoinFacts(**_facts_in(rows[0]), listed=members)

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
        values = _changes(command_id, state, event, member)
        with unavailable_when_gone():
            ((done,),) = _WRITE(self._engine, values | {"command": command_id, "outcome": outcome})
        if not done:
            raise ConcurrentChange()

    def write_new(
        self,
        new: NewCommand,
        outcome: dict[str, Any],
        state: SyncedPartySessionState,
        event: PartyEvent,
        member: PartyMember,
    ) -> None:
        """Commit the join and the row of its command, with its outcome.

        Raises `ConcurrentChange` when the party is not at the revision before `state` any more, or the key is
        taken, and `Busy`; nothing has happened then.
        """
        row = new_columns(new) | {"state": "succeeded", "outcome": outcome}
        values = _changes(new.id, state, event, member)
        values |= {f"command_{name}": value for name, value in row.items()}
        with unavailable_when_gone():
            try:
                ((done,),) = _WRITE_NEW(self._engine, values)
            except IntegrityError as error:
                # The same request at the same time.
                raise ConcurrentChange() from error
            except (LockNotAvailable, QueryCanceled) as error:
                raise Busy() from error
        if not done:
            raise ConcurrentChange()


def _facts_in(row: Any) -> dict[str, Any]:
    return {
        "session": SyncedPartySession.reconstitute(mapping.state_of(row)),
        "member": None if row.user_id is None else mapping.member_of(row),
        "is_named": row.is_named,
    }


def _changes(
    command_id: UUID,
    state: SyncedPartySessionState,
    event: PartyEvent,
    member: PartyMember,
) -> dict[str, Any]:
    return {
        "decided_on": state.revision - 1,
        **{f"party_{name}": value for name, value in mapping.changing_columns(state).items()},
        **{f"event_{name}": value for name, value in mapping.event_columns(event, command_id).items()},
        **{f"member_{name}": value for name, value in mapping.member_columns(member).items()},
    }


_commands, _parties = table_of(CommandEntity), table_of(SyncedPartySessionEntity)
_events, _members = table_of(PartyEventEntity), table_of(PartyMemberEntity)

_bans, _invites = table_of(PartyBanEntity), table_of(PartyInviteEntity)


def _is_named(user_id: ColumnElement[UUID]) -> ColumnElement[bool]:
    """Whether that person is banned from the party, or was invited to it by name."""
    named = (
        exists().where(table.c.party_id == _parties.c.id, table.c.user_id == user_id)
        for table in (_bans, _invites)
    )
    return or_(*named).label("is_named")


# No name of the party's row is one of the membership's, so a row of these is either.
_READ = PreparedSql(
    select(
        _commands.c.kind,
        _commands.c.payload,
        _commands.c.outcome,
        _parties,
        _members,
        _is_named(_commands.c.user_id),
    )
    .join(_parties, _parties.c.id == cast(_commands.c.payload["party_id"].astext, Uuid))
    .outerjoin(_members, (_members.c.party_id == _parties.c.id) & (_members.c.user_id == _commands.c.user_id))
    .where(_commands.c.id == bindparam("command_id"))
)
_own = _members.alias("own")
_OF_USER = bindparam("of_user", type_=Uuid)
_READ_FOR = PreparedSql(
    select(_parties, _own, _is_named(_OF_USER), ALL_OF_SMALL.label("listed"))
    .outerjoin(_own, (_own.c.party_id == _parties.c.id) & (_own.c.user_id == _OF_USER))
    .where(_parties.c.id == bindparam("of_party"))
)

# The change, if the party is at the expected revision and the condition holds.
_CHANGED = f"""
    UPDATE synced_party_sessions
    SET {", ".join(f"{name} = :party_{name}" for name in mapping.CHANGING_COLUMNS)}
    WHERE id = :event_party_id AND revision = :decided_on AND """
# What it leaves.
_LEFT = f"""
    RETURNING id
), logged AS (
    INSERT INTO party_events ({", ".join(mapping.EVENT_COLUMNS)})
    SELECT {", ".join(f":event_{name}" for name in mapping.EVENT_COLUMNS)} FROM changed
), entered AS (
    INSERT INTO party_members ({", ".join(mapping.MEMBER_COLUMNS)})
    SELECT {", ".join(f":member_{name}" for name in mapping.MEMBER_COLUMNS)} FROM changed
    ON CONFLICT (party_id, user_id) DO UPDATE
    SET {", ".join(f"{name} = excluded.{name}" for name in mapping.RETURNING_COLUMNS)}
), done AS ("""
_TYPES = {
    **columns_of(_parties, "party", mapping.CHANGING_COLUMNS),
    **columns_of(_events, "event", mapping.EVENT_COLUMNS),
    **columns_of(_members, "member", mapping.MEMBER_COLUMNS),
    "decided_on": _parties.c.revision,
}

# Both give 1 when everything was changed, 0 when nothing was.
_WRITE = PreparedSql(
    typed_text(
        f"""
WITH claimed AS (
    SELECT id FROM party_commands WHERE id = :command AND state = 'pending' FOR UPDATE
), changed AS ({_CHANGED} EXISTS (SELECT FROM claimed) {_LEFT}
    UPDATE party_commands SET state = 'succeeded', outcome = :outcome
    WHERE id = :command AND EXISTS (SELECT FROM changed)
    RETURNING id
)
SELECT count(*) FROM done
""",
        {**_TYPES, "command": _commands.c.id, "outcome": _commands.c.outcome},
    )
)

_WRITTEN = (*NEW_COLUMNS, "outcome")
_WRITE_NEW = PreparedSql(
    typed_text(
        f"""
WITH changed AS ({_CHANGED} NOT EXISTS (
        SELECT FROM party_commands
        WHERE user_id = :command_user_id AND idempotency_key = :command_idempotency_key
    ) {_LEFT}
    INSERT INTO party_commands ({", ".join(_WRITTEN)})
    SELECT {", ".join(f":command_{name}" for name in _WRITTEN)} FROM changed
    RETURNING id
)
SELECT count(*) FROM done
""",
        {**_TYPES, **columns_of(_commands, "command", _WRITTEN)},
    )
)
