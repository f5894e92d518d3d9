"""Our live path alone, doing what the Node servers do: no database, no command handling, no bus.

    python -m bench.live.servers.hub_server

Rooms, sockets and frames are the ones of `partyapp.realtime`; only the handshake is made here by hand.
"""

from gevent import monkey

monkey.patch_all()

import base64  # noqa: E402
import hashlib  # noqa: E402
import json  # noqa: E402
import socket  # noqa: E402
import uuid  # noqa: E402
from typing import Any  # noqa: E402
from urllib.parse import parse_qs, urlsplit  # noqa: E402

from gevent import get_hub  # noqa: E402
from gevent.server import StreamServer  # noqa: E402

from partyapp.realtime.rooms import DeviceKey, Hub, Room  # noqa: E402
from partyapp.realtime.websocket.connection import Connection  # noqa: E402
from partyapp.realtime.websocket.frames import text_frame  # noqa: E402
from partyapp.realtime.websocket.send_queue import Priority  # noqa: E402
from partyapp.realtime.websocket.write_batcher import WriteBatcher  # noqa: E402
from partyapp.shared.kernel.clock import WallClock  # noqa: E402

#: RFC 6455 §1.3.
_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_HEAD_LIMIT = 8192
_HANDSHAKE_LIMIT_S = 10.0


class Revision:
    """How many changes a room has had."""

    __slots__ = ("number",)

    def __init__(self) -> None:
        self.number = 1


USER_ID, VIDEO_ID = str(uuid.uuid4()), str(uuid.uuid4())
clock = WallClock()
batcher = WriteBatcher(get_hub().loop)
hub: Hub[Revision] = Hub()


def changed(room: Room[Revision], command: dict[str, Any], received_ms: float) -> dict[str, Any]:
    """What a room is sent of a playback command."""
    return {
        "type": "playback",
        "revision": room.state.number,
        "playback": {
            "state": "playing",
            "position_s": command["position_s"],
            "rate": 1,
            "at_ms": received_ms,
            "revision": room.state.number,
        },
        "action": command["action"],
        "by": str(room.id),
        "command_id": command["id"],
    }


def said(room: Room[Revision], chat: dict[str, Any], received_ms: float) -> dict[str, Any]:
    """What a room is sent of a chat message."""
    message = {
        "seq": room.state.number,
        "id": chat["id"],
        "user_id": USER_ID,
        "display_name": "Member",
        "text": chat["text"],
        "at_ms": received_ms,
        "position_s": 12.5,
        "video_id": VIDEO_ID,
    }
    return {"type": "chat", "message": message}


class Member:
    """One socket's handler: a command goes to the whole room."""

    __slots__ = ("_connection", "_device_key", "_room")

    def __init__(self, connection: Connection, room: Room[Revision]) -> None:
        self._connection = connection
        self._room = room
        self._device_key = DeviceKey(uuid.uuid4(), None)
        hub.add(room, self._device_key, connection)

    def on_text(self, text: str, received_ms: float) -> None:
        command = json.loads(text)
        room = self._room
        room.state.number += 1
        change = said if command["type"] == "chat" else changed
        text = json.dumps(change(room, command, received_ms), separators=(",", ":"))
        room.broadcast(text_frame(text.encode()), Priority.CHANGE)

    def on_room_to_write(self) -> None:
        self._connection.renew(text_frame(b'{"type":"welcome"}'))

    def on_dismissed(self, code: int) -> None:
        self._connection.close(code)

    def on_closed(self) -> None:
        hub.remove(self._room, self._device_key, self._connection)


def handshake(client: socket.socket) -> str:
    """Read the request, accept the upgrade, and give the room's name."""
    head = b""
    while b"\r\n\r\n" not in head:
        more = client.recv(4096)
        if not more or len(head) > _HEAD_LIMIT:
            raise ConnectionError("no handshake")
        head += more
    lines = head.decode("latin-1").split("\r\n")
    fields = {
        name.strip().lower(): value.strip() for name, _, value in (li.partition(":") for li in lines[1:])
    }
    accept = base64.b64encode(hashlib.sha1(fields["sec-websocket-key"].encode() + _MAGIC).digest())
    client.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )
    return parse_qs(urlsplit(lines[0].split(" ")[1]).query)["room"][0]


def arrive(client: Any, _address: Any) -> None:
    """Take a new socket to its room; the greenlet ends and only the event loop's watcher stays."""
    try:
        client.settimeout(_HANDSHAKE_LIMIT_S)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        room_id = uuid.uuid5(uuid.NAMESPACE_URL, handshake(client))
    except (OSError, KeyError, IndexError):
        client.close()
        return
    connection = Connection(client, clock, batcher=batcher)
    connection.handler = Member(connection, hub.open(room_id, Revision()))
    client.close()
    connection.start()
    connection.send(text_frame(b'{"type":"welcome"}'))


if __name__ == "__main__":
    server = StreamServer(("127.0.0.1", 0), arrive, backlog=4096)
    server.start()
    print(f"listening: {server.server_port}", flush=True)
    server.serve_forever()
