"""Members are reminded of their party's date once, on a real Postgres."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, update

from partyapp.notification.domain import PARTY_STARTING
from partyapp.notification.infrastructure.notifications import NotificationEntity, PostgresNotifications
from partyapp.notification.infrastructure.reminders import Reminders
from partyapp.party.infrastructure import mapping
from partyapp.party.infrastructure.entities import (
    PartyEventEntity,
    PartyMemberEntity,
    SyncedPartySessionEntity,
)
from partyapp.party.infrastructure.party_directory import PostgresPartyDirectory
from partyapp.party.infrastructure.services.party_session_service import PartySessionService
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.storage.database import Transactions
from tests.support.party_objects import T0, created, member_of

ENTITIES = (SyncedPartySessionEntity, PartyMemberEntity, PartyEventEntity, NotificationEntity)
AHEAD_MS = 600_000.0
START_MS = T0 + 24 * 3_600_000.0
SOON_MS = START_MS - AHEAD_MS


@pytest.fixture
def reminders(transactions: Transactions) -> Reminders:
    return Reminders(transactions, PostgresPartyDirectory, AHEAD_MS)


def planned(transactions: Transactions, **changes: Any) -> tuple[UUID, list[UUID]]:
    """A party of three that begins at START_MS; its id and its members' ids, the host's first."""
    session = created(**{"starts_at_ms": START_MS, **changes})
    ids = [session.state.host_id, new_id(), new_id()]
    with transactions.begin() as transaction:
        PartySessionService(transaction).add(session)
        members = [member_of(session, user_id) for user_id in ids]
        rows = [mapping.member_columns(member) for member in members]
        transaction.execute(insert(PartyMemberEntity), rows)
    return session.state.id, ids


def change(transactions: Transactions, party_id: UUID, **columns: Any) -> None:
    entity = SyncedPartySessionEntity
    with transactions.begin() as transaction:
        transaction.execute(update(entity).where(entity.id == party_id).values(**columns))


def inbox(transactions: Transactions, user_id: UUID) -> list[tuple[str, dict[str, Any]]]:
    found = PostgresNotifications(transactions).newest(user_id, 100)
    return [(item.type, item.data) for item in found]


def test_members_are_reminded_once_and_not_before_it_is_near(
    transactions: Transactions, reminders: Reminders
) -> None:
    _, ids = planned(transactions)
    assert reminders.remind(SOON_MS - 1) == 0
    assert [reminders.remind(SOON_MS + later_ms) for later_ms in (0.0, 15_000.0, AHEAD_MS)] == [1, 0, 0]
    for user_id in ids:
        who = {"id": None, "display_name": None}
        data = {"party_title": "Film night", "who": who, "starts_at_ms": START_MS}
        assert inbox(transactions, user_id) == [(PARTY_STARTING, data)]


def test_who_left_and_who_came_later_is_not_reminded(
    transactions: Transactions, reminders: Reminders
) -> None:
    party_id, (_, _, gone) = planned(transactions)
    with transactions.begin() as transaction:
        entity = PartyMemberEntity
        transaction.execute(update(entity).where(entity.user_id == gone).values(left_at_ms=T0 + 5))
    reminders.remind(SOON_MS)
    late = new_id()
    with transactions.begin() as transaction:
        row = mapping.member_columns(member_of(created(id=party_id), late))
        transaction.execute(insert(PartyMemberEntity), [row])
    reminders.remind(SOON_MS + 1)
    assert inbox(transactions, gone) == inbox(transactions, late) == []


def test_a_party_that_is_moved_is_reminded_of_anew(transactions: Transactions, reminders: Reminders) -> None:
    party_id, (host, *_) = planned(transactions)
    reminders.remind(SOON_MS)
    change(transactions, party_id, starts_at_ms=START_MS + AHEAD_MS)
    assert reminders.remind(SOON_MS + AHEAD_MS) == 1
    assert [data["starts_at_ms"] for _, data in inbox(transactions, host)] == [START_MS + AHEAD_MS, START_MS]


@pytest.mark.parametrize(
    "columns",
    [{"status": "ended"}, {"starts_at_ms": None}, {"created_at_ms": int(SOON_MS) + 1}],
    ids=["ended", "taken back", "planned just now"],
)
def test_nobody_is_reminded_of_what_needs_none(
    columns: dict[str, Any], transactions: Transactions, reminders: Reminders
) -> None:
    party_id, _ = planned(transactions)
    change(transactions, party_id, **columns)
    assert reminders.remind(SOON_MS + 1) == 0


def test_all_of_many_parties_at_the_same_instant_are_reminded_of_once(
    transactions: Transactions, reminders: Reminders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("partyapp.notification.infrastructure.reminders._STARTS", 3)
    parties = [planned(transactions) for _ in range(10)]
    with ThreadPoolExecutor(4) as workers:
        list(workers.map(reminders.remind, [SOON_MS] * 4))
    assert [len(inbox(transactions, user_id)) for _, ids in parties for user_id in ids] == [1] * 30
