"""The load generator: many members in one process, with a compiled WebSocket client.

    python -m bench.live.load_generator

It runs the actions named by lines of JSON on its standard input, `{"do": ..., ...}`, and answers each with
one line. Every time is read from one monotonic clock, in this one process, so that a duration is a
difference of its own instants. It parses as little as it can of what it receives.
"""

import asyncio
import json
import socket
import time
import uuid
from collections.abc import Callable
from typing import Any

from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from bench.live.actions import run_actions
from bench.live.waves import waves_of

#: The first bytes of what is broadcast for a command and for a chat message, in the protocol of ours and of
#: `ws`, and in engine.io's. A room is only sent one of the two at a time.
MARKS = {
    "party": (b'{"type":"playback"', b'{"type":"chat"'),
    "socketio": (b'42["playback"', b'42["chat"'),
}
#: What members say: as long as such messages usually are.
SAID = "Did you see what was written on the door behind her?"
TICK = b'{"type":"tick"'
OPEN_LIMIT_S = 30.0
ANSWER_LIMIT_S = 10.0
#: The receive buffer of a frozen member, in bytes; small, so that the server's writes to it soon block.
FROZEN_BUFFER = 4096


class Room:
    """The members of one room, and when each received the command or chat message that is under way."""

    def __init__(self, protocol: str) -> None:
        self.mark = MARKS[protocol]
        self.protocol = protocol
        self.members: list[Member] = []
        self.received: list[float] = []
        self.expected = 0
        self.messages = 0
        self.on_all_received: Callable[[], None] | None = None
        self.on_sender_received: Callable[[], None] | None = None

    def command(self, position_s: float) -> None:
        """The first member seeks."""
        body = {"id": str(uuid.uuid4()), "action": "seek", "position_s": position_s}
        self._send(self.members[0], "command", body)

    def say(self, number: int) -> None:
        """The members say something in turn."""
        body = {"id": str(uuid.uuid4()), "text": f"{SAID} {number}"}
        self._send(self.members[number % len(self.members)], "chat", body)

    def _send(self, member: "Member", kind: str, body: dict[str, Any]) -> None:
        if self.protocol == "socketio":
            text = "42" + json.dumps([kind, body], separators=(",", ":"))
        else:
            text = json.dumps({"type": kind, **body}, separators=(",", ":"))
        member.transport.send(WSMsgType.TEXT, text.encode())


class Member(WSListener):
    """One socket."""

    def __init__(self, room: Room, number: int) -> None:
        self.room = room
        self.mark = room.mark
        self.first = number == 0
        self.transport: Any = None
        self.frozen = self.lost = False
        self.welcomed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.lost = True
        if not self.welcomed.done():
            self.welcomed.set_exception(ConnectionError("closed before the welcome"))

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        payload = frame.get_payload_as_bytes()
        if not payload.startswith(self.mark):
            self._on_other(transport, frame, payload)
            return
        room = self.room
        room.messages += 1
        if room.expected:
            room.received.append(time.perf_counter())
            if len(room.received) == room.expected and room.on_all_received is not None:
                room.on_all_received()
        elif self.first and room.on_sender_received is not None:
            room.on_sender_received()

    def _on_other(self, transport: WSTransport, frame: WSFrame, payload: bytes) -> None:
        """Handshakes and heartbeats of both protocols; everything else is ignored."""
        if self.room.protocol == "socketio" and payload[:1] in (b"0", b"2"):
            transport.send(WSMsgType.TEXT, b"40" if payload[:1] == b"0" else b"3")
        elif payload.startswith(TICK):
            ticks.append(time.perf_counter())
        elif not self.welcomed.done() and frame.msg_type == WSMsgType.TEXT:
            self.welcomed.set_result(None)


rooms: dict[str, Room] = {}
#: When a tick came in at any member.
ticks: list[float] = []


async def open_rooms(wanted: list[dict[str, Any]], at_once: int) -> dict[str, Any]:
    """Open many rooms, with so many concurrent handshakes; how long all took, in s."""
    limit = asyncio.Semaphore(at_once)
    before = time.perf_counter()
    opened = await asyncio.gather(*(open_room(**room, limit=limit) for room in wanted))
    return {"opened": sum(opened), "seconds": time.perf_counter() - before}


