"""What the host sets of a party, and what members may do by it."""

from __future__ import annotations

from typing import Any

import pytest

from partyapp.party.domain.errors import HostCannotBeRemoved, NotAMember, NotGranted, NotTheHost, PartyEnded
from partyapp.party.domain.events import MemberRemoved, PartySessionChanged
from partyapp.party.domain.grants import ALL_GRANTS, Grant, grants_of
from partyapp.party.domain.json_values import settings_json
from partyapp.party.domain.playback import PlaybackAction, PlaybackStatus
from partyapp.party.domain.state import Control, Visibility
from partyapp.shared.kernel.errors import ValidationFailed
from tests.support.party_objects import T0, created, host_of, joined, member_of

EVERYTHING: dict[str, Any] = {
    "title": "Another title",
    "visibility": "public",
    "control": "everyone",
    "max_members": 7,
    "default_grants": ["playback", "chat"],
    "wait": {"for": "everyone", "grace_s": 1.0, "limit_s": 5.0, "budget_s": 20.0},
    "chat_enabled": False,
    "queue_mode": "votes",
    "next_after_s": None,
    "starts_at_ms": T0 + 3_600_000.0,
}


@pytest.mark.parametrize("name", EVERYTHING)
def test_each_setting_is_changed_by_itself_and_said(name: str) -> None:
    session = created()
    before = settings_json(session.state)
    assert session.change_settings(host_of(session), {name: EVERYTHING[name]}, T0 + 5)
    event = session.events[-1]
    assert isinstance(event, PartySessionChanged)
    assert event.changes[name] == settings_json(session.state)[name] == EVERYTHING[name] != before[name]
    assert not session.change_settings(host_of(session), {name: EVERYTHING[name]}, T0 + 6)
    changed = {key for key, value in settings_json(session.state).items() if value != before[key]}
    assert changed == set(event.changes)
    assert changed == ({"control", "default_grants"} if name == "control" else {name})


def test_what_nobody_has_set_is_as_the_contract_says() -> None:
    found = settings_json(created().state)
    assert found["wait"] == {"for": "nobody", "grace_s": 2.0, "limit_s": 15.0, "budget_s": 45.0}
    names = ("default_grants", "chat_enabled", "queue_mode", "next_after_s", "starts_at_ms")
    assert [found[name] for name in names] == [["chat"], True, "order", 8.0, None]


def test_only_the_host_sets_anything_and_only_while_it_goes_on() -> None:
    session = created()
    grace = joined(session)
    for actor, why in ((grace, NotTheHost), (member_of(session).left(T0), Exception)):
        with pytest.raises(why):
            session.change_settings(actor, {"title": "Mine"}, T0)
    session.abandon(T0)
    with pytest.raises(PartyEnded):
        session.change_settings(host_of(session), {"title": "Mine"}, T0)


def test_who_controls_says_what_members_may_do_unless_that_is_set_itself() -> None:
    session = created()
    host = host_of(session)
    assert session.state.default_grants == {Grant.CHAT}
    session.change_settings(host, {"control": "everyone"}, T0)
    assert session.state.default_grants == {Grant.CHAT, Grant.PLAYBACK, Grant.QUEUE}
    session.change_settings(host, {"default_grants": ["invite", "playback"]}, T0)
    assert session.state.control is Control.EVERYONE
    session.change_settings(host, {"control": "host"}, T0)
    assert session.state.default_grants == {Grant.INVITE}
    assert created(control=Control.EVERYONE).state.default_grants == grants_of(["chat", "playback", "queue"])


def test_rights_of_ones_own_go_before_those_of_all() -> None:
    session = created()
    host, grace = host_of(session), joined(session)

    def play() -> None:
        session.control(
            PlaybackAction.PLAY,
            grace,
            at_ms=T0,
            lead_ms=0,
            position_s=None,
            rate=None,
            expected_revision=None,
        )

    with pytest.raises(NotGranted):
        play()
    revision = session.state.revision
    grace = session.give_grants(host, grace, grants_of(["playback"]), T0)
    assert session.give_grants(host, grace, grants_of(["playback"]), T0) is grace
    assert session.state.revision == revision + 1
    play()
    with pytest.raises(NotGranted):
        session.must_have(grace, Grant.CHAT)
    grace = session.give_grants(host, grace, None, T0)
    assert session.must_have(grace, Grant.CHAT) is grace
    with pytest.raises(NotGranted):
        play()
    assert session.state.grants_of(host.user_id, frozenset()) == ALL_GRANTS
    for actor, whom, why in (
        (grace, host, NotTheHost),
        (host, grace.left(T0), NotAMember),
        (host, None, NotAMember),
    ):
        with pytest.raises(why):
            session.give_grants(actor, whom, frozenset(), T0)


