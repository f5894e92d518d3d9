"""Members of playing parties in one process, who ping and report as the shipped client does.

    python -m bench.live.playing_members

It runs the actions named by lines of JSON on its standard input, as `bench.live.load_generator` does. A
member pings once a second and reports a picture that is exactly where the party is; with `paced` it keeps the
pace that the server asks for (CONTRACT's `pace`), else it is a client that knows of none.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec
from picows import WSFrame, WSInvalidStatusError, WSListener, WSMsgType, WSTransport, ws_connect

from bench.live.actions import run_actions
from bench.live.waves import waves_of

EVERY_MS = 1000
OPEN_LIMIT_S = 30.0
TRIES = 5
TICK_S = 5.0
WELCOME, PONG, PACE, TICK = (b'{"type":"' + one for one in (b"welcome", b"pong", b"pace", b"tick"))

#: The members share the machine with what is measured, so they read and write with what costs little.
_encode = msgspec.json.Encoder().encode


class _Party(msgspec.Struct):
    playback: dict[str, Any]
    revision: int


class _Welcome(msgspec.Struct):
    party: _Party | None = None
    pace: dict[str, Any] | None = None


_welcome_in = msgspec.json.Decoder(_Welcome).decode
_message_in = msgspec.json.Decoder(dict[str, Any]).decode


def monotonic_ms() -> float:
    """This process's clock, the same for all members."""
    return time.perf_counter() * 1000


class Counted:
    """What all members together have heard since the last `reset`."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """From now on."""
        self.round_trips_ms: list[float] = []
        self.ticks_s: list[float] = []
        self.bytes_by_type: Counter[bytes] = Counter()
        self.pings = self.statuses = 0
        self.longest_welcome = 0


counted = Counted()
members: list["Member"] = []


class Member(WSListener):
    """One playing member. It takes its clock from the exchange of the shortest round trip so far."""

    def __init__(self, paced: bool, lost: Callable[[], None] = lambda: None) -> None:
        """`lost` is called when the server, or its end, has closed a welcomed member's connection."""
        self._paced = paced
        self._lost = lost
        self._transport: Any = None
        self._number = 0
        self._prev: dict[str, Any] | None = None
        self._best_ms, self._offset_ms = float("inf"), 0.0
        self._playback: dict[str, Any] = {"state": "playing", "position_s": 0.0, "at_ms": 0.0, "rate": 1.0}
        self._revision = 1
        self.ping_ms = self.status_ms = EVERY_MS
        self.closed = False
        self.welcomed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        was_closed, self.closed = self.closed, True
        if not self.welcomed.done():
            self.welcomed.set_exception(ConnectionError("closed before the welcome"))
        elif not was_closed:
            self._lost()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        payload = frame.get_payload_as_bytes()
        counted.bytes_by_type[payload[9 : payload.find(b'"', 9)]] += len(payload)
        if payload.startswith(PONG):
            self._on_pong(_message_in(payload))
        elif payload.startswith(WELCOME):
            counted.longest_welcome = max(counted.longest_welcome, len(payload))
            self._on_welcome(_welcome_in(payload))
        elif payload.startswith(PACE) and self._paced:
            self._keep(_message_in(payload))
        elif payload.startswith(TICK):
            counted.ticks_s.append(time.perf_counter())

    def _on_welcome(self, welcome: _Welcome) -> None:
        if welcome.party is not None:
            self._playback, self._revision = welcome.party.playback, welcome.party.revision
        if self._paced and welcome.pace is not None:
            self._keep(welcome.pace)
        loop = asyncio.get_running_loop()
        # Nobody begins at the same instant as others.
        loop.call_later(random.random(), self.ping)
        loop.call_later(1.0 + random.random(), self.report)
        if not self.welcomed.done():
            self.welcomed.set_result(None)

    def _keep(self, pace: dict[str, Any]) -> None:
        self.ping_ms, self.status_ms = pace["ping_ms"], pace["status_ms"]

    def _on_pong(self, pong: dict[str, Any]) -> None:
        t4 = monotonic_ms()
        took_ms = t4 - pong["t1"]
        counted.round_trips_ms.append(took_ms)
        self._prev = {"n": pong["n"], "t1": pong["t1"], "t2": pong["t2"], "t3": pong["t3"], "t4": t4}
        if took_ms < self._best_ms:
            self._best_ms = took_ms
            self._offset_ms = (pong["t2"] - pong["t1"] + pong["t3"] - t4) / 2

    def _send(self, message: dict[str, Any]) -> None:
        self._transport.send(WSMsgType.TEXT, _encode(message))

    def ping(self) -> None:
        """Exchange time, and again after the pace."""
        if self.closed:
            return
        self._number += 1
        message: dict[str, Any] = {"type": "ping", "n": self._number, "t1": monotonic_ms()}
        self._send(message if self._prev is None else {**message, "prev": self._prev})
        counted.pings += 1
        asyncio.get_running_loop().call_later(self.ping_ms / 1000, self.ping)

    def report(self) -> None:
        """Tell the picture, and again after the pace."""
        if self.closed:
            return
        at_ms = monotonic_ms() + self._offset_ms
        playback = self._playback
        self._send({
            "type": "status",
            "position_s": playback["position_s"] + max(0.0, at_ms - playback["at_ms"]) / 1000,
            "state": "playing",
            "revision": self._revision,
            "sampled_at_ms": at_ms,
        })  # fmt: skip
        counted.statuses += 1
        asyncio.get_running_loop().call_later(self.status_ms / 1000, self.report)

    def close(self) -> None:
        """Drop the connection."""
        if not self.closed:
            self.closed = True
            self._transport.disconnect(graceful=False)