async def open_room(name: str, protocol: str, sockets: list[dict[str, Any]], limit: asyncio.Semaphore) -> int:
    """Connect and wait for every welcome; the room stays until it is closed."""
    room = rooms.setdefault(name, Room(protocol))

    async def opened(number: int, given: dict[str, Any]) -> Member:
        member = Member(room, number)

        def small_buffer(_parsed: Any) -> socket.socket:
            made = socket.socket()
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, FROZEN_BUFFER)
            made.connect((_parsed.host, _parsed.port))
            made.setblocking(False)
            return made

        async with limit, asyncio.timeout(OPEN_LIMIT_S):
            await ws_connect(
                lambda: member,
                given["url"],
                extra_headers=list(given.get("headers", {}).items()),
                websocket_handshake_timeout=OPEN_LIMIT_S,
                socket_factory=small_buffer if given.get("small_buffer") else None,
                read_buffer_init_size=2048,
            )
            await member.welcomed
        return member

    known = len(room.members)
    room.members += await asyncio.gather(*(opened(known + at, one) for at, one in enumerate(sockets)))
    return len(sockets)


async def commands(name: str, count: int, every_s: float, kind: str = "command") -> dict[str, Any]:
    """Commands, or chat messages, at a fixed rate; how long, in ms, until each member has received each."""
    room = rooms[name]
    reading = sum(not member.frozen and not member.lost for member in room.members)
    last, every, missed = [], [], 0
    due = time.perf_counter()
    for number in range(count):
        done = asyncio.get_running_loop().create_future()
        room.received, room.expected = [], reading
        room.on_all_received = lambda done=done: done.done() or done.set_result(None)
        sent = time.perf_counter()
        if kind == "chat":
            room.say(number)
        else:
            room.command(float(number % 500))
        try:
            async with asyncio.timeout(ANSWER_LIMIT_S):
                await done
        except TimeoutError:
            missed += 1
        else:
            last.append((room.received[-1] - sent) * 1000)
            every += [(received - sent) * 1000 for received in room.received]
        room.expected = 0
        due = max(due + every_s, time.perf_counter())
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
    every.sort()
    shares = {f"p{share}": every[min(len(every) - 1, len(every) * share // 100)] for share in (50, 95, 99)}
    return {"last_ms": last, "every_ms": shares if every else {}, "missed": missed, "reading": reading}


async def flood(name: str, seconds: float, window: int) -> dict[str, Any]:
    """Commands as fast as their broadcasts return, `window` in flight; the messages that members received."""
    room = rooms[name]
    room.expected = 0
    stopped = False

    def again() -> None:
        if not stopped:
            room.command(1.0)

    room.on_sender_received, began = again, room.messages
    for _ in range(window):
        room.command(0.0)
    # The first ones warm up.
    await asyncio.sleep(0.2)
    before, messages, cpu = time.perf_counter(), room.messages, time.process_time()
    await asyncio.sleep(seconds)
    took = time.perf_counter() - before
    received, spent = room.messages - messages, time.process_time() - cpu
    stopped, room.on_sender_received = True, None
    await asyncio.sleep(0.3)
    # `received` also counts what came before and after the measured time, `messages` does not.
    return {"messages": received, "seconds": took, "own_cpu": spent / took, "received": room.messages - began}


async def waves(seconds: float, apart_s: float) -> dict[str, Any]:
    """The waves of the ticks that come in so many seconds, as `waves_of` tells them."""
    ticks.clear()
    await asyncio.sleep(seconds)
    return waves_of(ticks, apart_s)


async def freeze(name: str, count: int) -> dict[str, Any]:
    """The last `count` members stop reading."""
    for member in rooms[name].members[-count:]:
        member.frozen = True
        member.transport.underlying_transport.pause_reading()
    return {"frozen": count}


async def close(names: list[str]) -> dict[str, Any]:
    """Close rooms' sockets without a closing handshake."""
    for name in names:
        for member in rooms.pop(name).members:
            if not member.lost:
                member.transport.disconnect(graceful=False)
    await asyncio.sleep(0.2)
    return {}


async def lost(name: str) -> dict[str, Any]:
    """The number of members whose socket the server has closed."""
    return {"lost": sum(member.lost for member in rooms[name].members)}


ACTIONS: dict[str, Callable[..., Any]] = {
    "open": open_rooms, "commands": commands, "flood": flood, "freeze": freeze, "close": close, "lost": lost,
    "waves": waves,
}  # fmt: skip


if __name__ == "__main__":
    asyncio.run(run_actions(ACTIONS))
