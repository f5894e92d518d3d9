"""Play, pause, seek and finish: who may, and what the timeline is afterwards."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from partyapp.party.domain.errors import NotAMember, NotGranted, PartyEnded, PartyNotFound, StaleRevision
from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.playback import PlaybackAction, PlaybackState, PlaybackStatus
from partyapp.party.domain.playback_events import (
    PlaybackChanged,
    PlaybackFinished,
    PlaybackPaused,
    PlaybackSought,
    PlaybackStarted,
)
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.domain.state import Control, Visibility
from partyapp.shared.kernel.errors import Refusal, ValidationFailed
from tests.support.party_objects import FILM_S, T0, created, film, host_of, joined, member_of, state

PLAY, PAUSE, SEEK = PlaybackAction.PLAY, PlaybackAction.PAUSE, PlaybackAction.SEEK
PLAYING, PAUSED, STOPPED = PlaybackStatus.PLAYING, PlaybackStatus.PAUSED, PlaybackStatus.STOPPED


def control(
    session: SyncedPartySession, action: PlaybackAction, actor: PartyMember | None, **changes: Any
) -> PlaybackState:
    """Control it at T0 with a lead of 100 ms unless told otherwise; the playback it left."""
    given: dict[str, Any] = {
        "at_ms": T0, "lead_ms": 100.0, "position_s": None, "rate": None, "expected_revision": None,
    }  # fmt: skip
    session.control(action, actor, **{**given, **changes})
    return session.state.playback


def party_at(playback: PlaybackState) -> tuple[SyncedPartySession, PartyMember]:
    session = SyncedPartySession.reconstitute(state(playback=playback, revision=9, member_count=1))
    return session, host_of(session)


def playback(status: PlaybackStatus, position_s: float, **changes: Any) -> PlaybackState:
    return PlaybackState(
        **{"status": status, "position_s": position_s, "at_ms": T0, "revision": 9, **changes}
    )


@pytest.mark.parametrize(
    ("action", "kind", "type_", "status"),
    [
        (PLAY, PlaybackStarted, "playback_started", PLAYING),
        (PAUSE, PlaybackPaused, "playback_paused", PAUSED),
        (SEEK, PlaybackSought, "playback_sought", PLAYING),
    ],
)
def test_a_command_is_an_event_scheduled_ahead(
    action: PlaybackAction, kind: type[PlaybackChanged], type_: str, status: PlaybackStatus
) -> None:
    session, host = party_at(playback(PLAYING, 10.0))
    found = control(session, action, host, at_ms=T0 + 2000, lead_ms=250.0)
    # Nobody named a position, so it goes on where the film will be when everybody acts.
    assert found == PlaybackState(status=status, position_s=12.25, rate=1.0, at_ms=T0 + 2250, revision=10)
    (event,) = session.events
    assert type(event) is kind
    assert (event.type, event.revision, event.at_ms, event.actor_id) == (type_, 10, T0 + 2000, host.user_id)
    assert event.data() == {
        "state": status.value, "position_s": 12.25, "rate": 1.0, "at_ms": T0 + 2250, "lead_ms": 250.0,
    }  # fmt: skip
    assert session.state.lead_ms == 250.0
    assert session.state.revision == 10


@pytest.mark.parametrize(
    ("before", "action", "position_s", "position_after", "status"),
    [
        (playback(STOPPED, 0.0), PLAY, None, 0.0, PLAYING),
        (playback(STOPPED, 0.0), SEEK, 30.0, 30.0, STOPPED),
        (playback(PAUSED, 42.0), SEEK, 7.5, 7.5, PAUSED),
        (playback(PAUSED, 42.0), PLAY, None, 42.0, PLAYING),
        (playback(PAUSED, 42.0), PLAY, 3.0, 3.0, PLAYING),
        (playback(PAUSED, 42.0), PAUSE, None, 42.0, PAUSED),
        (playback(PLAYING, 42.0, at_ms=T0 - 1000), PAUSE, None, 43.1, PAUSED),
        (playback(PLAYING, 42.0, at_ms=T0 - 1000, rate=2.0), PAUSE, None, 44.2, PAUSED),
        # A seek past the end stays at the end; a play there starts over, and so does one just before it.
        (playback(PAUSED, 42.0), SEEK, 1e9, FILM_S, PAUSED),
        (playback(PAUSED, 42.0), PLAY, 1e9, 0.0, PLAYING),
        (playback(STOPPED, FILM_S), PLAY, None, 0.0, PLAYING),
        (playback(PAUSED, FILM_S - 0.05), PLAY, None, 0.0, PLAYING),
        (playback(PAUSED, FILM_S - 0.06), PLAY, None, FILM_S - 0.06, PLAYING),
        (playback(PLAYING, FILM_S, at_ms=T0 - 5000), PAUSE, None, FILM_S, PAUSED),
        (playback(PLAYING, 10.0, at_ms=T0 - 1e9), SEEK, None, FILM_S, PLAYING),
        # Scheduled and not begun yet: it has not moved when it is paused before its instant.
        (playback(PLAYING, 42.0, at_ms=T0 + 1900), PAUSE, None, 42.0, PAUSED),
    ],
)
def test_where_a_command_leaves_the_film(
    before: PlaybackState,
    action: PlaybackAction,
    position_s: float | None,
    position_after: float,
    status: PlaybackStatus,
) -> None:
    session, host = party_at(before)
    found = control(session, action, host, position_s=position_s)
    assert found.status is status
    assert found.position_s == pytest.approx(position_after, abs=1e-9)
    assert found.at_ms == T0 + 100


def test_a_rate_is_kept_until_another_is_named() -> None:
    session, host = party_at(playback(PLAYING, 0.0))
    assert control(session, PLAY, host, rate=1.5).rate == 1.5
    assert control(session, SEEK, host, position_s=5.0).rate == 1.5
    assert control(session, PAUSE, host).rate == 1.5
    assert control(session, PLAY, host, rate=0.25).rate == 0.25


@pytest.mark.parametrize(
    ("given", "at_ms", "expected_s"),
    [
        (playback(PLAYING, 10.0), T0, 10.0),
        (playback(PLAYING, 10.0), T0 + 1500, 11.5),
        (playback(PLAYING, 10.0), T0 - 1500, 10.0),
        (playback(PLAYING, 10.0, rate=0.5), T0 + 1500, 10.75),
        (playback(PLAYING, 10.0, rate=4.0), T0 + 1500, 16.0),
        (playback(PLAYING, 599.0), T0 + 1500, FILM_S),
        (playback(PAUSED, 10.0), T0 + 1500, 10.0),
        (playback(STOPPED, 10.0), T0 + 1500, 10.0),
        (playback(PAUSED, -3.0), T0, 0.0),
        (playback(PAUSED, 1e6), T0, FILM_S),
    ],
)
def test_the_timeline(given: PlaybackState, at_ms: float, expected_s: float) -> None:
    assert given.position_at(at_ms, FILM_S) == expected_s


@pytest.mark.parametrize(
    ("given", "expected_ms"),
    [
        (playback(PLAYING, 10.0), T0 + 590_000),
        (playback(PLAYING, 10.0, rate=2.0), T0 + 295_000),
        (playback(PLAYING, 1e6), T0),
        (playback(PAUSED, 10.0), None),
        (playback(STOPPED, 10.0), None),
    ],
)
def test_when_a_film_runs_out(given: PlaybackState, expected_ms: float | None) -> None:
    assert given.ends_at_ms(FILM_S) == expected_ms


def test_a_film_is_finished_once_it_ran_out_and_not_before() -> None:
    session, host = party_at(playback(PLAYING, 590.0, rate=2.0))
    assert not session.finish(T0 + 4999)
    assert session.state.revision == 9
    assert session.finish(T0 + 9000)
    (event,) = session.events
    assert isinstance(event, PlaybackFinished)
    assert (event.type, event.actor_id, event.at_ms, event.revision) == (
        "playback_finished", None, T0 + 9000, 10,
    )  # fmt: skip
    assert session.state.playback == PlaybackState(
        status=STOPPED, position_s=FILM_S, rate=2.0, at_ms=T0 + 5000, revision=10
    )
    assert not session.finish(T0 + 10_000), "a film that stands at its end has nothing left to finish"
    assert control(session, PLAY, host).position_s == 0.0


@pytest.mark.parametrize(("policy", "allowed"), [(Control.HOST, False), (Control.EVERYONE, True)])
@pytest.mark.parametrize("action", list(PlaybackAction))
def test_who_controls(policy: Control, allowed: bool, action: PlaybackAction) -> None:
    session = created(control=policy, visibility=Visibility.PUBLIC)
    grace = joined(session)
    if allowed:
        control(session, action, grace)
        assert session.events[-1].actor_id == grace.user_id
    else:
        assert_refused(session, NotGranted, action, grace)
    control(session, action, host_of(session))


def assert_refused(
    session: SyncedPartySession,
    why: type[Refusal],
    action: PlaybackAction,
    actor: PartyMember | None,
    **changes: Any,
) -> None:
    before, events = session.state, session.events
    with pytest.raises(Refusal) as caught:
        control(session, action, actor, **changes)
    assert type(caught.value) is why
    assert (session.state, session.events) == (before, events)


def test_a_stranger_controls_nothing() -> None:
    public = created(visibility=Visibility.PUBLIC, control=Control.EVERYONE)
    private = created(control=Control.EVERYONE)
    for actor in (None, member_of(public, left_at_ms=T0)):
        assert_refused(public, NotAMember, PLAY, actor)
        assert_refused(private, PartyNotFound, PLAY, actor)


def test_a_stale_command_is_refused_and_a_fresh_one_is_not() -> None:
    session = created()
    host = host_of(session)
    assert_refused(session, StaleRevision, PLAY, host, expected_revision=0)
    assert_refused(session, StaleRevision, PLAY, host, expected_revision=2)
    control(session, PLAY, host, expected_revision=1)
    assert_refused(session, StaleRevision, PAUSE, host, expected_revision=1)
    control(session, PAUSE, host, expected_revision=2)


def test_nothing_plays_in_an_ended_party() -> None:
    session = created()
    host = host_of(session)
    session.end(host, host.user_id, T0)
    for action in PlaybackAction:
        assert_refused(session, PartyEnded, action, host)
    with pytest.raises(PartyEnded):
        session.finish(T0)


DATE_MS = T0 + 86_400_000.0


def dated() -> tuple[SyncedPartySession, PartyMember]:
    session = created(starts_at_ms=DATE_MS)
    return session, host_of(session)


def test_a_seek_before_the_date_says_where_the_party_begins_and_not_when() -> None:
    session, host = dated()
    assert control(session, SEEK, host, position_s=90.0) == PlaybackState(
        status=PLAYING, position_s=90.0, at_ms=DATE_MS, revision=2
    )
    assert control(session, SEEK, host, position_s=0.0).at_ms == DATE_MS, "so it can be taken back"
    assert session.change_settings(host, {"starts_at_ms": DATE_MS + 1e6}, T0 + 1)


def test_another_film_before_the_date_begins_on_it() -> None:
    session, host = dated()
    other = film(id=UUID(int=7))
    session.change_video(host, other, position_s=5.0, at_ms=T0, lead_ms=100.0)
    shown = session.state.playback
    assert (shown.status, shown.position_s, shown.at_ms) == (PLAYING, 5.0, DATE_MS)
    session.change_video(host, other, play=True, at_ms=T0, lead_ms=100.0)
    assert session.state.playback.at_ms == T0 + 100.0, "a person's play begins now"


@pytest.mark.parametrize("action", [PLAY, PAUSE])
def test_a_press_before_the_date_does_what_it_says_and_the_date_can_be_set_anew(
    action: PlaybackAction,
) -> None:
    session, host = dated()
    assert control(session, action, host).at_ms == T0 + 100.0
    if action is PLAY:
        with pytest.raises(ValidationFailed):
            session.change_settings(host, {"starts_at_ms": DATE_MS + 1e6}, T0 + 1000)
        control(session, PAUSE, host, at_ms=T0 + 5000)
    assert session.change_settings(host, {"starts_at_ms": DATE_MS + 1e6}, T0 + 6000)
    playback = session.state.playback
    assert (playback.status, playback.position_s, playback.at_ms) == (PLAYING, 0.0, DATE_MS + 1e6)
    control(session, PAUSE, host, at_ms=T0 + 7000)
    with pytest.raises(ValidationFailed):
        session.change_settings(host, {"starts_at_ms": DATE_MS + 2e6}, DATE_MS + 1e6)
