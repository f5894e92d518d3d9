"""A Syncplay client for tests that speaks the wire as the desktop client 1.6.9 does, without a player."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self

from tests.support.waiting import LIMIT_S, eventually

#: The default client is up to this far, in s, behind what it is told.
DURATION_S = 330.0


class WireClient:
    """One connection, read by a thread that answers each State with where its player would be."""

    def __init__(self, port: int, name: str, room: str, host: str = "127.0.0.1") -> None:
        self.received: list[dict[str, Any]] = []
        self.position_s, self.paused = 0.0, True
        self.ended = threading.Event()
        self._moved_s = time.time()
        self._count = 0
        self._confirmed = True
        self._lock = threading.Lock()
        self.tcp = socket.create_connection((host, port), timeout=LIMIT_S)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.send({"TLS": {"startTLS": "send"}})
        eventually(lambda: self.all("TLS"))
        features = {"sharedPlaylists": True, "chat": True, "readiness": True, "managedRooms": True}
        hello = {"username": name, "room": {"name": room}, "version": "1.2.255", "realversion": "1.6.9"}
        self.send({"Hello": {**hello, "features": features}})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def name(self) -> str:
        """The name that it was given; waits for it."""
        return str(self.wait_for("Hello")["username"])

    def send(self, message: dict[str, Any]) -> None:
        with self._lock, suppress(OSError):
            self.tcp.sendall(json.dumps(message).encode() + b"\r\n")

    def close(self) -> None:
        """Hang up, as a client does whose network is gone."""
        with suppress(OSError):
            self.tcp.shutdown(socket.SHUT_RDWR)
        self.tcp.close()
        self._reader.join(LIMIT_S)

    def all(self, kind: str) -> list[Any]:
        return [message[kind] for message in list(self.received) if kind in message]

    def wait_for(self, kind: str, fits: Callable[[Any], bool] = lambda _: True) -> Any:
        """The first message of this kind that fits."""
        return eventually(lambda: next((body for body in self.all(kind) if fits(body)), None))

    def open_file(self, duration_s: float = DURATION_S) -> None:
        self.wait_for("Hello")
        self.send({"Set": {"file": {"name": "film.mkv", "duration": duration_s, "size": 1}}})
        self.send({"List": None})

    def now_s(self) -> float:
        return self.position_s + (0.0 if self.paused else time.time() - self._moved_s)

    def act(self, *, paused: bool | None = None, position_s: float | None = None) -> None:
        """Its user pauses, unpauses or seeks."""
        self._move(
            self.now_s() if position_s is None else position_s, self.paused if paused is None else paused
        )
        self._count += 1
        self._confirmed = False
        state = self._playstate() | ({} if position_s is None else {"doSeek": True})
        ping = {"clientLatencyCalculation": time.time(), "clientRtt": 0}
        self.send({"State": {"playstate": state, "ping": ping, "ignoringOnTheFly": {"client": self._count}}})

    def _playstate(self) -> dict[str, Any]:
        return {"position": self.now_s(), "paused": self.paused}

    def _move(self, position_s: float, paused: bool) -> None:
        self.position_s, self.paused, self._moved_s = position_s, paused, time.time()

    def _read(self) -> None:
        with suppress(OSError, ValueError):
            for line in self.tcp.makefile("rb"):
                message = json.loads(line)
                if "State" in message:
                    self._answer(message["State"])
                # Who waits for it finds it answered.
                self.received.append(message)
        self.ended.set()

    def _answer(self, body: dict[str, Any]) -> None:
        counts = body.get("ignoringOnTheFly", {})
        if "server" in counts or counts.get("client") == self._count:
            self._confirmed, self._count = True, 0
        playstate = body["playstate"]
        if self._confirmed and (playstate["doSeek"] or playstate["paused"] != self.paused):
            self._move(playstate["position"], playstate["paused"])
        answer: dict[str, Any] = {
            "playstate": self._playstate(),
            "ping": {
                "latencyCalculation": body["ping"]["latencyCalculation"],
                "clientLatencyCalculation": time.time(),
                "clientRtt": 0,
            },
        }
        if "server" in counts:
            answer["ignoringOnTheFly"] = {"server": counts["server"]}
        self.send({"State": answer})
