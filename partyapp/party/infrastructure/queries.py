"""Reading parties. A query never changes anything and takes no lock."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, any_, bindparam, column, exists, func, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by

from partyapp.party.contract import PartyEvent
from partyapp.party.domain.errors import PartyNotFound
from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.state import PartyStatus, SyncedPartySessionState, Visibility
from partyapp.party.infrastructure import mapping
from partyapp.party.infrastructure.entities import (
    PartyEventEntity,
    PartyMemberEntity,
    SyncedPartySessionEntity,
)
from partyapp.shared.storage.database import (
    Transactions,
    single_statements_of,
    table_of,
    unavailable_when_gone,
)
from partyapp.shared.storage.prepared_sql import PreparedSql

#: Of so many parties the revision is asked for at once.
ASKED_AT_ONCE = 200


@dataclass(frozen=True, kw_only=True)
class PartyReading:
    """A party and who is in it, read at one instant. `member` is the reader's own membership."""

    state: SyncedPartySessionState
    members: Sequence[PartyMember]
    reader_id: UUID | None = None

    @property
    def own(self) -> PartyMember | None:
        """The reader's membership, None for a person that is not a member now."""
        return next((m for m in self.members if m.user_id == self.reader_id), None)

    @property
    def readable_whole(self) -> bool:
        """Whether the reader sees everything."""
        return self.state.readable_whole_by(self.reader_id, present=self.own is not None)


