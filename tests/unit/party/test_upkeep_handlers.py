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


class UpkeepEnv:
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
def env() -> UpkeepEnv:
    return UpkeepEnv()


def test_nothing_is_due_while_the_host_is_here(env: UpkeepEnv) -> None:
    assert env.look(T0 + 1e9, env.host.user_id) == []
    assert env.sessions.unattended(T0 + 1e9 + GRACE_MS - 1, 9) == []
    assert env.sessions.unattended(T0 + 1e9 + GRACE_MS, 9) == [env.id]


def test_a_host_who_is_gone_hands_over_to_who_is_connected(env: UpkeepEnv) -> None:
    assert env.look(T0 + 5, env.grace.user_id) == ["host_transferred"]
    assert env.sessions.get(env.id).state.host_id == env.grace.user_id
    assert env.look(T0 + 6, env.grace.user_id) == []


def test_nobody_is_made_host_who_is_no_member_or_not_here(env: UpkeepEnv) -> None:
    assert env.look(T0 + 5, new_id()) == []
    assert env.look(T0 + 6) == []


def test_a_party_that_was_empty_for_long_enough_ends(env: UpkeepEnv) -> None:
    assert env.look(T0) == []
    assert env.look(T0 + ABANDONED_MS - 1) == []
    assert env.look(T0 + ABANDONED_MS) == ["party_session_ended"]
    state = env.sessions.get(env.id).state
    assert state.status is PartyStatus.ENDED
    assert env.look(T0 + ABANDONED_MS * 2) == [], "an ended party is left alone"


def test_somebody_who_comes_back_starts_the_wait_anew(env: UpkeepEnv) -> None:
    env.look(T0)
    env.look(T0 + ABANDONED_MS - 1, env.host.user_id)
    assert env.look(T0 + ABANDONED_MS) == []
    assert env.look(T0 + 2 * ABANDONED_MS - 1) == []
    assert env.look(T0 + 2 * ABANDONED_MS) == ["party_session_ended"]


def test_without_redis_nobody_is_declared_gone(env: UpkeepEnv) -> None:
    env.presence.users = None
    assert env.look_as_it_is(T0) == []
    assert env.look_as_it_is(T0 + 10 * ABANDONED_MS) == []
    assert env.sessions.empty_since_ms(env.id) is None


def test_a_film_that_ran_out_is_finished_whoever_is_here(env: UpkeepEnv) -> None:
    session = env.sessions.get(env.id)
    session.control(
        PlaybackAction.PLAY,
        env.host,
        at_ms=T0,
        lead_ms=0.0,
        position_s=599.0,
        rate=None,
        expected_revision=None,
    )
    env.sessions.save(session)
    assert env.look(T0 + 999, env.host.user_id) == []
    found = env.look(T0 + 1000, env.grace.user_id)
    assert found == ["playback_finished", "host_transferred"]
