"""Rooms whose party changes by itself in a moment are looked after on time."""

from __future__ import annotations

from uuid import UUID

import gevent

from partyapp.party.domain.playback import PlaybackAction
from partyapp.party.live.due_parties import DueParties
from partyapp.shared.kernel.errors import Unavailable
from tests.support.live_env import LiveEnv


def playing(left_ms: float) -> LiveEnv:
    """A room whose film has so much left."""
    env = LiveEnv()
    env.enter()
    session, length_s = env.store.session, env.store.session.state.video.duration_s
    assert length_s is not None
    session.control(
        PlaybackAction.PLAY,
        env.store.members[session.state.host_id],
        at_ms=env.clock.now_ms(),
        lead_ms=0.0,
        position_s=length_s - left_ms / 1000,
        rate=None,
        expected_revision=None,
    )
    env.feed.announce(env.store.commit())
    return env


def looked_after(env: LiveEnv, fails: bool = False) -> list[UUID]:
    found: list[UUID] = []

    def look(party_id: UUID) -> None:
        found.append(party_id)
        if fails:
            raise Unavailable()

    due = DueParties(env.hub, env.clock, look)
    due.each_second()
    due.each_second()
    while due._waiting:
        gevent.sleep(0.005)
    if fails:
        due.each_second()
        while due._waiting:
            gevent.sleep(0.005)
    return found


def test_what_ends_within_the_second_is_looked_after_once_at_its_end() -> None:
    env = playing(80.0)
    assert looked_after(env) == [env.store.id]


def test_what_ends_later_is_left_alone() -> None:
    assert looked_after(playing(60_000.0)) == []
    assert looked_after(LiveEnv()) == []


def test_who_could_not_be_looked_after_is_looked_at_again() -> None:
    env = playing(80.0)
    assert looked_after(env, fails=True) == [env.store.id] * 2
