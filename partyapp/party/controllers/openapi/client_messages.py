"""What a client may send on the party's WebSocket, as JSON Schema.

Bounds and words are those of the Structs in `partyapp.party.controllers.socket_messages`. A field that may be
left out may be null as well. That a seek needs `position_s` and `transfer_host` needs `user_id` is said in
words.
"""

from typing import Any, get_args

from partyapp.openapi.socket_message import Sender, SocketMessage
from partyapp.party.controllers.schemas import MAX_REVISION
from partyapp.party.controllers.socket_messages import MAX_BOUND_MS, Action, State
from partyapp.party.domain.playback import MAX_RATE, MIN_RATE
from partyapp.transcode.contract import MAX_DURATION_S, MIN_DURATION_S

#: A clock of a client's may say anything below this, in ms.
_TIME_BOUND_MS = 1e15
_EXCHANGE_NUMBER = {"type": "integer", "minimum": 0, "maximum": 2**53 - 1}
_TIME = {"type": "number", "exclusiveMinimum": -_TIME_BOUND_MS, "exclusiveMaximum": _TIME_BOUND_MS}
_POSITION = {"type": "number", "minimum": 0}
_REVISION = {"type": "integer", "minimum": 0, "maximum": MAX_REVISION}
_UUID = {"type": "string", "format": "uuid"}

_EXCHANGE = {
    "type": "object",
    "additionalProperties": False,
    "description": "The previous complete exchange, so that the server can estimate this member's clock too.",
    "properties": {
        "n": {**_EXCHANGE_NUMBER, "description": "Its number."},
        "t1": {**_TIME, "description": "As it was sent."},
        "t2": {**_TIME, "description": "As the pong had it."},
        "t3": {**_TIME, "description": "As the pong had it."},
        "t4": {**_TIME, "description": "The client's own monotonic clock on receipt of the pong, in ms."},
    },
    "required": ["n", "t1", "t2", "t3", "t4"],
}


def _object(required: tuple[str, ...], **properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        "required": list(required),
    }


def _or_null(schema: dict[str, Any], about: str) -> dict[str, Any]:
    return {**schema, "type": [schema["type"], "null"], "description": about}


_PING = {
    **_object(
        ("n", "t1"),
        n={**_EXCHANGE_NUMBER, "description": "Numbers the exchange."},
        t1={**_TIME, "description": "The client's own monotonic clock at sending, in ms."},
        prev={
            "description": "The exchange before this one, once it is complete.",
            "anyOf": [{"$ref": "#/$defs/Exchange"}, {"type": "null"}],
        },
    ),
    "$defs": {"Exchange": _EXCHANGE},
}
_STATUS = _object(
    ("position_s", "state", "revision", "sampled_at_ms"),
    position_s={**_POSITION, "description": "Where the player is, in s."},
    state={"type": "string", "enum": list(get_args(State)), "description": "What the player does."},
    revision={**_REVISION, "description": "The revision that the player follows."},
    sampled_at_ms={
        **_TIME,
        "description": "When the position was read, in party time as the member believes it.",
    },
    duration_s=_or_null(
        {"type": "number", "minimum": MIN_DURATION_S, "maximum": MAX_DURATION_S},
        "The film's length in s by this player, where it is another one than the party's.",
    ),
    bound_ms=_or_null(
        {"type": "number", "minimum": 0, "maximum": MAX_BOUND_MS},
        "How far off the position may be beside the clock, in ms, where it is read through another program.",
    ),
    video_id=_or_null(_UUID, "What the player shows: of another film than the party's, nothing counts."),
)
_COMMAND = _object(
    ("id", "action"),
    id={**_UUID, "description": "The client's own."},
    action={"type": "string", "enum": list(get_args(Action)), "description": "What to do."},
    position_s=_or_null(_POSITION, "Where to play from, pause at or seek to, in s. A seek needs it."),
    rate=_or_null(
        {"type": "number", "minimum": MIN_RATE, "maximum": MAX_RATE}, "The speed; unchanged if not given."
    ),
    user_id=_or_null(_UUID, "The new host; `transfer_host` needs it."),
    expected_revision=_or_null(
        _REVISION, "Refuse a playback command as `stale_revision` unless the party is at this revision."
    ),
    when_ready=_or_null(
        {"type": "boolean"},
        "Of a play: begin once all are ready for whom the party waits; held until then, unless they are.",
    ),
)
_RENEW = _object(
    ("access_token",),
    access_token={
        "type": "string",
        "minLength": 1,
        "maxLength": 8192,
        "description": "A fresh token of the same person.",
    },
)

CLIENT_MESSAGES = (
    SocketMessage(
        name="ping",
        sender=Sender.CLIENT,
        summary="Exchange the clock. The server answers with `pong`.",
        payload=_PING,
    ),
    SocketMessage(
        name="status",
        sender=Sender.CLIENT,
        summary="Where the player is, at most a few times a second. There is no answer.",
        payload=_STATUS,
    ),
    SocketMessage(
        name="command",
        sender=Sender.CLIENT,
        summary="Do something. The answer is `ack` or `error` with the same `id`.",
        about="The same `id` again has no second effect and gets the first answer.",
        payload=_COMMAND,
    ),
    SocketMessage(
        name="renew",
        sender=Sender.CLIENT,
        summary="Go on with a fresh token, so that 4401 doesn't come. The answer is `renewed`.",
        about="A token that is refused is answered with `error`, and the socket goes on with the one before.",
        payload=_RENEW,
    ),
)