async def welcomed(given: dict[str, Any], member: Member) -> Member:
    """Connect this member and wait for its welcome."""
    async with asyncio.timeout(OPEN_LIMIT_S):
        await ws_connect(
            lambda: member,
            given["url"],
            extra_headers=list(given.get("headers", {}).items()),
            websocket_handshake_timeout=OPEN_LIMIT_S,
            read_buffer_init_size=2048,
        )
        await member.welcomed
    return member


async def open_members(sockets: list[dict[str, Any]], at_once: int, paced: bool) -> dict[str, Any]:
    """Connect all and wait for their welcomes: the longest of these in bytes, and how long it took in s."""
    counted.reset()
    began = time.perf_counter()
    limit = asyncio.Semaphore(at_once)

    refused = 0

    async def opened(given: dict[str, Any]) -> Member:
        nonlocal refused
        for attempt in range(TRIES):
            try:
                return await opened_once(given)
            except WSInvalidStatusError:
                # Whoever is asked to come later does, as the shipped client would.
                refused += 1
                await asyncio.sleep(1.0 + attempt)
        raise RuntimeError(f"refused {TRIES} times")

    async def opened_once(given: dict[str, Any]) -> Member:
        async with limit:
            return await welcomed(given, Member(paced))

    members.extend(await asyncio.gather(*map(opened, sockets)))
    return {
        "opened": len(members),
        "seconds": time.perf_counter() - began,
        "refused": refused,
        "longest_welcome": counted.longest_welcome,
    }


async def watch(seconds: float) -> dict[str, Any]:
    """What the members hear in so many seconds: bytes and exchanges each second, round trips in ms.

    `bytes_by_type` are a member's in a second, of the types of messages that cost most. `ticks` are the waves
    of ticks (`waves_of`).
    """
    counted.reset()
    began = time.perf_counter()
    await asyncio.sleep(seconds)
    took = time.perf_counter() - began
    trips = sorted(counted.round_trips_ms) or [float("nan")]
    share = {f"pong_p{p}": trips[min(len(trips) - 1, len(trips) * p // 100)] for p in (50, 95, 99)}
    return {
        **share,
        "seconds": took,
        "bytes_a_member": counted.bytes_by_type.total() / took / len(members),
        "bytes_by_type": {
            name.decode(errors="replace"): round(spent / took / len(members), 1)
            for name, spent in counted.bytes_by_type.most_common(6)
        },
        "ticks": waves_of(counted.ticks_s, TICK_S / 2),
        "pings_a_member": counted.pings / took / len(members),
        "statuses_a_member": counted.statuses / took / len(members),
        "closed": sum(member.closed for member in members),
    }


async def close() -> dict[str, Any]:
    """Drop all."""
    for member in members:
        member.close()
    members.clear()
    await asyncio.sleep(0.5)
    return {}


ACTIONS: dict[str, Any] = {"open": open_members, "watch": watch, "close": close}


if __name__ == "__main__":
    asyncio.run(run_actions(ACTIONS))
