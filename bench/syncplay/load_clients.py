"""The load generator: `python -m bench.syncplay.load_clients`, a process of its own.

Reads one JSON object a line, does it, and prints one: `{"do": "join", "port": 8999, "codes": ["…"],
"at_once": 20}` lets a client into the party of each code, `{"do": "watch", "seconds": 30}` gives how late
States were. A client is as cheap as can be: it answers each State with where a player would be that lands
exactly.
"""

import asyncio
import gc
import json
import sys
import time
from typing import Any

import msgspec

from bench.syncplay.lateness import lateness_ms

#: The gateway bounds connections without a party of one address: clients come from as many as these.
ADDRESSES = 250
JOIN_LIMIT_S = 120.0
#: A seek is aimed so far ahead (s) as a player takes to land that nothing is known of, and is ahead then.
LANDING_S = 0.142

_HELLO = (
    '{{"Hello":{{"username":"{name}","room":{{"name":"{room}"}},"version":"1.2.255","realversion":"1.6.9",'
    '"features":{{"sharedPlaylists":true,"chat":true,"readiness":true,"managedRooms":true}}}}}}\r\n'
)
_OPENED = b'{"Set":{"file":{"name":"film.mkv","duration":3600.0,"size":1}}}\r\n{"List":null}\r\n'
_ANSWER = (
    '{{"State":{{"playstate":{{"position":{position:.6f},"paused":{paused}}},"ping":{{'
    '"latencyCalculation":{stamp!r},"clientLatencyCalculation":{now!r},"clientRtt":0}}{counts}}}}}\r\n'
)


class Playstate(msgspec.Struct):
    position: float
    paused: bool
    doSeek: bool


class Ping(msgspec.Struct):
    latencyCalculation: float


class Counts(msgspec.Struct):
    server: int | None = None


class StateBody(msgspec.Struct):
    playstate: Playstate
    ping: Ping
    ignoringOnTheFly: Counts | None = None


class ErrorBody(msgspec.Struct):
    message: str


class Message(msgspec.Struct):
    """What of a line matters here."""

    State: StateBody | None = None
    TLS: dict[str, str] | None = None
    Hello: dict[str, Any] | None = None
    Error: ErrorBody | None = None


_decode = msgspec.json.Decoder(Message).decode


class LoadClient(asyncio.Protocol):
    """One desktop member. `joined` is done once its first State came in, or with why it never did."""

    __slots__ = ("_name", "_position_s", "_paused", "_rest", "_room", "_since_s", "_transport", "joined",
                 "received", "stamps")  # fmt: skip

    def __init__(self, name: str, room: str, joined: "asyncio.Future[str]") -> None:
        self._name, self._room = name, room
        self.joined = joined
        self._rest = b""
        self._position_s, self._since_s, self._paused = 0.0, time.time(), True
        #: When each State of the watch was made by the gateway, and when it was received, in s.
        self.stamps: list[float] | None = None
        self.received: list[float] = []
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(b'{"TLS":{"startTLS":"send"}}\r\n')

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        if not self.joined.done():
            self.joined.set_result(f"hung up: {error}")

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\r\n")
        for line in lines:
            message = _decode(line)
            if message.State is not None:
                self._answer(message.State)
            elif message.TLS is not None:
                self._say(_HELLO.format(name=self._name, room=self._room).encode())
            elif message.Hello is not None:
                self._say(_OPENED)
            elif message.Error is not None and not self.joined.done():
                self.joined.set_result(message.Error.message)

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.abort()

    def _answer(self, state: StateBody) -> None:
        now_s = time.time()
        told = state.playstate
        if self.stamps is not None:
            self.stamps.append(state.ping.latencyCalculation)
            self.received.append(now_s)
        position_s = self._position_s if self._paused else self._position_s + now_s - self._since_s
        if told.doSeek:
            position_s = told.position if told.paused else told.position - LANDING_S
        self._position_s, self._since_s, self._paused = position_s, now_s, told.paused
        counts = state.ignoringOnTheFly
        answer = _ANSWER.format(
            position=max(0.0, position_s),
            paused="true" if told.paused else "false",
            stamp=state.ping.latencyCalculation,
            now=now_s,
            counts="" if counts is None or counts.server is None
            else f',"ignoringOnTheFly":{{"server":{counts.server}}}',
        )  # fmt: skip
        self._say(answer.encode())
        if not self.joined.done():
            self.joined.set_result("")

    def _say(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)


class Load:
    """All clients of this process."""

    def __init__(self) -> None:
        self._clients: list[LoadClient] = []

    async def join(self, port: int, codes: list[str], at_once: int) -> dict[str, Any]:
        """One client into the party of each code; how many are in, and what the others were told."""
        began_s = time.monotonic()
        gate = asyncio.Semaphore(at_once)
        told = await asyncio.gather(*(self._join(gate, port, code) for code in codes))
        refused = [text for text in told if text]
        gc.collect()
        gc.freeze()
        return {"joined": len(told) - len(refused), "refused": refused, "s": time.monotonic() - began_s}

    async def _join(self, gate: asyncio.Semaphore, port: int, code: str) -> str:
        async with gate:
            loop = asyncio.get_running_loop()
            number = len(self._clients)
            client = LoadClient(f"Ada {number}", code, loop.create_future())
            self._clients.append(client)
            own = (f"127.0.1.{1 + number % ADDRESSES}", 0)
            try:
                async with asyncio.timeout(JOIN_LIMIT_S):
                    await loop.create_connection(lambda: client, "127.0.0.1", port, local_addr=own)
                    return await client.joined
            except (OSError, TimeoutError) as error:
                client.close()
                return f"{type(error).__name__} {error}"

    async def watch(self, seconds: float) -> dict[str, Any]:
        """How late States are from now on, by the gateway's stamps and as they come in here (ms)."""
        cpu_s = time.process_time()
        for client in self._clients:
            client.stamps, client.received = [], []
        await asyncio.sleep(seconds)
        by_stamp: list[float] = []
        as_received: list[float] = []
        for client in self._clients:
            stamps, client.stamps = client.stamps or [], None
            by_stamp += lateness_ms(stamps, stamps)
            as_received += lateness_ms(stamps, client.received)
        return {
            "by_stamp": sorted(by_stamp),
            "as_received": sorted(as_received),
            "cpu": (time.process_time() - cpu_s) / seconds,
            "connected": sum(client._transport is not None for client in self._clients),
        }


async def main() -> None:
    """Serve the one who reads our output."""
    load = Load()
    lines = asyncio.StreamReader(limit=1 << 24)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        asked = json.loads(line)
        do = asked.pop("do")
        done = await load.join(**asked) if do == "join" else await load.watch(**asked)
        print(json.dumps(done), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
