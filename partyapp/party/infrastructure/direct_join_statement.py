"""Joins of several people, into one party or several, in two SQL statements: all that they are decided on,
and all that they change, with the rows of their commands.

PostgreSQL runs the parts of the second on one snapshot and as a whole or not at all. It changes those parties
that are at the revision they were decided on and that nobody has locked, so that it never waits for one party
with what others want of another; what belongs to the rest finds nothing to hang on. Its values are documents
of JSON, one for each table: the statement is the same for any number of them.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from psycopg import IntegrityError
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Engine,
    String,
    Table,
    Text,
    Uuid,
    any_,
    bindparam,
    exists,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.dialects import postgresql

from partyapp.commands.record import NewCommand
from partyapp.commands.store import NEW_COLUMNS, CommandEntity, new_columns
from partyapp.party.contract import PartyEvent
from partyapp.party.domain.member import PartyMember
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
from partyapp.shared.storage.prepared_sql import PreparedSql, hidden_array


class AskedJoin(NamedTuple):
    """Who wants to join which party, and the key of the request, if it has one."""

    party_id: UUID
    user_id: UUID
    key: str | None


class PartyToJoin(NamedTuple):
    """A party at one instant; `listed` are all present members of a small one, None where they were not read.

    `known` are those of who wants to join it that are or were members, are banned, were invited by name, or
    have used their key before.
    """

    state: SyncedPartySessionState
    listed: Sequence[PartyMember] | None
    known: frozenset[UUID]


class DecidedJoin(NamedTuple):
    """What one join leaves: its command with the outcome, its event and its membership."""

    command: NewCommand
    outcome: dict[str, Any]
    event: PartyEvent
    member: PartyMember


@dataclass(frozen=True, kw_only=True)
class JoinedParty:
    """A party after `joins`, which were decided at the revision `decided_on`."""

    state: SyncedPartySessionState
    decided_on: int
    joins: Sequence[DecidedJoin]


class DirectJoinStatement:
    """Reads and commits joins that have no row yet, a round trip each."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def read(self, asked: Collection[AskedJoin]) -> dict[UUID, PartyToJoin]:
        """Those of the parties that there are, by their ids. Raises `Unavailable`."""
        values = {
            "party_ids": list({one.party_id for one in asked}),
            "of_party": [one.party_id for one in asked],
            "of_user": [one.user_id for one in asked],
            "of_key": [one.key for one in asked],
        }
        with unavailable_when_gone():
            rows = _READ(self._engine, values)
        return {row.id: _party_in(row) for row in rows}

    def write(self, parties: Collection[JoinedParty]) -> set[UUID]:
        """Commit the parties' joins, with the rows of their commands; returns which parties' were.

        Of a party that is at another revision, or that somebody has locked, nothing has happened; of none,
        where a key was used at the same time. Raises `Unavailable` when Postgres is gone: then it may have
        happened all the same.
        """
        with unavailable_when_gone():
            try:
                return {row.id for row in _WRITE(self._engine, _values(parties))}
            except IntegrityError:
                return set()


def _party_in(row: Any) -> PartyToJoin:
    listed = None
    if row.listed is not None:
        listed = [mapping.member_listed(row.id, *member) for member in row.listed]
    return PartyToJoin(mapping.state_of(row), listed, frozenset(row.known or ()))


def _values(parties: Collection[JoinedParty]) -> dict[str, str]:
    """A document for each table."""
    joins = [(party.state.id, join) for party in parties for join in party.joins]
    rows: dict[str, list[Mapping[str, Any]]] = {
        "parties": [
            {"id": one.state.id, "decided_on": one.decided_on, **mapping.changing_columns(one.state)}
            for one in parties
        ],
        "events": [mapping.event_columns(join.event, join.command.id) for _, join in joins],
        "members": [mapping.member_columns(join.member) for _, join in joins],
        "commands": [
            {**new_columns(join.command), "state": "succeeded", "outcome": join.outcome, "of_party": party_id}
            for party_id, join in joins
        ],
    }
    return {name: msgspec.json.encode(found).decode() for name, found in rows.items()}


