"""For whom a party waits, and when it goes on: case by case; `test_wait_evenings` has them at random."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from partyapp.party.domain.playback import HoldReason, PlaybackAction, PlaybackStatus
from partyapp.party.domain.readiness import (
    AHEAD_S,
    Hold,
    HoldOn,
    Player,
    Players,
    Resume,
    counting,
    decide,
    overdue,
    start_hold,
    waited_ms,
)
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.domain.settings import PartySettings, WaitFor, WaitRule
from partyapp.party.domain.state import WAITS_MS, MemberWait
from tests.support.party_objects import DETAILS, T0, created, film, host_of

LEAD_MS = 100.0
RULE = WaitRule(waits_for=WaitFor.EVERYONE, grace_s=2.0, limit_s=15.0, budget_s=45.0)
READY = Player(ready=True)
A, B, C = UUID(int=11), UUID(int=12), UUID(int=13)


def playing(rule: WaitRule = RULE, **changes: Any) -> SyncedPartySession:
    """A party that plays since `T0`; its film lasts for hours."""
    changes = {"video": film(duration_s=90_000.0), **changes}
    session = created(settings=PartySettings(wait=rule), **changes)
    press(session, PlaybackAction.PLAY, T0)
    return session


def press(session: SyncedPartySession, action: PlaybackAction, at_ms: float, **changes: Any) -> None:
    plain = {"lead_ms": 0.0, "position_s": None, "rate": None, "expected_revision": None, **changes}
    session.control(action, host_of(session), at_ms=at_ms, **plain)


def loading(since_ms: float) -> Player:
    return Player(loads_since_ms=since_ms)


def decided(session: SyncedPartySession, players: Players, at_ms: float) -> Hold | HoldOn | Resume | None:
    return decide(session.state, players, at_ms, LEAD_MS)


def settled(session: SyncedPartySession, players: Players | None, at_ms: float) -> bool:
    return session.settle(players, at_ms=at_ms, lead_ms=LEAD_MS)


def test_a_wait_begins_when_the_grace_is_over_and_is_for_all_who_load() -> None:
    session = playing()
    players = {A: loading(T0 + 1000), B: loading(T0 + 2500), C: READY}
    assert decided(session, players, T0 + 2999) is None
    assert decided(session, players, T0 + 3000) == Hold(
        reason=HoldReason.MEMBERS, waits_for=(A, B), limit_ms=15_000
    )
    assert decided(playing(replace(RULE, waits_for=WaitFor.NOBODY)), players, T0 + 9000) is None


def test_what_loaded_before_the_party_plays_is_given_the_grace_anew() -> None:
    session = playing()
    press(session, PlaybackAction.SEEK, T0 + 60_000, position_s=600.0)
    players = {A: loading(T0 + 50_000), B: READY}
    assert decided(session, players, T0 + 61_999) is None
    assert decided(session, players, T0 + 62_000) is not None


def test_nobody_waits_in_a_party_that_does_not_play_yet_or_any_more() -> None:
    dated = created(settings=PartySettings(wait=RULE), starts_at_ms=T0 + 1e9)
    players = {A: loading(T0), B: READY}
    assert decided(dated, players, T0 + 9000) is None
    session = playing(video=film(duration_s=10.0))
    assert decided(session, players, T0 + 9950) is None, "it is about to end"
    press(session, PlaybackAction.PAUSE, T0 + 5000)
    assert decided(session, players, T0 + 9000) is None


def test_for_the_host_and_for_most() -> None:
    session = playing(replace(RULE, waits_for=WaitFor.HOST))
    host = session.state.host_id
    now = T0 + 10_000
    assert decided(session, {host: READY, A: loading(T0)}, now) is None
    assert decided(session, {A: loading(T0 + 1)}, now) is None, "the host isn't here"
    found = decided(session, {host: loading(T0 + 1), A: loading(T0 + 1)}, now)
    assert isinstance(found, Hold)
    assert found.waits_for == (host,)

    session = playing(replace(RULE, waits_for=WaitFor.MOST))
    assert decided(session, {A: loading(T0 + 1), B: READY, C: READY}, now) is None
    half = {A: loading(T0 + 1), B: loading(T0 + 2), C: READY, host: READY}
    assert settled(session, half, now)
    assert set(session.state.playback.held.waits_for) == {A, B}  # type: ignore[union-attr]
    less = decided(session, {**half, B: READY}, now + 3000)
    assert less == Resume(reason="ready", late=(A,)), "fewer than half can't play: the others go on"


@pytest.mark.parametrize(
    ("players", "after_ms", "expected"),
    [
        ({A: READY, B: READY}, 5000, Resume(reason="ready")),
        ({B: READY}, 5000, Resume(reason="left")),
        ({A: Player(), B: READY}, 5000, None),
        ({A: Player(known=False), B: READY}, 5000, None),
        ({A: loading(T0 + 1), B: READY}, 15_000 + LEAD_MS, Resume(reason="limit", late=(A,))),
    ],
)
def test_how_a_wait_ends(players: Players, after_ms: float, expected: Resume | None) -> None:
    session = playing()
    now = T0 + 10_000
    assert settled(session, {A: loading(T0 + 1), B: READY}, now)
    assert decided(session, players, now + after_ms) == expected


def test_a_stall_that_was_waited_for_begins_no_other_wait_and_the_next_one_does() -> None:
    session = playing()
    stalls: dict[UUID, Player] = {A: loading(T0 + 1), B: READY}
    assert settled(session, stalls, T0 + 10_000)
    assert settled(session, stalls, T0 + 30_000)
    assert decided(session, stalls, T0 + 60_000) is None, "they catch up alone"
    assert isinstance(decided(session, {A: loading(T0 + 61_000), B: READY}, T0 + 65_000), Hold)


def test_a_press_ends_the_wait_and_the_same_stall_begins_no_other() -> None:
    session = playing()
    stalls: dict[UUID, Player] = {A: loading(T0 + 1), B: READY}
    assert settled(session, stalls, T0 + 10_000)
    press(session, PlaybackAction.PLAY, T0 + 12_000)
    assert session.state.playback.status is PlaybackStatus.PLAYING
    assert decided(session, stalls, T0 + 20_000) is None


def test_a_wait_goes_on_for_those_alone_who_are_not_ready() -> None:
    session = playing()
    now = T0 + 10_000
    assert settled(session, {A: loading(T0 + 1), B: loading(T0 + 2), C: READY}, now)
    whole = session.state.playback
    assert whole.held is not None
    later = {A: READY, B: Player(), C: READY}
    assert decided(session, later, now + 900) is None, "at most once a second"
    assert settled(session, later, now + 5000)
    held = session.state.playback.held
    assert held is not None
    assert (held.waits_for, held.since_ms, held.until_ms) == ((B,), now + 5000, whole.held.until_ms)
    assert session.state.playback.at_ms == whole.at_ms, "the picture stands as it stood"
    assert settled(session, {**later, B: READY}, now + 9000)
    assert waited_ms(session.state, A, now + 20_000) == 5000 - LEAD_MS
    assert waited_ms(session.state, B, now + 20_000) == 9000 - LEAD_MS
    assert len(session.state.waits) == 2


def test_who_stalls_while_the_party_waits_is_waited_for_too_within_the_same_limit() -> None:
    session = playing()
    now = T0 + 10_000
    assert settled(session, {A: loading(T0 + 1), B: READY}, now)
    until = session.state.playback.held.until_ms  # type: ignore[union-attr]
    found = decided(session, {A: READY, B: loading(now + 1000)}, now + 4000)
    assert found == HoldOn(waits_for=(B,), until_ms=until)


def test_a_spent_budget_ends_the_wait_for_one_and_not_for_others() -> None:
    session = playing()
    waits = (MemberWait(user_id=A, since_ms=T0 - 40_000, until_ms=T0),)
    session = SyncedPartySession.reconstitute(replace(session.state, waits=waits))
    now = T0 + 10_000
    both: dict[UUID, Player] = {A: loading(T0 + 1), B: loading(T0 + 2), C: READY}
    assert settled(session, both, now)
    held = session.state.playback.held
    assert held is not None
    assert held.until_ms == now + LEAD_MS + 5000, "five seconds are left of the budget of one"
    assert settled(session, both, held.until_ms)
    on = session.state.playback.held
    assert on is not None
    assert (on.waits_for, on.until_ms) == ((B,), now + LEAD_MS + 15_000)
    assert settled(session, both, on.until_ms)
    assert session.events[-1].data()["late"] == [str(B)]
    assert counting(session.state, both, now + 60_000) == {B, C}
    assert counting(session.state, both, T0 + WAITS_MS) == {A, B, C}, "ten minutes later it is forgotten"


def test_a_play_when_ready_waits_for_who_is_not() -> None:
    session = created(settings=PartySettings(wait=RULE))
    host = session.state.host_id
    players: dict[UUID, Player] = {host: READY, A: Player(), B: Player(known=False)}
    assert start_hold(session.state, {host: READY, B: Player(known=False)}, T0, 0.0) is None
    found = start_hold(session.state, players, T0, 0.0)
    assert found is not None
    assert found.waits_for == (A,)
    elsewhere = start_hold(session.state, players, T0, 90.0)
    assert elsewhere is not None
    assert set(elsewhere.waits_for) == {host, A}, "nobody is there yet"
    press(session, PlaybackAction.PLAY, T0, players=players, lead_ms=LEAD_MS)
    event, playback = session.events[-1], session.state.playback
    assert (event.type, event.actor_id, playback.status) == ("playback_held", host, PlaybackStatus.PAUSED)
    press(session, PlaybackAction.PLAY, T0 + 9, players={host: READY})
    assert session.events[-1].type == "playback_started"


def in_preparation(until_s: float) -> dict[str, object]:
    return {**DETAILS, "state": "preparing", "ready_until_s": until_s}


def test_a_seek_beyond_what_is_prepared_is_clamped_and_the_edge_is_waited_at() -> None:
    session = playing(WaitRule(), video=film(details=in_preparation(40.0)))
    press(session, PlaybackAction.SEEK, T0 + 1000, position_s=500.0)
    assert session.state.playback.position_s == 40.0
    press(session, PlaybackAction.SEEK, T0 + 1000, position_s=30.0)
    assert not settled(session, {}, T0 + 9000)
    assert settled(session, {}, T0 + 9950)
    held = session.state.playback.held
    assert held is not None
    assert (held.reason, held.waits_for) == (HoldReason.PREPARING, ())
    assert session.state.playback.position_s <= 40.0
    assert not settled(session, {}, T0 + 20_000)
    more = replace(session.state.video, details=in_preparation(40.0 + AHEAD_S))
    moved = SyncedPartySession.reconstitute(replace(session.state, video=more))
    assert settled(moved, {}, T0 + 21_000)
    assert moved.events[-1].data()["reason"] == "ready"
    whole = replace(session.state.video, details={**DETAILS, "state": "playable"})
    assert decide(replace(session.state, video=whole), {}, T0 + 21_000, LEAD_MS) == Resume(reason="ready")


def test_without_any_players_known_a_wait_ends_at_its_time_and_no_sooner() -> None:
    session = playing()
    assert overdue(session.state, T0 + 1e9) is None
    assert settled(session, {A: loading(T0 + 1), B: READY}, T0 + 10_000)
    until = session.state.playback.held.until_ms  # type: ignore[union-attr]
    assert not settled(session, None, until - 1)
    assert settled(session, None, until)
    assert session.events[-1].data()["late"] == [str(A)]
