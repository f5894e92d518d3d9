"""The tick's upkeep of one party, on ports in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from partyapp.party.application.commands import UpkeepCommand
from partyapp.party.application.handlers import handle
from partyapp.party.application.ports import Graces, Ports
from partyapp.party.domain.playback import HoldReason, PlaybackAction, PlaybackStatus
from partyapp.party.domain.state import PartyStatus
from partyapp.shared.kernel.ids import new_id
from tests.support.fakes_party import (
    FixedSchedule,
    InMemoryPartyMembers,
    InMemoryPartySessions,
    InMemoryPresence,
    InMemoryQueue,
    InMemoryVideoCatalogue,
)
from tests.support.party_objects import T0, created, host_of, joined

GRACE_MS, ABANDONED_MS, UNVISITED_MS = 60_000.0, 1_800_000.0, 604_800_000.0


class UpkeepEnv:
    """One party of two, whose host is Ada."""

    def __init__(self) -> None:
        self.sessions, self.members = InMemoryPartySessions(), InMemoryPartyMembers()
        self.presence, self.schedule = InMemoryPresence(), FixedSchedule(T0)
        self.queue, self.videos = InMemoryQueue(), InMemoryVideoCatalogue()
        session = created()
        self.host = host_of(session)
        self.grace = joined(session)
        self.id = session.state.id
        self.sessions.add(session)
        for member in (self.host, self.grace):
            self.members.add(member)

    def look(self, at_ms: float, *connected: UUID) -> list[str]:
        """Upkeep at `at_ms` with these people connected; the types of the events it left.

        The host lease is over by then, as it is for the parties that `unattended` lists.
        """
        self.presence.users = frozenset(connected)
        kept = self.sessions.attendance(self.id)
        self.sessions.schedule_upkeep(self.id, at_ms, kept.empty_since_ms, visited=True)
        return self.look_as_it_is(at_ms)

    def play_to_the_end(self) -> None:
        """The film has a second left at `T0`."""
        session = self.sessions.get(self.id)
        session.control(
            PlaybackAction.PLAY,
            self.host,
            at_ms=T0,
            lead_ms=0.0,
            position_s=599.0,
            rate=None,
            expected_revision=None,
        )
        self.sessions.save(session)

    def look_as_it_is(self, at_ms: float) -> list[str]:
        before = len(self.sessions.events[self.id])
        self.schedule.time_ms = at_ms
        ports = Ports(
            sessions=self.sessions,
            members=self.members,
            presence=self.presence,
            schedule=self.schedule,
            queue=self.queue,
            videos=self.videos,
            graces=Graces(host_ms=GRACE_MS, abandoned_ms=ABANDONED_MS, unvisited_ms=UNVISITED_MS),
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
    assert env.look_as_it_is(T0 + GRACE_MS) == []
    assert env.look_as_it_is(T0 + 10 * ABANDONED_MS) == []
    assert env.sessions.attendance(env.id).empty_since_ms is None


def test_without_redis_a_party_that_was_empty_goes_on(env: UpkeepEnv) -> None:
    env.look(T0)
    env.presence.users = None
    assert env.look_as_it_is(T0 + 10 * ABANDONED_MS) == [], "somebody may have come meanwhile"


def test_a_film_that_ran_out_is_finished_whoever_is_here(env: UpkeepEnv) -> None:
    env.play_to_the_end()
    assert env.look(T0 + 999, env.host.user_id) == []
    assert env.look(T0 + 1000, env.grace.user_id) == ["playback_finished", "host_transferred"]


def test_a_wait_that_nobody_ended_is_ended_when_its_time_is_over(env: UpkeepEnv) -> None:
    session = env.sessions.get(env.id)
    plain: dict[str, Any] = {
        "at_ms": T0,
        "lead_ms": 0.0,
        "position_s": None,
        "rate": None,
        "expected_revision": None,
    }
    session.control(PlaybackAction.PLAY, env.host, **plain)
    session.hold(HoldReason.MEMBERS, (env.grace.user_id,), at_ms=T0 + 1000, lead_ms=0.0, limit_ms=2000.0)
    env.sessions.save(session)
    assert list(env.sessions.running_past_end(T0 + 2999, 9)) == []
    assert env.look_as_it_is(T0 + 2999) == []
    assert list(env.sessions.running_past_end(T0 + 3000, 9)) == [env.id]
    assert env.look_as_it_is(T0 + 3000) == ["playback_resumed"]
    assert env.sessions.get(env.id).state.playback.status is PlaybackStatus.PLAYING
    assert env.look_as_it_is(T0 + 4000) == []


def test_a_films_end_does_not_shorten_the_hosts_grace(env: UpkeepEnv) -> None:
    env.play_to_the_end()
    env.presence.users = frozenset({env.grace.user_id})
    lease = env.sessions.attendance(env.id)
    assert list(env.sessions.running_past_end(T0 + 4000, 9)) == [env.id]
    assert env.look_as_it_is(T0 + 4000) == ["playback_finished"]
    assert env.sessions.attendance(env.id) == lease, "a film's end says nothing of who is here"
    assert env.look_as_it_is(lease.attended_until_ms) == ["host_transferred"]


def test_a_films_end_does_not_end_an_empty_party_early(env: UpkeepEnv) -> None:
    env.play_to_the_end()
    env.sessions.schedule_upkeep(env.id, T0 + 9000, T0 - ABANDONED_MS, visited=True)
    assert env.look_as_it_is(T0 + 4000) == ["playback_finished"]
    assert env.look_as_it_is(T0 + 9000) == ["party_session_ended"]


def test_a_party_that_nobody_entered_waits_for_a_week(env: UpkeepEnv) -> None:
    assert env.look_as_it_is(T0 + GRACE_MS) == []
    assert list(env.sessions.unattended(T0 + UNVISITED_MS - 1, 9)) == [], "nobody has to look meanwhile"
    assert env.look_as_it_is(T0 + UNVISITED_MS) == ["party_session_ended"]


def test_a_party_that_nobody_entered_is_no_abandoned_one_however_often_it_is_looked_at(
    env: UpkeepEnv,
) -> None:
    """It is looked at more often after an outage of Redis, and at a film's end."""
    env.look_as_it_is(T0 + GRACE_MS)
    for at_ms in (T0 + 2 * ABANDONED_MS, T0 + UNVISITED_MS - 1):
        env.sessions.schedule_upkeep(env.id, at_ms, T0, visited=False)
        assert env.look_as_it_is(at_ms) == []
    env.sessions.schedule_upkeep(env.id, T0 + UNVISITED_MS, T0, visited=False)
    assert env.look_as_it_is(T0 + UNVISITED_MS) == ["party_session_ended"]


