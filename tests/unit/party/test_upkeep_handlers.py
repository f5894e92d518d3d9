"""The tick's upkeep of one party, on ports in memory."""

from __future__ import annotations

from uuid import UUID

import pytest

from partyapp.party.application.commands import UpkeepCommand
from partyapp.party.application.handlers import handle
from partyapp.party.application.ports import Graces, Ports
from partyapp.party.domain.playback import PlaybackAction
from partyapp.party.domain.state import PartyStatus
from partyapp.shared.kernel.ids import new_id
from tests.support.fakes_party import (
    FixedSchedule,
    InMemoryPartyMembers,
    InMemoryPartySessions,
    InMemoryPresence,
)
from tests.support.party_objects import T0, created, host_of, joined

GRACE_MS, ABANDONED_MS = 60_000.0, 1_800_000.0


class Evening:
    """One party of two, whose host is Ada."""

    def __init__(self) -> None:
        self.sessions, self.members = InMemoryPartySessions(), InMemoryPartyMembers()
        self.presence, self.schedule = InMemoryPresence(), FixedSchedule(T0)
        session = created()
        self.host = host_of(session)
        self.grace = joined(session)
        self.id = session.state.id
        self.sessions.add(session)
        for member in (self.host, self.grace):
            self.members.add(member)

    def look(self, at_ms: float, *connected: UUID) -> list[str]:
        """Upkeep at `at_ms` with these people connected; the types of the events it left."""
        self.presence.users = frozenset(connected)
        return self.look_as_it_is(at_ms)

    def look_as_it_is(self, at_ms: float) -> list[str]:
        before = len(self.sessions.events[self.id])
        self.schedule.time_ms = at_ms
        ports = Ports(
            sessions=self.sessions,
            members=self.members,
            presence=self.presence,
            schedule=self.schedule,
            graces=Graces(host_ms=GRACE_MS, abandoned_ms=ABANDONED_MS),
        )
        handle(UpkeepCommand(party_id=self.id), ports)
        return [event.type for event in self.sessions.events[self.id][before:]]


@pytest.fixture
def evening() -> Evening:
    return Evening()


def test_nothing_is_due_while_the_host_is_here(evening: Evening) -> None:
    assert evening.look(T0 + 1e9, evening.host.user_id) == []
    assert evening.sessions.unattended(T0 + 1e9 + GRACE_MS - 1, 9) == []
    assert evening.sessions.unattended(T0 + 1e9 + GRACE_MS, 9) == [evening.id]


def test_a_host_who_is_gone_hands_over_to_who_is_connected(evening: Evening) -> None:
    assert evening.look(T0 + 5, evening.grace.user_id) == ["host_transferred"]
    assert evening.sessions.get(evening.id).state.host_id == evening.grace.user_id
    assert evening.look(T0 + 6, evening.grace.user_id) == []


def test_nobody_is_made_host_who_is_no_member_or_not_here(evening: Evening) -> None:
    assert evening.look(T0 + 5, new_id()) == []
    assert evening.look(T0 + 6) == []


def test_a_party_that_was_empty_for_long_enough_ends(evening: Evening) -> None:
    assert evening.look(T0) == []
    assert evening.look(T0 + ABANDONED_MS - 1) == []
    assert evening.look(T0 + ABANDONED_MS) == ["party_session_ended"]
    state = evening.sessions.get(evening.id).state
    assert state.status is PartyStatus.ENDED
    assert evening.look(T0 + ABANDONED_MS * 2) == [], "an ended party is left alone"


def test_somebody_who_comes_back_starts_the_wait_anew(evening: Evening) -> None:
    evening.look(T0)
    evening.look(T0 + ABANDONED_MS - 1, evening.host.user_id)
    assert evening.look(T0 + ABANDONED_MS) == []
    assert evening.look(T0 + 2 * ABANDONED_MS - 1) == []
    assert evening.look(T0 + 2 * ABANDONED_MS) == ["party_session_ended"]


def test_without_redis_nobody_is_declared_gone(evening: Evening) -> None:
    evening.presence.users = None
    assert evening.look_as_it_is(T0) == []
    assert evening.look_as_it_is(T0 + 10 * ABANDONED_MS) == []
    assert evening.sessions.empty_since_ms(evening.id) is None


def test_a_film_that_ran_out_is_finished_whoever_is_here(evening: Evening) -> None:
    session = evening.sessions.get(evening.id)
    session.control(
        PlaybackAction.PLAY,
        evening.host,
        at_ms=T0,
        lead_ms=0.0,
        position_s=599.0,
        rate=None,
        expected_revision=None,
    )
    evening.sessions.save(session)
    assert evening.look(T0 + 999, evening.host.user_id) == []
    found = evening.look(T0 + 1000, evening.grace.user_id)
    assert found == ["playback_finished", "host_transferred"]
