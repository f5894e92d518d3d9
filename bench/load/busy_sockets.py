"""Busy members in a process of their own: many sockets that ping, send their status and receive everything.

    python -m bench.load.busy_sockets PLAN.json

The plan names the server's address and, for each socket, its party, token and device; see `Plan`. The program
prints one line once all sockets are open, and runs until its standard input ends. It does as little as it
can: frames are masked with zeros, and only pongs are parsed, so that it doesn't take the server's core.
"""

import asyncio
import base64
import json
import os
import random
import sys
import time
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

PING_EVERY_S = 1.0
STATUS_EVERY_S = 0.5
SEEK_EVERY_S = 1.0
OPEN_WITHIN_S = 60.0
#: The number of concurrent handshakes.
AT_ONCE = 20

_TEXT, _CLOSE = 1, 8


@dataclass(frozen=True, kw_only=True)
class Member:
    """One socket to open. `seeks` is for a host that seeks every second."""

    party_id: str
    token: str
    device_id: str
    seeks: bool = False


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The sockets to open, and the server's address."""

    host: str
    port: int
    members: list[Member]

    def write(self, path: Path) -> None:
        """Write it as JSON; it holds tokens, so only the owner may read it."""
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> "Plan":
        """Read what `write` wrote."""
        found = json.loads(path.read_text(encoding="utf-8"))
        members = [Member(**member) for member in found["members"]]
        return cls(host=found["host"], port=found["port"], members=members)


def frame(message: dict[str, Any]) -> bytes:
    """A client's text frame (RFC 6455 §5); a mask of zeros leaves the payload as it is."""
    payload = json.dumps(message, separators=(",", ":")).encode()
    size = len(payload)
    head = bytes([0x80 | _TEXT, 0x80 | size]) if size < 126 else b"\x81\xfe" + size.to_bytes(2, "big")
    return head + b"\0\0\0\0" + payload


def monotonic_ms() -> float:
    """The member's clock."""
    return time.monotonic() * 1000


class BusySocket(asyncio.Protocol):
    """One socket: it exchanges time, sends its status, and reads what it receives."""

    def __init__(self, member: Member) -> None:
        self._member = member
        self._buffer = b""
        self._number = 0
        self._sent_ms = 0.0
        self._prev: dict[str, Any] | None = None
        self._offset_ms = 0.0
        self._revision = 0
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.closed = False
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        member = self._member
        lines = [
            f"GET /api/parties/{member.party_id}/ws?device_id={member.device_id} HTTP/1.1",
            "Host: localhost",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Protocol: party.v1",
            "Sec-WebSocket-Key: " + base64.b64encode(os.urandom(16)).decode(),
            f"Authorization: Bearer {member.token}",
        ]
        self._transport.write("\r\n".join([*lines, "", ""]).encode())

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self.opened.done():
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return
            if b" 101 " not in head.split(b"\r\n", 1)[0]:
                self.opened.set_exception(ConnectionError(head[:200].decode("latin-1")))
                return
            self._buffer = rest
            self.opened.set_result(None)
        self._read_frames(monotonic_ms())

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        if not self.opened.done():
            self.opened.set_exception(exc or ConnectionError("closed before it was open"))

    def _read_frames(self, now_ms: float) -> None:
        buffer, at = self._buffer, 0
        while len(buffer) - at >= 2:
            size, head = buffer[at + 1] & 0x7F, 2
            if size >= 126:
                wide = 2 if size == 126 else 8
                head += wide
                if len(buffer) - at < head:
                    break
                size = int.from_bytes(buffer[at + 2 : at + head], "big")
            if len(buffer) - at < head + size:
                break
            if buffer[at] & 0x0F == _TEXT:
                self._on_message(buffer[at + head : at + head + size], now_ms)
            at += head + size
        self._buffer = buffer[at:]

    def _on_message(self, payload: bytes, now_ms: float) -> None:
        if payload.startswith(b'{"type":"pong"'):
            pong = json.loads(payload)
            self._prev = {name: pong[name] for name in ("n", "t1", "t2", "t3")} | {"t4": now_ms}
            self._offset_ms = (pong["t2"] + pong["t3"] - pong["t1"] - now_ms) / 2
        elif payload.startswith(b'{"type":"playback"'):
            self._revision = int(payload[payload.index(b'"revision":') + 11 :].split(b",", 1)[0])

    def _send(self, message: dict[str, Any]) -> None:
        if not self.closed:
            self._transport.write(frame(message))

    def ping(self) -> None:
        self._number += 1
        message = {"type": "ping", "n": self._number, "t1": monotonic_ms()}
        self._send(message if self._prev is None else {**message, "prev": self._prev})

    def send_status(self) -> None:
        self._send(
            {
                "type": "status",
                "position_s": round(time.monotonic() % 600, 3),
                "state": "playing",
                "revision": self._revision,
                "sampled_at_ms": monotonic_ms() + self._offset_ms,
            }
        )

    def seek(self) -> None:
        self._send({"type": "command", "id": str(uuid.uuid4()), "action": "seek", "position_s": 60.0})


async def keep_busy(busy: BusySocket, seeks: bool) -> None:
    """Send what a playing member sends, until cancelled."""
    next_status = next_seek = time.monotonic() + random.uniform(0.0, 1.0)
    next_ping = time.monotonic() + random.uniform(0.0, PING_EVERY_S)
    while not busy.closed:
        now = time.monotonic()
        if now >= next_ping:
            busy.ping()
            next_ping = now + PING_EVERY_S * random.uniform(0.9, 1.1)
        if now >= next_status:
            busy.send_status()
            next_status = now + STATUS_EVERY_S
        if seeks and now >= next_seek:
            busy.seek()
            next_seek = now + SEEK_EVERY_S
        due = min(next_ping, next_status, next_seek) if seeks else min(next_ping, next_status)
        await asyncio.sleep(max(0.001, due - time.monotonic()))


async def run(plan: Plan) -> int:
    """Open all sockets, keep them busy until the standard input ends; the number of those closed early."""
    loop = asyncio.get_running_loop()
    limit = asyncio.Semaphore(AT_ONCE)

    async def opened(member: Member) -> BusySocket:
        async with limit, asyncio.timeout(OPEN_WITHIN_S):
            _, busy = await loop.create_connection(lambda: BusySocket(member), plan.host, plan.port)
            await busy.opened
            return busy

    sockets = await asyncio.gather(*(opened(member) for member in plan.members))
    tasks = [
        asyncio.create_task(keep_busy(busy, member.seeks))
        for busy, member in zip(sockets, plan.members, strict=True)
    ]
    print(f"open: {len(sockets)}", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    lost = sum(busy.closed for busy in sockets)
    for task in tasks:
        task.cancel()
    return lost


if __name__ == "__main__":
    closed = asyncio.run(run(Plan.read(Path(sys.argv[1]))))
    print(json.dumps({"lost": closed, "cpu_s": time.process_time()}), flush=True)
