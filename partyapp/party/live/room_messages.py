"""From committed events to what a room is told: the messages of PROTOCOL, each encoded once."""

import json
from typing import Any
from uuid import UUID

from partyapp.party import contract
from partyapp.party.application.views import event_view
from partyapp.party.contract import PartyEvent
from partyapp.realtime.websocket.frames import text_frame

_ACTIONS = {
    contract.PLAYBACK_STARTED: "play",
    contract.PLAYBACK_PAUSED: "pause",
    contract.PLAYBACK_SOUGHT: "seek",
}
PLAYBACK_EVENTS = {*_ACTIONS, contract.PLAYBACK_FINISHED}


def encoded(message: dict[str, Any]) -> bytes:
    """A message as one text frame."""
    return text_frame(json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode())


def playback_of_event(event: dict[str, Any]) -> dict[str, Any]:
    """The Playback that a playback event set."""
    data = event["data"]
    return {
        "state": data["state"],
        "position_s": data["position_s"],
        "rate": data["rate"],
        "at_ms": data["at_ms"],
        "revision": event["revision"],
    }


def publication(party_id: UUID, events: list[PartyEvent], command_id: UUID | None) -> dict[str, Any]:
    """What the processes tell each other of a commit: its events, the last marked with the command."""
    views = [event_view(event) for event in events]
    if command_id is not None:
        views[-1]["command_id"] = str(command_id)
    return {"party": str(party_id), "events": views}


def messages_of(event: dict[str, Any]) -> list[dict[str, Any]]:
    """What the room is told of one event (its view, maybe with a `command_id`)."""
    kind, revision = event["type"], event["revision"]
    if kind in _ACTIONS:
        message = {
            "type": "playback",
            "revision": revision,
            "playback": playback_of_event(event),
            "action": _ACTIONS[kind],
            "by": event["actor_id"],
        }
        if "command_id" in event:
            message["command_id"] = event["command_id"]
        return [message]
    told = event_message(event)
    if kind == contract.PARTY_SESSION_ENDED:
        return [told, {"type": "ended", "reason": event["data"]["reason"], "revision": revision}]
    return [told]


def event_message(event: dict[str, Any]) -> dict[str, Any]:
    """An event as an `event` message, with what a client would otherwise have to work out."""
    shown = {name: event[name] for name in ("revision", "type", "at_ms", "actor_id", "data")}
    message: dict[str, Any] = {"type": "event", "event": shown}
    data = event["data"]
    if event["type"] == contract.MEMBER_JOINED:
        message["member"] = {
            "user_id": data["user_id"],
            "display_name": data["display_name"],
            "role": "member",
            "joined_at_ms": event["at_ms"],
            "online": False,
            "sync": None,
        }
    elif event["type"] == contract.HOST_TRANSFERRED:
        message["host_id"] = data["to_user_id"]
    elif event["type"] in PLAYBACK_EVENTS:
        message["playback"] = playback_of_event(event)
    return message


def tick_frame(revision: int, playback: dict[str, Any], now_ms: float, clock_epoch: str) -> bytes:
    """The tick: the truth repeated."""
    return encoded(
        {
            "type": "tick",
            "revision": revision,
            "playback": playback,
            "server_time_ms": now_ms,
            "clock_epoch": clock_epoch,
        }
    )
