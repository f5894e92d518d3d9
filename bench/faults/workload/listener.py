"""A client's ear: keeps a socket open, resumes, and writes down all that it is told."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from wsproto.utilities import ProtocolError

from bench.faults.history import Recorder
from bench.faults.replay import View, playback_digest
from bench.faults.workload.websocket import Line, Refused

#: A client that lost its socket waits so long at least and at most, in s.
AGAIN_S = (0.05, 0.5)
#: After these close codes there is no coming back.
FINAL = (4403, 4410)

Json = dict[str, Any]


class Ear:
    """One member's socket over all its connections. `answers` are the commands that wait for one."""

    def __init__(
        self, address: tuple[str, int], record: Recorder, *, name: str, party: str, token: str, device: str
    ) -> None:
        self._address, self._record = address, record
        self.name, self._party, self._token, self._device = name, party, token, device
        self._number = 0
        self._line: Line | None = None
        self.view = View.unborn()
        self.revision = 0
        self._welcomed_at = 0
        self.answers: dict[str, asyncio.Future[Json]] = {}
        #: Changes that this listener is to miss without noticing: a planted fault.
        self.to_lose = 0
        self.news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is a socket past its welcome."""
        return self._line is not None and self._welcomed_at > 0

    def start(self) -> None:
        """Begin to listen, for as long as the party lets us."""
        self._task = asyncio.get_running_loop().create_task(self._listen_on())

    async def stop(self) -> None:
        """Hang up for good."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def send(self, message: Json) -> bool:
        """Say something; False when there is no socket to say it on."""
        if self._line is None or not self.is_open:
            return False
        self._line.send(message)
        return True

    async def ask(self, command: Json, limit_s: float) -> Json | None:
        """Send a command and wait for its `ack` or `error`; None when nobody knows what became of it."""
        waiting = self.answers[command["id"]] = asyncio.get_running_loop().create_future()
        try:
            if not self.send(command):
                return None
            async with asyncio.timeout(limit_s):
                return await waiting
        except (TimeoutError, ConnectionError):
            return None
        finally:
            self.answers.pop(command["id"], None)

    async def _listen_on(self) -> None:
        while True:
            with suppress(OSError, TimeoutError):
                try:
                    code = await self._listen_once()
                except Refused as refused:
                    if refused.status >= 500:
                        self._record("status", refused.status, "WebSocket handshake")
                    code = FINAL[0] if refused.status in (403, 404, 409) else None
                if code in FINAL:
                    return
            await asyncio.sleep(random.uniform(*AGAIN_S))

    async def _listen_once(self) -> int | None:
        query: dict[str, Any] = {"device_id": self._device}
        seen = self.revision or None
        if seen is not None:
            query["last_revision"] = seen
        target = f"/api/parties/{self._party}/ws?{urlencode(query)}"
        line = await Line.open(*self._address, target, self._token)
        self._number += 1
        self._line, self._welcomed_at = line, 0
        self._record("open", self.name, self._number, self._party, seen)
        said: int | str | None = "not a frame"
        try:
            async for message in line.messages():
                self._hear(message)
            said = line.code
        except (OSError, TimeoutError):
            said = None
        except ProtocolError:
            said = 1002
        except asyncio.CancelledError:
            # We hang up ourselves: the socket was open until the end.
            said = "open"
            raise
        finally:
            self._line = None
            line.drop()
            if said != "open":
                self._record("closed", self.name, self._number, said)
            for waiting in self.answers.values():
                if not waiting.done():
                    waiting.set_exception(ConnectionError())
        return line.code

    def _hear(self, message: Json) -> None:
        kind = message["type"]
        if kind in ("ack", "error"):
            waiting = self.answers.get(message.get("id", ""))
            if waiting is not None and not waiting.done():
                waiting.set_result(message)
        elif kind == "welcome":
            self.view = View.of_party(message["party"])
            self._moved("welcome", int(message["party"]["revision"]))
            self._welcomed_at = self.revision
        elif kind == "playback":
            self._changed(message["revision"], self._play(message))
        elif kind == "event":
            event = message["event"]
            self._changed(event["revision"], lambda: self.view.apply(event))
        elif kind == "tick":
            told = playback_digest(message["playback"])
            self._record("told", self.name, self._number, "tick", message["revision"], told)

    def _play(self, message: Json) -> Callable[[], None]:
        def play() -> None:
            self.view.playback = message["playback"]

        return play

    def _changed(self, revision: int, apply: Callable[[], None]) -> None:
        if revision <= self._welcomed_at:
            self._record("told", self.name, self._number, "replay", revision, "")
            return
        apply()
        if self.to_lose > 0:
            self.to_lose -= 1
            self.revision = revision
            return
        self._moved("change", revision)

    def _moved(self, how: str, revision: int) -> None:
        self.revision = revision
        self._record("told", self.name, self._number, how, revision, self.view.digest())
        self.news.set()