_parties, _members = table_of(SyncedPartySessionEntity), table_of(PartyMemberEntity)
_events, _commands = table_of(PartyEventEntity), table_of(CommandEntity)
_bans, _invites = table_of(PartyBanEntity), table_of(PartyInviteEntity)


def _each(name: str, type_: Any) -> ColumnElement[Any]:
    """The elements of an array whose length the planner can't see: see `hidden_array`."""
    return func.unnest(select(bindparam(name, type_=ARRAY(type_))).scalar_subquery())


_asked = select(
    _each("of_party", Uuid).label("party_id"),
    _each("of_user", Uuid).label("user_id"),
    _each("of_key", String).label("key"),
).cte("asked")
_KNOWN = (
    select(func.array_agg(_asked.c.user_id))
    .where(
        _asked.c.party_id == _parties.c.id,
        or_(
            *(
                exists().where(table.c.party_id == _asked.c.party_id, table.c.user_id == _asked.c.user_id)
                for table in (_members.alias("earlier"), _bans, _invites)
            ),
            exists().where(
                _commands.c.user_id == _asked.c.user_id, _commands.c.idempotency_key == _asked.c.key
            ),
        ),
    )
    .scalar_subquery()
)
_READ = PreparedSql(
    select(_parties, ALL_OF_SMALL.label("listed"), _KNOWN.label("known")).where(
        _parties.c.id == any_(hidden_array("party_ids"))
    )
)


def _rows(parameter: str, table: Table, names: Sequence[str], more: str = "") -> str:
    """The rows in a document, with the types of these columns."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    types = ", ".join(f"{name} {table.c[name].type.compile(dialect)}" for name in names)
    return f"jsonb_to_recordset(CAST(:{parameter} AS jsonb)) AS given ({types}{more})"


_WRITTEN = (*NEW_COLUMNS, "outcome")
# Of an array the planner expects few elements, and looks for the parties by their ids. Of a document it
# expects a hundred rows, for which it would read all parties where they are some thousands.
_WRITE = PreparedSql(
    text(
        f"""
WITH wanted AS (
    SELECT * FROM {_rows("parties", _parties, ("id", *mapping.CHANGING_COLUMNS), ", decided_on integer")}
), held AS (
    SELECT party.id FROM synced_party_sessions AS party
    JOIN wanted ON wanted.id = party.id AND wanted.decided_on = party.revision
    WHERE party.id = ANY (ARRAY(SELECT id FROM wanted))
    FOR UPDATE OF party SKIP LOCKED
), changed AS (
    UPDATE synced_party_sessions AS party
    SET {", ".join(f"{name} = wanted.{name}" for name in mapping.CHANGING_COLUMNS)}
    FROM wanted
    WHERE party.id = wanted.id AND party.id = ANY (ARRAY(SELECT id FROM held))
    RETURNING party.id
), logged AS (
    INSERT INTO party_events ({", ".join(mapping.EVENT_COLUMNS)})
    SELECT {", ".join(mapping.EVENT_COLUMNS)} FROM {_rows("events", _events, mapping.EVENT_COLUMNS)}
    WHERE party_id IN (SELECT id FROM changed)
), entered AS (
    INSERT INTO party_members ({", ".join(mapping.MEMBER_COLUMNS)})
    SELECT {", ".join(mapping.MEMBER_COLUMNS)} FROM {_rows("members", _members, mapping.MEMBER_COLUMNS)}
    WHERE party_id IN (SELECT id FROM changed)
), done AS (
    INSERT INTO party_commands ({", ".join(_WRITTEN)})
    SELECT {", ".join(_WRITTEN)} FROM {_rows("commands", _commands, _WRITTEN, ", of_party uuid")}
    WHERE of_party IN (SELECT id FROM changed)
)
SELECT id FROM changed
"""
    ).bindparams(*(bindparam(name, type_=Text) for name in ("parties", "events", "members", "commands")))
)
