"""What is known of players: of several devices of a member, and of those on other processes."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import msgspec

from partyapp.party.domain.playback import PlaybackState, PlaybackStatus
from partyapp.party.domain.readiness import Player
from partyapp.party.live.member_sync import MemberSyncState
from partyapp.party.live.replica import PartyReplica
from partyapp.party.live.room_players import (
    OLD_AFTER_MS,
    READY,
    SILENT,
    PlayersTold,
    ToldPlayer,
    all_players,
    own_players,
    worth_telling,
)
from partyapp.party.live.room_state import RoomState
from partyapp.realtime.messages import encode
from tests.support.live_env import Line
from tests.support.party_objects import T0, created, film, host_of, state

A, B = UUID(int=11), UUID(int=12)
PLAYBACK = PlaybackState(status=PlaybackStatus.PAUSED, position_s=30.0, at_ms=T0)
PARTY = state(playback=PLAYBACK)


def player(does: str | None, position_s: float = 30.0, at_ms: float = T0 + 10) -> MemberSyncState:
    """What is known of a player that has reported this, or nothing."""
    found = MemberSyncState()
    if does is not None:
        found.state, found.active_ms = does, at_ms
        found.follow(PARTY, position_s, does, 30.0, at_ms)
    return found


def own(**devices: MemberSyncState) -> Player:
    """A member with these devices on sockets and this one by requests."""
    session = created()
    room = RoomState(PartyReplica(session.state, [host_of(session)]))
    rest = {A: devices.pop("rest")} if "rest" in devices else {}
    for device in devices.values():
        room.sync_states[Line()] = (A, device)
    return own_players(room, rest, PLAYBACK, T0 + 20)[A]


def test_a_player_is_ready_where_the_party_is_and_loads_until_it_says_otherwise() -> None:
    assert own(phone=player("paused")) == own(phone=player("ready", 30.9)) == READY
    assert own(phone=player("paused", 28.5)) == Player(None, False, True), "it is elsewhere"
    assert own(phone=player("buffering")) == Player(T0 + 10, False, True)
    assert own(phone=player(None)) == SILENT
    stalled = player("buffering")
    assert not stalled.follow(PARTY, 30.0, "buffering", 30.0, T0 + 900), "no news"
    assert stalled.loads_since_ms == T0 + 10
    assert stalled.follow(replace(PARTY, video=film(id=B)), 0.0, "buffering", 0.0, T0 + 940)
    assert stalled.loads_since_ms == T0 + 940, "to load another film is another stall"
    assert stalled.follow(PARTY, 30.0, "playing", 30.0, T0 + 950)


def test_one_device_that_loads_holds_its_member_up_and_one_that_is_silent_does_not() -> None:
    assert own(phone=player("buffering"), tv=player("paused")) == Player(T0 + 10, False, True)
    assert own(phone=player(None), tv=player("paused")) == READY
    assert own(tv=player("paused"), rest=player("buffering")) == Player(T0 + 10, False, True)


def test_a_player_that_has_said_nothing_for_long_does_not_load_and_holds_up_no_other_of_its_member() -> None:
    long_ago = T0 - 10 * OLD_AFTER_MS
    old = player("buffering", at_ms=long_ago)
    assert own(phone=old) == SILENT
    assert own(phone=old, laptop=player("playing")) == READY
    assert own(phone=player("paused", at_ms=long_ago)) == READY


def test_of_other_processes_is_known_what_they_told_of_the_same_playback() -> None:
    session = created()
    room = RoomState(PartyReplica(session.state, [host_of(session)]))
    room.remote["two"] = (T0, {A: None, B: None})
    assert all_players({}, room, {}, PLAYBACK) == {A: SILENT, B: SILENT}
    told = PlayersTold(
        party=session.state.id,
        process="two",
        at_ms=T0,
        players=worth_telling({A: Player(T0 + 5), B: READY}, presence={B}),
    )
    assert told.players == {A: ToldPlayer(T0 + 5, False, True)}
    told = msgspec.json.decode(encode(told), type=PlayersTold)
    assert all_players({}, room, {"two": told}, PLAYBACK) == {A: Player(T0 + 5), B: READY}
    room.remote.clear()
    assert all_players({}, room, {"two": told}, PLAYBACK) == {A: Player(T0 + 5)}, "who loads is there"
    room.remote["two"] = (T0, {A: None, B: None})
    later = PlaybackState(at_ms=T0 + 99)
    assert all_players({}, room, {"two": told}, later)[B] == Player(None, False, True)
    assert all_players({B: Player(T0 + 7)}, room, {"two": told}, PLAYBACK)[B] == Player(T0 + 7)


def test_who_has_just_come_and_is_ready_is_not_taken_for_gone() -> None:
    """That a member came is told once a second; of their player it may be told before."""
    session = created()
    room = RoomState(PartyReplica(session.state, [host_of(session)]))
    players = worth_telling({A: READY}, presence=())
    told = PlayersTold(party=session.state.id, process="two", at_ms=T0, players=players)
    assert all_players({}, room, {"two": told}, PLAYBACK) == {A: READY}


def test_who_is_waited_for_and_has_gone_is_not_taken_for_ready() -> None:
    """That a member left is told once a second; that their player is gone at once."""
    session = created()
    room = RoomState(PartyReplica(session.state, [host_of(session)]))
    room.remote["two"] = (T0, {A: None, B: None})
    told = PlayersTold(party=session.state.id, process="two", at_ms=T0, players={}, gone=(A,))
    told = msgspec.json.decode(encode(told), type=PlayersTold)
    assert all_players({}, room, {"two": told}, PLAYBACK) == {B: READY}
    assert all_players({A: Player(T0 + 7)}, room, {"two": told}, PLAYBACK)[A] == Player(T0 + 7)
