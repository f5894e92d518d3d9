"""From committed events to messages: what processes publish to each other, and what a room is sent.

The latter are the messages of docs/protocol.md, each encoded once for all sockets of a room.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from partyapp.party import contract
from partyapp.party.contract import PartyEvent
from partyapp.party.domain.grants import Grant
from partyapp.party.domain.member import PartyMember
from partyapp.realtime.websocket.frames import text_frame

_ACTIONS = {
    contract.PLAYBACK_STARTED: "play",
    contract.PLAYBACK_PAUSED: "pause",
    contract.PLAYBACK_SOUGHT: "seek",
}
_encode = msgspec.json.Encoder().encode
PLAYBACK_EVENTS = {
    *_ACTIONS,
    contract.PLAYBACK_FINISHED,
    contract.PLAYBACK_HELD,
    contract.PLAYBACK_RESUMED,
}


class RoomEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A committed event as a room needs it. `command_id` is that of the command whose last event it is."""

    revision: int
    type: str
    at_ms: float
    actor_id: UUID | None
    data: dict[str, Any]
    command_id: UUID | None = None


class PartyEvents(msgspec.Struct, frozen=True, kw_only=True, tag="party_events"):
    """What the processes publish of a commit: the events of one party, in order."""

    party: UUID
    events: list[RoomEvent]


def room_event(event: PartyEvent, command_id: UUID | None = None) -> RoomEvent:
    """A committed event for the room."""
    return RoomEvent(
        revision=event.revision,
        type=event.type,
        at_ms=event.at_ms,
        actor_id=event.actor_id,
        data=event.data,
        command_id=command_id,
    )


def publication(party_id: UUID, events: Sequence[PartyEvent], command_id: UUID | None) -> PartyEvents:
    """The message of a commit: its events, the last marked with the command."""
    last = len(events) - 1
    return PartyEvents(
        party=party_id,
        events=[
            room_event(event, command_id if number == last else None) for number, event in enumerate(events)
        ],
    )


def encoded(message: Any) -> bytes:
    """A message, a JSON value or a Struct, as one text frame."""
    return text_frame(_encode(message))


def frames_of(event: RoomEvent) -> list[bytes]:
    """What a room's sockets are sent of one event, each a text frame."""
    return [text_frame(_encode(message)) for message in messages_of(event)]


def messages_of(event: RoomEvent) -> list[dict[str, Any]]:
    """The same as JSON values."""
    action = _ACTIONS.get(event.type)
    if action is not None:
        message = {
            "type": "playback",
            "revision": event.revision,
            "playback": _playback_of(event),
            "action": action,
            "by": _text(event.actor_id),
        }
        if event.command_id is not None:
            message["command_id"] = str(event.command_id)
        return [message]
    message = event_message(event)
    if event.type == contract.PARTY_SESSION_ENDED:
        ended = {"type": "ended", "reason": event.data["reason"], "revision": event.revision}
        return [message, ended]
    return [message]


def event_message(event: RoomEvent | PartyEvent) -> dict[str, Any]:
    """An event as an `event` message, with what a client would otherwise have to work out."""
    data = event.data
    shown = {
        "revision": event.revision,
        "type": event.type,
        "at_ms": event.at_ms,
        "actor_id": _text(event.actor_id),
        "data": data,
    }
    message: dict[str, Any] = {"type": "event", "event": shown}
    if event.type == contract.MEMBER_JOINED:
        message["member"] = {
            "user_id": data["user_id"],
            "display_name": data["display_name"],
            "role": "member",
            "joined_at_ms": event.at_ms,
            # Events of the release before don't tell it.
            "grants": data.get("grants", [Grant.CHAT.value]),
            "own_grants": data.get("own_grants"),
            "online": False,
            "sync": None,
        }
    elif event.type == contract.HOST_TRANSFERRED:
        message["host_id"] = data["to_user_id"]
    elif event.type in PLAYBACK_EVENTS:
        message["playback"] = _playback_of(event)
    elif "playback" in data:
        # Another film, or another date, tells the whole of it.
        message["playback"] = data["playback"]
    return message


def removed_message(banned: bool) -> dict[str, Any]:
    """To who was put out of the party, before their socket is closed."""
    return {"type": "removed", "banned": banned}


def host_returned_message(member: PartyMember, until_ms: float) -> dict[str, Any]:
    """To the host: who was host, was replaced while away and is back; may get the role until `until_ms`."""
    return {
        "type": "host_returned",
        "user_id": str(member.user_id),
        "display_name": member.state.display_name,
        "until_ms": until_ms,
    }


def tick_frame(revision: int, playback: dict[str, Any], now_ms: float, clock_epoch: str) -> bytes:
    """The tick: the party's revision and playback once more."""
    return encoded(
        {
            "type": "tick",
            "revision": revision,
            "playback": playback,
            "server_time_ms": now_ms,
            "clock_epoch": clock_epoch,
        }
    )


def _playback_of(event: RoomEvent | PartyEvent) -> dict[str, Any]:
    """The Playback that a playback event set."""
    data = event.data
    return {
        "state": data["state"],
        "position_s": data["position_s"],
        "rate": data["rate"],
        "at_ms": data["at_ms"],
        "revision": event.revision,
        "held": data.get("held"),
        "next": data.get("next"),
    }


def _text(user_id: UUID | None) -> str | None:
    return None if user_id is None else str(user_id)
