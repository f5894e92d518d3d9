"""Reading parties. A query never changes anything and takes no lock."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from sqlalchemy import select

from partyapp.party.application.inbound_ports import MembersQuery
from partyapp.party.application.views import LISTED
from partyapp.party.contract import PartyEvent
from partyapp.party.domain.errors import PartyNotFound
from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.state import PartyStatus, SyncedPartySessionState, Visibility
from partyapp.party.infrastructure import mapping
from partyapp.party.infrastructure.attendance_statements import (
    MARK_SEEN,
    MARK_VISITED,
    RENEW_HOST_LEASE,
    RENEW_LEASE_OF_HOSTS,
    UNVISITED,
    pairs,
)
from partyapp.party.infrastructure.entities import (
    PartyEventEntity,
    PartyMemberEntity,
    SyncedPartySessionEntity,
)
from partyapp.party.infrastructure.member_list import names_of, read_members
from partyapp.party.infrastructure.party_list import newest_of_site, newest_parties
from partyapp.party.infrastructure.reading_statements import (
    ALONE,
    ANY_PARTY,
    NO_PARTY,
    OWN,
    READING,
    REVISIONS,
    Marks,
    reading_with,
)
from partyapp.shared.storage.database import (
    Transactions,
    single_statements_of,
    unavailable_when_gone,
)

#: Of so many parties the revision is asked for at once.
ASKED_AT_ONCE = 200


@dataclass(frozen=True, kw_only=True)
class PartyReading:
    """A party and those of its members that were asked for, read at one instant.

    `marks`: what `parties_at_once` has read of other contexts with it.
    """

    state: SyncedPartySessionState
    members: Sequence[PartyMember]
    reader_id: UUID | None = None
    marks: Mapping[str, Any] = field(default_factory=dict)

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

    def __init__(self, transactions: Transactions, marks: Marks | None = None) -> None:
        self._transactions = single_statements_of(transactions)
        self._engine = transactions.engine
        self._marks = marks or {}
        self._marked = reading_with(self._marks)

    def party(self, party_id: UUID, reader_id: UUID, online: Collection[UUID] | None = None) -> PartyReading:
        """The party as `reader_id` may know of it, with its members if they are at most `LISTED`.

        Of a larger party it has the reader's own membership alone, and with `online` those of these users and
        of the host. Raises `PartyNotFound` for a private one of others.
        """
        wanted = [reader_id, *(online or ())]
        found = self._read([party_id], wanted, with_host=online is not None).get(party_id)
        return _visible(None if found is None else replace(found, reader_id=reader_id))

    def parties_at_once(self, asked: Collection[tuple[UUID, UUID]]) -> Sequence[PartyReading | None]:
        """For each of these pairs of a party and a reader the same as `party` without `online`, as one
        statement reads it: None where that raises."""
        wanted = {party_id for party_id, _ in asked}
        found = self._read(wanted, {reader_id for _, reader_id in asked}, marked=True)
        told = {party_id: (reading, _told_of(reading)) for party_id, reading in found.items()}
        readings = ((told.get(party_id), reader_id) for party_id, reader_id in asked)
        return [_read_by(reader_id, *known) if known is not None else None for known, reader_id in readings]

    def membership(self, party_id: UUID, reader_id: UUID) -> PartyReading:
        """The party and the reader's own membership: one row of each at most. Raises as `party` does."""
        with unavailable_when_gone():
            rows = OWN(self._engine, {"party_id": party_id, "reader_id": reader_id})
        if not rows:
            raise PartyNotFound()
        own = () if rows[0].user_id is None else (mapping.member_of(rows[0]),)
        reading = PartyReading(state=mapping.state_of(rows[0]), members=own, reader_id=reader_id)
        return _visible(reading)

    def state(self, party_id: UUID) -> SyncedPartySessionState:
        """The party alone, without regard to a reader. Raises `PartyNotFound`."""
        with unavailable_when_gone():
            rows = ALONE(self._engine, {"party_id": party_id})
        if not rows:
            raise PartyNotFound()
        return mapping.state_of(rows[0])

    def members(
        self, party_id: UUID, *, host_id: UUID, query: MembersQuery, limit: int
    ) -> Sequence[PartyMember]:
        """At most `limit` present members: the host on the first page, then by the time they joined."""
        return read_members(self._engine, party_id, host_id, query, limit)

    def whole(self, party_id: UUID, user_ids: Collection[UUID] = ()) -> PartyReading | None:
        """The party without regard to a reader: for our own processes.

        Its members are all if they are at most `LISTED`, else those of `user_ids` who are present.
        """
        return self._read([party_id], user_ids).get(party_id)

    def parties(
        self, reader_id: UUID, status: PartyStatus | None, after: UUID | None, limit: int
    ) -> Sequence[SyncedPartySessionState]:
        """Public parties and those of `reader_id`, newest first; one more than `limit` if there is more."""
        return newest_parties(self._engine, reader_id, status, after, limit + 1)

    def site_parties(
        self, site: str, status: PartyStatus | None, after: UUID | None, limit: int
    ) -> Sequence[SyncedPartySessionState]:
        """A site's parties, newest first; one more than `limit` if there is more."""
        return newest_of_site(self._engine, site, status, after, limit + 1)

    def memberships_named_otherwise(self, user_id: UUID, display_name: str) -> list[UUID]:
        """The active parties in which a person is a member by another name, newest first."""
        party, member = SyncedPartySessionEntity, PartyMemberEntity
        statement = (
            select(party.id)
            .join(member, member.party_id == party.id)
            .where(
                member.user_id == user_id,
                member.left_at_ms.is_(None),
                member.display_name != display_name,
                party.status == PartyStatus.ACTIVE.value,
            )
            .order_by(party.created_at_ms.desc(), party.id)
        )
        with unavailable_when_gone(), self._transactions() as session:
            return list(session.scalars(statement))

    def names(self, party_id: UUID, user_ids: Collection[UUID]) -> Mapping[UUID, str]:
        """What these people are called who are or were members of the party. Of nobody it is no query."""
        return names_of(self._engine, party_id, user_ids) if user_ids else {}

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
                found.update(REVISIONS(self._engine, {"party_ids": portion}))
        return found

    def renew_host_lease(self, party_ids: Iterable[UUID], until_ms: float) -> None:
        """Say that these parties' hosts are connected, so that no upkeep looks at them until then."""
        with unavailable_when_gone():
            RENEW_HOST_LEASE(self._engine, {"party_ids": list(party_ids), "until_ms": until_ms})

    def renew_lease_of_hosts(self, memberships: Collection[tuple[UUID, UUID]], until_ms: float) -> None:
        """The same for those of these parties whose host is the member named with it."""
        with unavailable_when_gone():
            RENEW_LEASE_OF_HOSTS(self._engine, {**pairs(memberships), "until_ms": until_ms})

    def mark_visited(self, party_ids: Iterable[UUID], look_at_ms: float) -> set[UUID]:
        """Say that somebody is connected. Upkeep looks at `look_at_ms`, where that is a first visit.

        Returns the parties for which that could not be written now, since their rows are locked.
        """
        with unavailable_when_gone():
            first = {row.id for row in UNVISITED(self._engine, {"party_ids": list(party_ids)})}
            if not first:
                return set()
            marked = MARK_VISITED(self._engine, {"party_ids": list(first), "until_ms": look_at_ms})
            return first - {row.id for row in marked}

    def mark_seen(self, memberships: Collection[tuple[UUID, UUID]], at_ms: float) -> None:
        """Say that these members were connected until `at_ms`."""
        with unavailable_when_gone():
            MARK_SEEN(self._engine, {**pairs(memberships), "seen_ms": at_ms})

    def _read(
        self,
        party_ids: Collection[UUID],
        user_ids: Collection[UUID],
        *,
        with_host: bool = False,
        marked: bool = False,
    ) -> dict[UUID, PartyReading]:
        """Those of these parties that there are. Of the large ones, the members among `user_ids`."""
        host_from = ANY_PARTY if with_host else NO_PARTY
        values = {"party_ids": list(party_ids), "user_ids": list(user_ids), "host_from": host_from}
        with unavailable_when_gone():
            rows = (self._marked if marked else READING)(self._engine, values)
        names = self._marks if marked else ()
        found: dict[UUID, PartyReading] = {}
        for row in rows:
            listed = row.members or row.chosen or ()
            members = [mapping.member_listed(row.id, *member) for member in listed]
            marks = {name: getattr(row, f"mark_{name}") for name in names}
            found[row.id] = PartyReading(state=mapping.state_of(row), members=members, marks=marks)
        return found


def _told_of(reading: PartyReading) -> Callable[[UUID], Sequence[PartyMember]]:
    """Of whom a reader is told: of a small party's members, of a large one's of themselves alone."""
    if reading.state.member_count <= LISTED:
        return lambda _: reading.members
    own = {member.user_id: (member,) for member in reading.members}
    return lambda reader_id: own.get(reader_id, ())


def _read_by(
    reader_id: UUID, found: PartyReading, told_of: Callable[[UUID], Sequence[PartyMember]]
) -> PartyReading | None:
    return _seen_by(
        PartyReading(state=found.state, members=told_of(reader_id), reader_id=reader_id, marks=found.marks)
    )


def _seen_by(reading: PartyReading) -> PartyReading | None:
    """The reading, if its reader may know of the party."""
    private = reading.state.visibility is Visibility.PRIVATE
    return None if private and not reading.readable_whole else reading


def _visible(reading: PartyReading | None) -> PartyReading:
    """The same. Raises `PartyNotFound`."""
    seen = None if reading is None else _seen_by(reading)
    if seen is None:
        raise PartyNotFound()
    return seen
