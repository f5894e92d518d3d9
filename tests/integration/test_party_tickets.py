"""Tickets for WebSockets on a real Postgres: once, for one party, for a while, and never in the clear."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import UUID

import gevent
import pytest
from sqlalchemy import func, select

from partyapp.party.infrastructure.entities import WebSocketTicketEntity
from partyapp.party.infrastructure.tickets import TICKET_TTL_S, WebSocketTickets
from partyapp.realtime.gathered import Gathered
from partyapp.shared.kernel.clock import FixedClock
from partyapp.shared.kernel.errors import Unauthenticated
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.kernel.principal import Principal
from partyapp.shared.storage.database import Transactions
from tests.support.waiting import LIMIT_S

ENTITIES = (WebSocketTicketEntity,)
ADA = Principal(user_id=new_id(), display_name="Ada 🎬", expires_at_ms=2_000_000_000_000.5)


def person_of(tickets: WebSocketTickets, ticket: str, party: UUID) -> Principal:
    """Who it was given to. For when their token was issued stands when the ticket was, at the latest."""
    found = tickets.redeem(ticket, party)
    assert 0 < found.issued_at_ms <= FixedClock().now_ms() + 2 * TICKET_TTL_S * 1000
    return replace(found, issued_at_ms=ADA.issued_at_ms)


def test_a_ticket_is_good_once_for_its_party(transactions: Transactions) -> None:
    tickets, party = WebSocketTickets(transactions, FixedClock()), new_id()
    ticket, _ = tickets.issue(party, ADA)
    assert len(ticket) >= 40
    assert person_of(tickets, ticket, party) == ADA
    for wrong in (ticket, "", "x", "\x00", "ä" * 5000, "\ud800"):
        with pytest.raises(Unauthenticated):
            tickets.redeem(wrong, party)


def test_a_ticket_for_another_party_is_used_up(transactions: Transactions) -> None:
    tickets, party = WebSocketTickets(transactions, FixedClock()), new_id()
    ticket, _ = tickets.issue(party, ADA)
    for other in (new_id(), party):
        with pytest.raises(Unauthenticated):
            tickets.redeem(ticket, other)


def test_a_ticket_is_kept_as_a_hash(transactions: Transactions) -> None:
    ticket, _ = WebSocketTickets(transactions, FixedClock()).issue(new_id(), ADA)
    with transactions() as session:
        (row,) = session.scalars(select(WebSocketTicketEntity)).all()
    assert ticket not in str({name: getattr(row, name) for name in row.__table__.columns.keys()})  # noqa: SIM118


def test_a_ticket_ends_after_its_time(transactions: Transactions) -> None:
    clock, party = FixedClock(), new_id()
    tickets = WebSocketTickets(transactions, clock)
    good, late, forgotten = (tickets.issue(party, ADA)[0] for _ in range(3))
    clock.advance(TICKET_TTL_S * 1000)
    assert person_of(tickets, good, party) == ADA
    clock.advance(1)
    with pytest.raises(Unauthenticated):
        tickets.redeem(late, party)
    fresh, _ = tickets.issue(party, ADA)
    tickets.old().delete(100)
    with transactions() as session:
        assert session.scalar(select(func.count()).select_from(WebSocketTicketEntity)) == 1
    with pytest.raises(Unauthenticated):
        tickets.redeem(forgotten, party)
    assert person_of(tickets, fresh, party) == ADA


def test_of_many_who_use_a_ticket_at_once_one_gets_in(transactions: Transactions) -> None:
    tickets, party = WebSocketTickets(transactions, FixedClock()), new_id()
    ticket, start = tickets.issue(party, ADA)[0], threading.Barrier(8)

    def redeem(_: int) -> bool:
        start.wait(LIMIT_S)
        try:
            tickets.redeem(ticket, party)
        except Unauthenticated:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(redeem, range(8))) == 1


def test_a_ticket_ends_with_the_token_that_it_was_given_for(transactions: Transactions) -> None:
    clock, party = FixedClock(), new_id()
    tickets = WebSocketTickets(transactions, clock)
    ada = replace(ADA, expires_at_ms=clock.now_ms() + 7_500, session_id=new_id())
    good, expires_in_s = tickets.issue(party, ada)
    late, _ = tickets.issue(party, ada)
    assert expires_in_s == 8
    clock.advance(7_500)
    assert person_of(tickets, good, party) == ada, "and the socket ends with both"
    with pytest.raises(Unauthenticated):
        tickets.issue(party, ada)
    clock.advance(1)
    with pytest.raises(Unauthenticated):
        tickets.redeem(late, party)


def test_a_token_without_an_end_gives_whole_tickets(transactions: Transactions) -> None:
    tickets, party = WebSocketTickets(transactions, FixedClock()), new_id()
    endless = replace(ADA, expires_at_ms=0.0)
    ticket, expires_in_s = tickets.issue(party, endless)
    assert expires_in_s == TICKET_TTL_S
    assert person_of(tickets, ticket, party) == endless


def test_tickets_that_are_asked_for_at_once_share_statements(transactions: Transactions) -> None:
    tickets = WebSocketTickets(transactions, FixedClock(), Gathered)
    people = [replace(ADA, user_id=new_id(), display_name=f'{n}, "{{\\}}" 🎬') for n in range(6)]
    people[1] = replace(people[1], session_id=new_id())
    party = new_id()
    issued = [gevent.spawn(tickets.issue, party, person) for person in people]
    given = [one.get(timeout=LIMIT_S)[0] for one in issued]
    # The first is shown twice, and one that there isn't once.
    shown = [*given, given[0], "none"]
    redeemed = [gevent.spawn(tickets.redeem, ticket, party) for ticket in shown]
    gevent.joinall(redeemed, timeout=LIMIT_S)
    assert [isinstance(one.exception, Unauthenticated) for one in redeemed] == [False] * 6 + [True] * 2
    found = [one.value for one in redeemed[:6]]
    assert [(one.user_id, one.display_name, one.session_id) for one in found] == [
        (one.user_id, one.display_name, one.lasts_with) for one in people
    ]