def test_who_is_replaced_while_away_may_get_the_role_back_for_ten_minutes(env: UpkeepEnv) -> None:
    env.look(T0 + 5, env.grace.user_id)
    state = env.sessions.get(env.id).state
    until_ms = T0 + 5 + 600_000
    assert state.returnable_hosts(until_ms) == {env.host.user_id: until_ms}
    assert state.returnable_hosts(until_ms + 1) == {}
    session = env.sessions.get(env.id)
    session.transfer_host(env.grace, env.host, T0 + 9)
    assert session.state.returnable_hosts(T0 + 9) == {}, "the role was given back"
    session.transfer_host(env.host, env.grace, T0 + 10)
    assert session.state.returnable_hosts(T0 + 10) == {}, "who hands over on purpose doesn't ask for it back"


def test_all_who_were_replaced_one_after_the_other_may_get_the_role_back(env: UpkeepEnv) -> None:
    cleo = joined(session := env.sessions.get(env.id), "Cleo")
    env.sessions.save(session)
    env.members.add(cleo)
    env.look(T0 + 5, env.grace.user_id, cleo.user_id)
    env.look(T0 + 90_000, cleo.user_id)
    state = env.sessions.get(env.id).state
    assert state.host_id == cleo.user_id
    assert set(state.returnable_hosts(T0 + 90_000)) == {env.host.user_id, env.grace.user_id}


def test_a_party_that_waits_for_its_date_goes_on_and_keeps_its_host(env: UpkeepEnv) -> None:
    date_ms = T0 + 10 * ABANDONED_MS
    state = env.sessions.states[env.id]
    env.sessions.states[env.id] = replace(state, starts_at_ms=date_ms)
    assert env.look(T0) == []
    assert env.look(T0 + 5, env.grace.user_id) == [], "nobody takes the host's place before it"
    assert env.look(T0 + ABANDONED_MS + 9) == []
    assert env.look(date_ms + ABANDONED_MS - 1) == []
    assert env.look(date_ms + ABANDONED_MS) == ["party_session_ended"]
