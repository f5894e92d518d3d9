"""A member's listener: keeps a socket open, reconnects and resumes, and records every message it receives."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from wsproto.utilities import ProtocolError

from bench.faults.history import Recorder
from bench.faults.replay import View, playback_digest
from bench.faults.workload.talk import Talk
from tests.support.clients.many import AsyncSocket, HandshakeRefused

#: The least and the longest wait before a reconnect, in s.
RECONNECT_S = (0.05, 0.5)
#: After these close codes a client does not reconnect.
FINAL_CODES = (4403, 4410)

Json = dict[str, Any]


class Listener:
    """One member's socket over all its connections. `answers` are the commands that wait for one."""

    def __init__(
        self, address: tuple[str, int], record: Recorder, *, name: str, party: str, token: str, device: str
    ) -> None:
        self._address, self._record = address, record
        self.name, self._party, self._token, self._device = name, party, token, device
        self._number = 0
        self._client: AsyncSocket | None = None
        self.view = View.initial()
        self.revision = 0
        self._welcomed_at = 0
        self.answers: dict[str, asyncio.Future[Json]] = {}
        self.talk = Talk()
        #: The queue as it was told last; empty before that.
        self.queue: Json = {}
        #: The server's time at some instant of ours, in ms and s.
        self._server_time = (0.0, 0.0)
        #: Changes that this listener drops without noticing: a seeded bug.
        self.changes_to_drop = 0
        self._task: asyncio.Task[None] | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is a socket that has received its welcome."""
        return self._client is not None and self._welcomed_at > 0

    @property
    def server_time_ms(self) -> float:
        """Party time, as far as it is known here."""
        then_ms, at_s = self._server_time
        return then_ms + (time.monotonic() - at_s) * 1000.0

    def start(self) -> None:
        """Listen until a final close code, or `stop`."""
        self._task = asyncio.get_running_loop().create_task(self._reconnect_loop())

    async def stop(self) -> None:
        """Close the socket and don't reconnect."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def send(self, message: Json) -> bool:
        """Send a message; False when no socket is open."""
        if self._client is None or not self.is_open:
            return False
        self._client.send(message)
        return True

    async def request(self, command: Json, limit_s: float) -> Json | None:
        """Send a command and wait for its `ack` or `error`; None when its outcome is unknown."""
        waiting: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self.answers[command["id"]] = waiting
        try:
            if not self.send(command):
                return None
            async with asyncio.timeout(limit_s):
                return await waiting
        except (TimeoutError, ConnectionError):
            return None
        finally:
            self.answers.pop(command["id"], None)

    async def _reconnect_loop(self) -> None:
        while True:
            with suppress(OSError, TimeoutError):
                try:
                    code = await self._listen_until_closed()
                except HandshakeRefused as refused:
                    if refused.status >= 500:
                        self._record("status", refused.status, "WebSocket handshake")
                    code = FINAL_CODES[0] if refused.status in (403, 404, 409) else None
                if code in FINAL_CODES:
                    return
            await asyncio.sleep(random.uniform(*RECONNECT_S))

    async def _listen_until_closed(self) -> int | None:
        query: dict[str, Any] = {"device_id": self._device}
        last_revision = self.revision or None
        if last_revision is not None:
            query["last_revision"] = last_revision
        if self.talk.is_known:
            query["last_chat_seq"] = self.talk.last_seq
        target = f"/api/parties/{self._party}/ws?{urlencode(query)}"
        client = await AsyncSocket.open(*self._address, target, self._token)
        self._number += 1
        self._client, self._welcomed_at = client, 0
        self._record("open", self.name, self._number, self._party, last_revision)
        end: int | str | None = "not a frame"
        try:
            async for message in client.messages():
                self._on_message(message)
            end = client.code
        except (OSError, TimeoutError):
            end = None
        except ProtocolError:
            end = 1002
        except asyncio.CancelledError:
            # `stop` ends it: in the history the socket stays open.
            end = "open"
            raise
        finally:
            self._client = None
            client.abort()
            if end != "open":
                self._record("closed", self.name, self._number, end)
            for waiting in self.answers.values():
                if not waiting.done():
                    waiting.set_exception(ConnectionError())
        return client.code

    def _on_message(self, message: Json) -> None:
        kind = message["type"]
        if kind in ("ack", "error"):
            waiting = self.answers.get(message.get("id", ""))
            if waiting is not None and not waiting.done():
                waiting.set_result(message)
        elif kind == "welcome":
            self.view = View.of_party(message["party"])
            self._record_delivery("welcome", int(message["party"]["revision"]))
            self._welcomed_at = self.revision
            self._note_time(message)
            self.talk.welcomed(message["chat"])
            self._record_talk("welcome", message["chat"]["messages"])
            self.queue = message["queue"]
        elif kind == "playback":
            self._on_change(message["revision"], lambda: self._set_playback(message["playback"]))
        elif kind == "event":
            event = message["event"]
            self._on_change(event["revision"], lambda: self.view.apply(event))
        elif kind == "tick":
            self._note_time(message)
            digest = playback_digest(message["playback"])
            self._record("delivery", self.name, self._number, "tick", message["revision"], digest)

        else:
            self._on_evening_message(message)

    def _on_evening_message(self, message: Json) -> None:
        kind = message["type"]
        if kind == "chat":
            said = message["message"]
            self.talk.said(said)
            self._record_talk("said", [said])
            waiting = self.answers.get(said["id"])
            if waiting is not None and not waiting.done():
                waiting.set_result(message)
        elif kind == "chat_deleted":
            self.talk.deleted(message["seq"])
        elif kind == "queue":
            self.queue = message

    def record_heard(self) -> None:
        """Record what this listener has of the chat and the queue in the end."""
        items = [[item["id"], item["votes"]] for item in self.queue.get("items", [])]
        queue = [self.queue["queue_revision"], items] if self.queue else None
        self._record("heard", self.name, self._party, self.talk.as_json(), queue)

    def _note_time(self, message: Json) -> None:
        self._server_time = (float(message["server_time_ms"]), time.monotonic())

    def _record_talk(self, kind: str, messages: list[Json]) -> None:
        found = [[message["seq"], message["id"]] for message in messages]
        self._record("chat", self.name, self._number, kind, found)

    def _set_playback(self, playback: Json) -> None:
        self.view.playback = playback

    def _on_change(self, revision: int, apply: Callable[[], None]) -> None:
        if revision <= self._welcomed_at:
            self._record("delivery", self.name, self._number, "replay", revision, "")
            return
        apply()
        if self.changes_to_drop > 0:
            self.changes_to_drop -= 1
            self.revision = revision
            return
        self._record_delivery("change", revision)

    def _record_delivery(self, kind: str, revision: int) -> None:
        self.revision = revision
        self._record("delivery", self.name, self._number, kind, revision, self.view.digest())
