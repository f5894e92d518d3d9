"""What a room is sent of each event: the protocol's messages, field by field."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from partyapp.party.domain.playback import PlaybackAction
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.infrastructure.mapping import recorded
from partyapp.party.live.room_messages import (
    PartyEvents,
    encoded,
    event_message,
    messages_of,
    publication,
    tick_frame,
)
from partyapp.realtime.messages import encode
from partyapp.realtime.websocket.frames import text_frame
from partyapp.shared.kernel.ids import new_id
from tests.support.party_objects import T0, created, host_of, joined

COMMAND = new_id()
PLAYBACK = {"state", "position_s", "rate", "at_ms", "revision", "held", "next"}


def messages_sent_of(session: SyncedPartySession, command: bool = False) -> list[dict[str, Any]]:
    """What is sent of the party's last event, as it comes out of the bus."""
    message = publication(session.state.id, [recorded(session.events[-1])], COMMAND if command else None)
    passed_on = msgspec.json.decode(encode(message), type=PartyEvents)
    assert passed_on.party == session.state.id
    return messages_of(passed_on.events[-1])


def play(session: SyncedPartySession, action: PlaybackAction) -> None:
    session.control(
        action,
        host_of(session),
        at_ms=T0,
        lead_ms=150.0,
        position_s=7.5,
        rate=1.25,
        expected_revision=None,
    )


@pytest.mark.parametrize(("action", "state"), [("play", "playing"), ("pause", "paused"), ("seek", "stopped")])
def test_a_playback_command(action: str, state: str) -> None:
    session = created()
    play(session, PlaybackAction(action))
    (message,) = messages_sent_of(session, command=True)
    assert message == {
        "type": "playback",
        "revision": 2,
        "playback": {
            "state": state,
            "position_s": 7.5,
            "rate": 1.25,
            "at_ms": T0 + 150,
            "revision": 2,
            "held": None,
            "next": None,
        },
        "action": action,
        "by": str(session.state.host_id),
        "command_id": str(COMMAND),
    }
    assert "command_id" not in messages_sent_of(session)[0]


def test_somebody_joins_and_leaves() -> None:
    session = created()
    grace = joined(session)
    (message,) = messages_sent_of(session)
    assert message["type"] == "event"
    assert set(message) == {"type", "event", "member"}
    assert set(message["event"]) == {"revision", "type", "at_ms", "actor_id", "data"}
    assert message["member"] == {
        "user_id": str(grace.user_id),
        "display_name": "Grace",
        "role": "member",
        "joined_at_ms": T0 + 1,
        "online": False,
        "grants": ["chat"],
        "own_grants": None,
        "sync": None,
    }
    session.leave(grace, None, T0 + 2)
    (message,) = messages_sent_of(session, command=True)
    assert set(message) == {"type", "event"}
    assert set(message["event"]) == {"revision", "type", "at_ms", "actor_id", "data"}


def test_a_hand_over_names_the_host() -> None:
    session = created()
    grace = joined(session)
    session.transfer_host(host_of(session), grace, T0)
    (message,) = messages_sent_of(session)
    assert (message["type"], message["host_id"]) == ("event", str(grace.user_id))


def test_a_film_that_ran_out() -> None:
    session = created()
    play(session, PlaybackAction.PLAY)
    assert session.finish(T0 + 1e7)
    (message,) = messages_sent_of(session)
    assert (message["type"], message["event"]["type"]) == ("event", "playback_finished")
    assert set(message["playback"]) == PLAYBACK
    assert (message["playback"]["state"], message["playback"]["position_s"]) == ("stopped", 600.0)


def test_the_end_is_an_event_and_a_message_of_its_own() -> None:
    session = created()
    session.end(host_of(session), session.state.host_id, T0)
    event, ended = messages_sent_of(session)
    assert (event["type"], event["event"]["type"]) == ("event", "party_session_ended")
    assert ended == {"type": "ended", "reason": "host", "revision": 2}


def test_only_the_last_event_carries_the_command() -> None:
    session = created()
    joined(session)
    events = [recorded(event) for event in session.events]
    message = publication(session.state.id, events, COMMAND)
    assert [event.command_id for event in message.events] == [None, COMMAND]


def test_a_missed_playback_event_is_replayed_as_an_event() -> None:
    session = created()
    play(session, PlaybackAction.PAUSE)
    (event,) = publication(session.state.id, [recorded(session.events[-1])], COMMAND).events
    message = event_message(event)
    assert (message["type"], set(message["playback"])) == ("event", PLAYBACK)
    assert "command_id" not in message["event"]


def test_a_tick_and_the_bytes_of_a_message() -> None:
    playback = {"state": "paused", "position_s": 1.0, "rate": 1.0, "at_ms": T0, "revision": 3}
    frame = tick_frame(4, playback, T0 + 0.5, "epoch")
    message = {
        "type": "tick",
        "revision": 4,
        "playback": playback,
        "server_time_ms": T0 + 0.5,
        "clock_epoch": "epoch",
    }
    assert frame == encoded(message) == text_frame(json.dumps(message, separators=(",", ":")).encode())
    assert "Ä🎬".encode() in encoded({"name": "Ä🎬"}), "text is sent as it is, which is shorter"