class PartyQueries:
    """The party context's reading side, on Postgres."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = single_statements_of(transactions)
        self._engine = transactions.engine

    def party(self, party_id: UUID, reader_id: UUID) -> PartyReading:
        """The party as `reader_id` may know of it. Raises `PartyNotFound` for a private one of others."""
        reading = self._read(party_id, reader_id)
        if reading is None or (reading.state.visibility is Visibility.PRIVATE and not reading.readable_whole):
            raise PartyNotFound()
        return reading

    def invited(self, party_id: UUID, invite_code: str) -> SyncedPartySessionState:
        """The party that this code invites to. Raises `PartyNotFound` for a wrong code or party."""
        reading = self._read(party_id, None)
        if reading is None or not reading.state.opened_by(invite_code):
            raise PartyNotFound()
        return reading.state

    def preview(self, party_id: UUID, invite_code: str | None) -> tuple[SyncedPartySessionState, str]:
        """A public party, or the one that this code invites to, and its host's name; reads no other member.

        Raises `PartyNotFound` for all others alike.
        """
        with unavailable_when_gone():
            rows = _PREVIEW(self._engine, {"party_id": party_id})
        state = mapping.state_of(rows[0]) if rows else None
        if state is None or not (state.visibility is Visibility.PUBLIC or state.opened_by(invite_code)):
            raise PartyNotFound()
        return state, rows[0].host_name or ""

    def whole(self, party_id: UUID) -> PartyReading | None:
        """The party without regard to a reader: for our own processes."""
        return self._read(party_id, None)

    def parties(
        self, reader_id: UUID, status: PartyStatus | None, after: UUID | None, limit: int
    ) -> Sequence[SyncedPartySessionState]:
        """Public parties and those of `reader_id`, newest first; one more than `limit` if there is more."""
        entity = SyncedPartySessionEntity
        own = exists().where(
            PartyMemberEntity.party_id == entity.id,
            PartyMemberEntity.user_id == reader_id,
            PartyMemberEntity.left_at_ms.is_(None),
        )
        # Who left is done with a party that is over, a public one too.
        left = exists().where(
            PartyMemberEntity.party_id == entity.id,
            PartyMemberEntity.user_id == reader_id,
            PartyMemberEntity.left_at_ms.is_not(None),
        )
        statement = select(entity).where(
            or_(entity.visibility == Visibility.PUBLIC.value, own),
            or_(entity.status == PartyStatus.ACTIVE.value, ~left),
        )
        if status is not None:
            statement = statement.where(entity.status == status.value)
        if after is not None:
            statement = statement.where(entity.id < after)
        with unavailable_when_gone(), self._transactions() as session:
            rows = session.scalars(statement.order_by(entity.id.desc()).limit(limit + 1))
            return [mapping.state_of(row) for row in rows]

    def active_memberships(self, user_id: UUID) -> Sequence[UUID]:
        """The active parties that a person is a member of."""
        party, member = SyncedPartySessionEntity, PartyMemberEntity
        statement = (
            select(party.id)
            .join(member, member.party_id == party.id)
            .where(
                member.user_id == user_id,
                member.left_at_ms.is_(None),
                party.status == PartyStatus.ACTIVE.value,
            )
        )
        with unavailable_when_gone(), self._transactions() as session:
            return list(session.scalars(statement))

    def events(self, party_id: UUID, after: int, limit: int) -> Sequence[PartyEvent]:
        """The events after revision `after`, oldest first, at most `limit`."""
        return [event for event, _ in self.events_with_commands(party_id, after, limit)]

    def events_with_commands(
        self, party_id: UUID, after: int, limit: int
    ) -> Sequence[tuple[PartyEvent, UUID | None]]:
        """The same events, each with the id of the command that left it."""
        entity = PartyEventEntity
        statement = (
            select(entity)
            .where(entity.party_id == party_id, entity.revision > after)
            .order_by(entity.revision)
            .limit(limit)
        )
        with unavailable_when_gone(), self._transactions() as session:
            return [(mapping.event_of(row), row.command_id) for row in session.scalars(statement)]

    def revisions(self, party_ids: Iterable[UUID]) -> dict[UUID, int]:
        """The revision of each of these parties, `ASKED_AT_ONCE` in a query."""
        wanted = list(party_ids)
        found: dict[UUID, int] = {}
        with unavailable_when_gone():
            for start in range(0, len(wanted), ASKED_AT_ONCE):
                portion = wanted[start : start + ASKED_AT_ONCE]
                found.update(_REVISIONS(self._engine, {"party_ids": portion}))
        return found

    def renew_host_lease(self, party_ids: Iterable[UUID], until_ms: float) -> None:
        """Say that these parties' hosts are connected, so that no upkeep looks at them until then."""
        with unavailable_when_gone():
            _RENEW_HOST_LEASE(self._engine, {"party_ids": list(party_ids), "until_ms": until_ms})

    def renew_lease_of_hosts(self, memberships: Collection[tuple[UUID, UUID]], until_ms: float) -> None:
        """The same for those of these parties whose host is the member named with it."""
        with unavailable_when_gone():
            _RENEW_LEASE_OF_HOSTS(self._engine, {**_pairs(memberships), "until_ms": until_ms})

    def mark_visited(self, party_ids: Iterable[UUID], look_at_ms: float) -> set[UUID]:
        """Say that somebody is connected. Upkeep looks at `look_at_ms`, where that is a first visit.

        Returns the parties for which that could not be written now, since their rows are locked.
        """
        with unavailable_when_gone():
            first = {row.id for row in _UNVISITED(self._engine, {"party_ids": list(party_ids)})}
            if not first:
                return set()
            marked = _MARK_VISITED(self._engine, {"party_ids": list(first), "until_ms": look_at_ms})
            return first - {row.id for row in marked}

    def mark_seen(self, memberships: Collection[tuple[UUID, UUID]], at_ms: float) -> None:
        """Say that these members were connected until `at_ms`."""
        with unavailable_when_gone():
            _MARK_SEEN(self._engine, {**_pairs(memberships), "seen_ms": at_ms})

    def _read(self, party_id: UUID, reader_id: UUID | None) -> PartyReading | None:
        with unavailable_when_gone():
            rows = _READING(self._engine, {"party_id": party_id})
        if not rows:
            return None
        (row,) = rows
        members = [mapping.member_listed(party_id, *member) for member in row.members or ()]
        return PartyReading(state=mapping.state_of(row), members=members, reader_id=reader_id)


