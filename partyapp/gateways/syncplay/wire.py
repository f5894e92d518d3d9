"""Syncplay's wire: one JSON object a line. Reading with bounds, and the messages of a server.

Clients ignore keys that they don't know inside a message; a message that they don't know ends the connection.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from partyapp.shared.kernel.display_name import DISPLAY_NAME_MAX
from partyapp.shared.kernel.errors import MalformedJson
from partyapp.shared.kernel.strict_json import parse_json

#: The longest line that is read, in bytes; it is that of Syncplay's own server.
MAX_LINE_BYTES = 16 * 1024

#: The version of the protocol that is spoken, as a server's release.
VERSION = "1.6.9"
MAX_CHAT = 150
#: Invite codes fit in, and in the name of a room with a controller, too.
MAX_ROOM = 64

#: Without readiness an unpause is a command at once.
FEATURES = {
    "readiness": False,
    "managedRooms": True,
    "chat": True,
    "maxChatMessageLength": MAX_CHAT,
    "maxUsernameLength": DISPLAY_NAME_MAX,
    "maxRoomNameLength": MAX_ROOM,
    "maxFilenameLength": 250,
}

Message = Mapping[str, Any]

_encode = msgspec.json.Encoder().encode


class BadLine(Exception):
    """What came in is no line of the protocol; the text is for the client's user."""


class LineReader:
    """Joins what comes in to lines."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Message]:
        """The messages that are complete. Raises `BadLine` for a line that is too long or no object."""
        *lines, self._rest = (self._rest + data if self._rest else data).split(b"\n")
        for line in lines:
            if len(line) > MAX_LINE_BYTES:
                raise BadLine("A line is too long.")
            if line.strip():
                yield _parsed(line)
        if len(self._rest) > MAX_LINE_BYTES:
            raise BadLine("A line is too long.")


def _parsed(line: bytes) -> Message:
    try:
        found = parse_json(line)
        if b"\\u" in line:
            # Half of a surrogate pair can be written so, and by nobody be passed on.
            json.dumps(found, ensure_ascii=False).encode()
    except (MalformedJson, UnicodeEncodeError):
        raise BadLine("A line is no JSON.") from None
    if not isinstance(found, dict):
        raise BadLine("A line is no JSON object.")
    return found


def room_named(room: Any) -> object:
    """The name in what a client says of a room, whatever it is."""
    return room.get("name") if isinstance(room, Mapping) else None


def line_of(message: Message) -> bytes:
    """A message as a line."""
    return _encode(message) + b"\r\n"


def tls(starts: bool) -> Message:
    """Whether TLS begins with the next byte. It has to be answered at once."""
    return {"TLS": {"startTLS": "true" if starts else "false"}}


def hello(name: str, room: str, motd: str) -> Message:
    """The client's name and room, which it takes over."""
    return {
        "Hello": {
            "username": name,
            "room": {"name": room},
            "version": VERSION,
            "realversion": VERSION,
            "motd": motd,
            "features": FEATURES,
        }
    }


def empty_playlist() -> tuple[Message, Message]:
    """No shared playlist. Without an index, be it null, a client never opens the file it was started with."""
    return (
        {"Set": {"playlistChange": {"user": None, "files": []}}},
        {"Set": {"playlistIndex": {"user": None, "index": None}}},
    )


def user_list(room: str, names: Iterable[str], controllers: Iterable[str]) -> Message:
    """Who is in the room."""
    may = frozenset(controllers)
    return {
        "List": {
            room: {
                name: {
                    "position": 0,
                    "file": {},
                    "controller": name in may,
                    "isReady": True,
                    "features": {},
                }
                for name in names
            }
        }
    }


def user_came(name: str, room: str) -> Message:
    """Somebody came into the room."""
    return {"Set": {"user": {name: {"room": {"name": room}, "event": {"joined": True}}}}}


def user_went(name: str, room: str) -> Message:
    """Somebody left the room."""
    return {"Set": {"user": {name: {"room": {"name": room}, "event": {"left": True}}}}}


def room_is(room: str) -> Message:
    """The client is in this room from now on."""
    return {"Set": {"room": {"name": room}}}


def controls(name: str, room: str, may: bool = True) -> Message:
    """Whether somebody may control a room with controllers."""
    return {"Set": {"controllerAuth": {"user": name, "room": room, "success": may}}}


def chat(name: str, text: str) -> Message:
    """What somebody said; the one who said it is told too."""
    return {"Chat": {"username": name, "message": text}}


def error(text: str) -> Message:
    """The client shows the text, hangs up and doesn't come again by itself."""
    return {"Error": {"message": text}}
