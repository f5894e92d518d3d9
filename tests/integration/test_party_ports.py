"""The suites of the party's ports on Postgres, so that no fake can lie."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest
from sqlalchemy import select

from partyapp.party.application.ports import PartyMemberPort, PartySessionPort
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.infrastructure.entities import (
    PartyEventEntity,
    PartyMemberEntity,
    SyncedPartySessionEntity,
    TickSlotEntity,
)
from partyapp.party.infrastructure.services.party_member_service import PartyMemberService
from partyapp.party.infrastructure.services.party_session_service import Lock, PartySessionService
from partyapp.party.infrastructure.tick_slots import TickSlots
from partyapp.shared.storage.database import Transactions
from partyapp.shared.storage.failing_work import FailingWorkEntity
from tests.ports.test_party_member_port import OpenPort as MemberPlace
from tests.ports.test_party_member_port import PartyMemberPortSuite
from tests.ports.test_party_session_port import OpenPort as SessionPlace
from tests.ports.test_party_session_port import PartySessionPortSuite
from tests.support.party_objects import created

ENTITIES = (SyncedPartySessionEntity, PartyMemberEntity, PartyEventEntity, TickSlotEntity, FailingWorkEntity)


@pytest.mark.parametrize("lock", Lock)
class TestPartySessionService(PartySessionPortSuite):
    @pytest.fixture
    def place(self, transactions: Transactions, lock: Lock) -> SessionPlace:
        self.transactions = transactions

        @contextmanager
        def transaction() -> Iterator[PartySessionPort]:
            with transactions.begin() as session:
                yield PartySessionService(session, lock=lock)

        return transaction

    def log_of(self, place: SessionPlace, party_id: UUID) -> list[tuple[int, str]]:
        entity = PartyEventEntity
        statement = select(entity.revision, entity.type).where(entity.party_id == party_id)
        with self.transactions() as session:
            return [(row[0], row[1]) for row in session.execute(statement.order_by(entity.revision))]


class TestPartyMemberService(PartyMemberPortSuite):
    @pytest.fixture
    def party(self, transactions: Transactions) -> SyncedPartySession:
        party = created()
        with transactions.begin() as session:
            PartySessionService(session).add(party)
        return party

    @pytest.fixture
    def place(self, transactions: Transactions) -> MemberPlace:
        @contextmanager
        def transaction() -> Iterator[PartyMemberPort]:
            with transactions.begin() as session:
                yield PartyMemberService(session)

        return transaction


def test_a_slot_is_claimed_once_and_old_ones_are_forgotten(transactions: Transactions) -> None:
    with transactions.begin() as first, transactions.begin() as second:
        assert TickSlots(first).claim(41)
        assert TickSlots(second).claim(42)
    for slot, expected in ((41, False), (42, False), (3000, True), (3000, False)):
        with transactions.begin() as session:
            assert TickSlots(session).claim(slot) is expected
    with transactions() as session:
        assert list(session.scalars(select(TickSlotEntity.slot))) == [3000]
