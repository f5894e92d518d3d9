"""What the relay reads of a party to notify people: nothing that no event needs. On a real Postgres."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, event, insert, update

from partyapp.notification.domain import CROWD
from partyapp.notification.infrastructure.notifications import (
    NotificationConsumer,
    NotificationEntity,
    PostgresNotifications,
)
from partyapp.party.domain.playback import PlaybackAction
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.infrastructure import mapping
from partyapp.party.infrastructure.entities import (
    PartyEventEntity,
    PartyMemberEntity,
    SyncedPartySessionEntity,
)
from partyapp.party.infrastructure.outbox import Outbox
from partyapp.party.infrastructure.services.party_session_service import PartySessionService
from partyapp.shared.kernel.clock import FixedClock
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.storage.database import Transactions
from partyapp.shared.storage.failing_work import FailingWorkEntity
from tests.support.party_objects import T0, created, host_of, joined

ENTITIES = (
    SyncedPartySessionEntity,
    PartyMemberEntity,
    PartyEventEntity,
    NotificationEntity,
    FailingWorkEntity,
)


def keep(transactions: Transactions, members: int) -> tuple[UUID, list[UUID]]:
    """A party with that many members, whose events so far are delivered; its id and its members' ids."""
    session = created(max_members=members + 1)
    host = host_of(session)
    ids = [host.user_id, *(new_id() for _ in range(members - 1))]
    with transactions.begin() as transaction:
        PartySessionService(transaction).add(session)
        rows = [{**mapping.member_columns(host), "user_id": user_id} for user_id in ids]
        transaction.execute(insert(PartyMemberEntity), rows)
        transaction.execute(update(SyncedPartySessionEntity).values(member_count=members))
        transaction.execute(update(PartyEventEntity).values(relayed=True))
    return session.state.id, ids


def change(transactions: Transactions, party_id: UUID, how: Any) -> None:
    with transactions.begin() as transaction:
        sessions = PartySessionService(transaction)
        session = sessions.get(party_id)
        how(session)
        sessions.save(session)


def play(session: SyncedPartySession) -> None:
    session.control(
        PlaybackAction.PLAY, host_of(session), at_ms=T0, lead_ms=0.0, position_s=1.0, rate=None,
        expected_revision=None,
    )  # fmt: skip


def end(session: SyncedPartySession) -> None:
    session.end(host_of(session), session.state.host_id, T0)


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """The statements that are executed meanwhile."""
    seen: list[str] = []

    def remember(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", remember)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", remember)


def reads(seen: list[str], entity: Any) -> int:
    return sum(f"FROM {entity.__tablename__}" in statement for statement in seen)


def relay(engine: Engine) -> list[str]:
    """The statements of relaying what there is."""
    outbox = Outbox(Transactions(engine), FixedClock(), (NotificationConsumer(),))
    with statements(engine) as seen:
        assert outbox.relay()
    assert outbox.pending() == 0
    return seen


def test_playback_reads_nothing_of_a_large_party(engine: Engine, transactions: Transactions) -> None:
    party_id, members = keep(transactions, 10_000)
    for _ in range(5):
        change(transactions, party_id, play)
    seen = relay(engine)
    # What fails, the lock, the waiting events, the marks.
    assert len(seen) == 4
    assert reads(seen, PartyMemberEntity) == reads(seen, SyncedPartySessionEntity) == 0
    assert PostgresNotifications(transactions).unread_count(members[-1]) == 0


@pytest.mark.parametrize("members", [CROWD, 10_000])
def test_the_members_of_a_large_party_are_not_read_for_a_join(
    engine: Engine, transactions: Transactions, members: int
) -> None:
    party_id, _ = keep(transactions, members)
    change(transactions, party_id, joined)
    seen = relay(engine)
    assert (reads(seen, SyncedPartySessionEntity), reads(seen, PartyMemberEntity)) == (1, 0)


@pytest.mark.parametrize("members", [3, 10_000])
def test_an_end_is_read_for_and_notifies_everybody_else(
    engine: Engine, transactions: Transactions, members: int
) -> None:
    party_id, ids = keep(transactions, members)
    other, others = keep(transactions, 2)
    change(transactions, party_id, play)
    change(transactions, party_id, end)
    change(transactions, other, joined)
    seen = relay(engine)
    assert (reads(seen, SyncedPartySessionEntity), reads(seen, PartyMemberEntity)) == (1, 1)
    inbox = PostgresNotifications(transactions)
    host, *rest = ids
    assert inbox.unread_count(host) == 0
    assert inbox.unread_count(rest[0]) == inbox.unread_count(rest[-1]) == 1
    assert [inbox.unread_count(member) for member in others] == [1, 1]