def _pairs(memberships: Collection[tuple[UUID, UUID]]) -> dict[str, list[UUID]]:
    return {
        "party_ids": [party_id for party_id, _ in memberships],
        "user_ids": [user_id for _, user_id in memberships],
    }


_parties, _members = table_of(SyncedPartySessionEntity), table_of(PartyMemberEntity)

#: The party and who is present, in one statement: one snapshot, one round trip. Tables instead of entities,
#: since this is read for every join and every socket.
_PRESENT = (
    select(
        func.json_agg(
            aggregate_order_by(
                func.json_build_array(*(_members.c[name] for name in mapping.LISTED_COLUMNS)),
                _members.c.joined_at_ms,
                _members.c.user_id,
            )
        )
    )
    .where(_members.c.party_id == _parties.c.id, _members.c.left_at_ms.is_(None))
    .scalar_subquery()
)
#: An array is one value, where a list of a thousand would be a thousand.
_ONE_OF_THESE = _parties.c.id == any_(bindparam("party_ids", type_=ARRAY(Uuid)))
_UNTIL = bindparam("until_ms", type_=_parties.c.attended_until_ms.type)
_REVISIONS = PreparedSql(select(_parties.c.id, _parties.c.revision).where(_ONE_OF_THESE))


def _unlocked(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """One of the parties that meet these conditions, but for those that somebody has locked: one of them must
    not hold up what is written for all. A lease that is not renewed now is renewed in time."""
    rows = select(_parties.c.id).where(*conditions).with_for_update(skip_locked=True, key_share=True)
    return _parties.c.id.in_(rows)


_RENEW_HOST_LEASE = PreparedSql(
    update(_parties)
    .where(_unlocked(_ONE_OF_THESE, _parties.c.attended_until_ms < _UNTIL))
    .values(attended_until_ms=_UNTIL, empty_since_ms=None)
    .returning(_parties.c.id)
)
#: Parties and a member of each, as two arrays.
_PAIRS = (
    func.unnest(
        bindparam("party_ids", type_=ARRAY(Uuid)),
        bindparam("user_ids", type_=ARRAY(Uuid)),
    )
    .table_valued(column("party_id", Uuid), column("user_id", Uuid), name="pairs")
    .render_derived()
)
_RENEW_LEASE_OF_HOSTS = PreparedSql(
    update(_parties)
    .where(
        _unlocked(
            tuple_(_parties.c.id, _parties.c.host_id).in_(select(_PAIRS.c.party_id, _PAIRS.c.user_id)),
            _parties.c.attended_until_ms < _UNTIL,
        )
    )
    .values(attended_until_ms=_UNTIL, empty_since_ms=None)
    .returning(_parties.c.id)
)
_UNVISITED = PreparedSql(select(_parties.c.id).where(_ONE_OF_THESE, ~_parties.c.visited))
_MARK_VISITED = PreparedSql(
    update(_parties)
    .where(_unlocked(_ONE_OF_THESE, ~_parties.c.visited))
    .values(visited=True, attended_until_ms=func.least(_parties.c.attended_until_ms, _UNTIL))
    .returning(_parties.c.id)
)
_MARK_SEEN = PreparedSql(
    update(_members)
    .where(_members.c.party_id == _PAIRS.c.party_id, _members.c.user_id == _PAIRS.c.user_id)
    .values(last_seen_ms=bindparam("seen_ms", type_=_members.c.last_seen_ms.type))
    .returning(_members.c.user_id)
)
_HOST_NAME = (
    select(_members.c.display_name)
    .where(_members.c.party_id == _parties.c.id, _members.c.user_id == _parties.c.host_id)
    .scalar_subquery()
)
_PREVIEW = PreparedSql(
    select(_parties, _HOST_NAME.label("host_name")).where(_parties.c.id == bindparam("party_id"))
)
_READING = PreparedSql(
    select(_parties, _PRESENT.label("members")).where(_parties.c.id == bindparam("party_id"))
)
