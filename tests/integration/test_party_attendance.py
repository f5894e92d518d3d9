"""What web processes write of who is there: leases, visits and departures, past rows that are locked."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, select

from partyapp.party.domain.member import PartyMember
from partyapp.party.infrastructure.entities import (
    PartyEventEntity,
    PartyMemberEntity,
    SyncedPartySessionEntity,
)
from partyapp.party.infrastructure.queries import PartyQueries
from partyapp.party.infrastructure.services.party_member_service import PartyMemberService
from partyapp.party.infrastructure.services.party_session_service import FIRST_LOOK_MS, PartySessionService
from partyapp.shared.storage.database import Transactions
from tests.support.fresh_database import emptied
from tests.support.party_objects import T0, created, host_of

ENTITIES = (SyncedPartySessionEntity, PartyMemberEntity, PartyEventEntity)
LATER = T0 + 1e6


class Attendance:
    """Two parties, each with its host."""

    def __init__(self, engine: Engine) -> None:
        self.transactions = Transactions(engine)
        self.queries = PartyQueries(self.transactions)
        self.hosts: list[PartyMember] = []
        for _ in range(2):
            session = created()
            self.hosts.append(host_of(session))
            with self.transactions.begin() as transaction:
                PartySessionService(transaction).add(session)
                PartyMemberService(transaction).add(self.hosts[-1])
        self.one, self.two = (host.state.party_id for host in self.hosts)

    def row(self, party_id: object) -> SyncedPartySessionEntity:
        with self.transactions() as session:
            found = session.get(SyncedPartySessionEntity, party_id)
        assert found is not None
        return found

    def until(self) -> tuple[float, float]:
        return self.row(self.one).attended_until_ms, self.row(self.two).attended_until_ms


@pytest.fixture
def attendance(engine: Engine) -> Attendance:
    emptied(engine, ENTITIES)
    return Attendance(engine)


def test_a_locked_party_does_not_hold_up_the_leases_of_others(attendance: Attendance) -> None:
    one, two = attendance.one, attendance.two
    with attendance.transactions.begin() as console:
        console.execute(
            select(SyncedPartySessionEntity).where(SyncedPartySessionEntity.id == one).with_for_update()
        )
        attendance.queries.renew_host_lease([one, two], LATER)
        assert attendance.queries.mark_visited([one, two], T0) == {one}
    assert attendance.until() == (T0 + FIRST_LOOK_MS, T0)
    assert attendance.row(two).visited
    attendance.queries.renew_host_lease([one, two], LATER)
    assert attendance.until() == (LATER, LATER)


def test_the_lease_is_the_hosts_own(attendance: Attendance) -> None:
    one, two = attendance.hosts
    attendance.queries.renew_lease_of_hosts(
        [(attendance.one, one.user_id), (attendance.two, one.user_id)], LATER
    )
    assert attendance.until() == (LATER, T0 + FIRST_LOOK_MS)
    attendance.queries.renew_lease_of_hosts([(attendance.two, two.user_id)], LATER)
    assert attendance.until() == (LATER, LATER)


def test_only_the_first_visit_has_upkeep_look_sooner(attendance: Attendance) -> None:
    assert not attendance.row(attendance.one).visited
    attendance.queries.renew_host_lease([attendance.one], LATER)
    assert attendance.queries.mark_visited([attendance.one], T0 + 5) == set()
    assert attendance.row(attendance.one).visited
    assert attendance.until()[0] == T0 + 5
    attendance.queries.renew_host_lease([attendance.one], LATER)
    attendance.queries.mark_visited([attendance.one], T0 + 6)
    assert attendance.until()[0] == LATER


def test_a_member_was_there_until_they_went(attendance: Attendance) -> None:
    one, two = attendance.hosts
    attendance.queries.mark_seen([(attendance.one, one.user_id), (attendance.two, two.user_id)], LATER)
    attendance.queries.mark_seen([(attendance.one, two.user_id)], LATER + 1)
    with attendance.transactions() as session:
        assert list(session.scalars(select(PartyMemberEntity.last_seen_ms))) == [LATER, LATER]
        members = PartyMemberService(session)
        assert members.longest_gone(attendance.one, LATER - 1, ()) is None
        assert members.longest_gone(attendance.one, LATER, ()) == one