def test_who_may_moderate_puts_out_but_never_the_host() -> None:
    session = created(visibility=Visibility.PUBLIC)
    host, grace, alan = host_of(session), joined(session), joined(session, "Alan")
    with pytest.raises(NotGranted):
        session.remove_member(grace, alan, banned=False, at_ms=T0)
    grace = session.give_grants(host, grace, grants_of(["moderate"]), T0)
    with pytest.raises(HostCannotBeRemoved):
        session.remove_member(grace, host, banned=True, at_ms=T0)
    gone = session.remove_member(grace, alan, banned=True, at_ms=T0 + 9)
    event = session.events[-1]
    assert isinstance(event, MemberRemoved)
    assert (event.actor_id, event.user_id, event.banned) == (grace.user_id, alan.user_id, True)
    assert (gone.present, session.state.member_count) == (False, 2)


def test_rights_of_ones_own_end_with_the_membership() -> None:
    session = created()
    grace = session.give_grants(host_of(session), joined(session), ALL_GRANTS, T0)
    back = session.join(grace.user_id, "Grace", session.state.invite_code, grace.left(T0), T0 + 1)
    assert back.state.grants is None


def test_a_date_is_a_play_with_a_long_lead() -> None:
    starts_at_ms = T0 + 86_400_000.0
    session = created(starts_at_ms=starts_at_ms)
    playback = session.state.playback
    assert (playback.status, playback.position_s, playback.at_ms, playback.revision) == (
        PlaybackStatus.PLAYING, 0.0, starts_at_ms, 1,
    )  # fmt: skip
    host = host_of(session)
    session.change_settings(host, {"starts_at_ms": starts_at_ms + 1000.0}, T0 + 1)
    assert session.state.playback.at_ms == starts_at_ms + 1000.0
    session.change_settings(host, {"starts_at_ms": None}, T0 + 2)
    assert session.state.playback.status is PlaybackStatus.STOPPED
    assert session.state.starts_at_ms is None
    session.change_settings(host, {"starts_at_ms": starts_at_ms}, T0 + 3)
    for wrong in (T0, T0 + 5.0, T0 + 400 * 86_400_000.0):
        with pytest.raises(ValidationFailed):
            session.change_settings(host, {"starts_at_ms": wrong}, T0 + 5.0)
    for late in (starts_at_ms + 9000.0, None):
        with pytest.raises(ValidationFailed):
            session.change_settings(host, {"starts_at_ms": late}, starts_at_ms)
    begun = created()
    begun.control(
        PlaybackAction.PLAY,
        host_of(begun),
        at_ms=T0,
        lead_ms=0,
        position_s=None,
        rate=None,
        expected_revision=None,
    )
    with pytest.raises(ValidationFailed):
        begun.change_settings(host_of(begun), {"starts_at_ms": starts_at_ms}, T0 + 1)


def test_the_same_date_again_takes_back_what_has_put_it_off() -> None:
    starts_at_ms = T0 + 86_400_000.0
    session = created(starts_at_ms=starts_at_ms)
    host = host_of(session)

    def control(action: PlaybackAction, at_ms: float) -> None:
        session.control(
            action, host, at_ms=at_ms, lead_ms=0, position_s=None, rate=None, expected_revision=None
        )

    assert not session.change_settings(host, {"starts_at_ms": starts_at_ms}, T0 + 1)
    control(PlaybackAction.PAUSE, T0 + 2)
    # What else is set leaves it so.
    assert session.change_settings(host, {"chat_enabled": False}, T0 + 3)
    assert session.state.playback.status is PlaybackStatus.PAUSED
    assert session.change_settings(host, {"starts_at_ms": starts_at_ms}, T0 + 4)
    event, playback = session.events[-1], session.state.playback
    assert isinstance(event, PartySessionChanged)
    assert event.changes == {"starts_at_ms": starts_at_ms}
    assert (playback.status, playback.at_ms) == (PlaybackStatus.PLAYING, starts_at_ms)
    assert event.playback == playback
    assert not session.change_settings(host, {"starts_at_ms": starts_at_ms}, T0 + 5)
    # Who began before it, or paused until it was over, is not thrown back to it.
    control(PlaybackAction.PAUSE, T0 + 6)
    assert not session.change_settings(host, {"starts_at_ms": starts_at_ms}, starts_at_ms)
    control(PlaybackAction.PLAY, T0 + 7)
    assert not session.change_settings(host, {"starts_at_ms": starts_at_ms}, T0 + 8)
