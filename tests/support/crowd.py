"""Many members on many sockets from one thread, each coming back by itself as the JavaScript client does."""

from __future__ import annotations

import asyncio
import json
import random
import threading
import time
import uuid
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Self
from urllib.parse import urlsplit

from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    CloseConnection,
    Event,
    Message,
    Ping,
    RejectConnection,
    Request,
    TextMessage,
)
from wsproto.utilities import RemoteProtocolError

from tests.support.party_socket import Json, revision_of
from tests.support.waiting import eventually

#: A socket that closed with 1012 comes back within this time, in s; others by a backoff of these.
RESTART_SPREAD_S = 3.0
_BACKOFF_S, _LONGEST_BACKOFF_S = 0.5, 10.0
_LIMIT_S = 15.0
_RESTART = 1012


class Refused(Exception):
    """The server answered the handshake with something else than an upgrade."""


class Viewer:
    """One device of a member. All times in s of the machine's monotonic clock."""

    def __init__(self, url: str, party_id: str, token: str, chance: random.Random) -> None:
        self._url, self._party_id, self._token, self._chance = urlsplit(url), party_id, token, chance
        self._device = uuid.UUID(int=chance.getrandbits(128), version=4)
        self._writer: asyncio.StreamWriter | None = None
        self._protocol: WSConnection | None = None
        self._parts: list[str] = []
        self._attempt = 0
        self._unanswered: dict[str, Json] = {}
        self.is_open = False
        #: The revision of the first welcome, and of every change after it in the order they came.
        self.first: int | None = None
        self.revisions: list[int] = []
        #: How each connection ended, and how long it took from there to the next welcome.
        self.ended_with: list[int | None] = []
        self.absences_s: list[float] = []
        self._ended_s = 0.0
        #: Answers by the command's id.
        self.answers: dict[str, Json] = {}

    async def stay(self) -> None:
        """Be connected, and come back whenever the connection is gone."""
        while True:
            self.is_open = False
            code: int | None = None
            # A gone service, a broken stream and a silent one are all to be tried again.
            with suppress(OSError, TimeoutError, Refused, RemoteProtocolError):
                code = await self._connection()
            was_open, self.is_open = self.is_open, False
            if was_open:
                self.ended_with.append(code)
                self._ended_s = time.monotonic()
            await self.hang_up()
            if code == _RESTART and was_open:
                await asyncio.sleep(self._chance.random() * RESTART_SPREAD_S)
            else:
                longest_s = min(_BACKOFF_S * 2**self._attempt, _LONGEST_BACKOFF_S)
                self._attempt += 1
                await asyncio.sleep(self._chance.random() * longest_s)

    async def hang_up(self) -> None:
        """Give the connection back, if there is one."""
        if self._writer is not None:
            self._writer.close()
            with suppress(OSError):
                await self._writer.wait_closed()

    def press(self, action: str, **fields: Any) -> str:
        """Send a command, again after each reconnect until it is answered; returns its id."""
        command_id = str(uuid.uuid4())
        self._unanswered[command_id] = {"type": "command", "id": command_id, "action": action, **fields}
        if self.is_open:
            self._send(Message(json.dumps(self._unanswered[command_id])))
        return command_id

    @property
    def waits(self) -> bool:
        """True while a command has no answer."""
        return bool(self._unanswered)

    async def _connection(self) -> int | None:
        """One connection from beginning to end; its close code, None if the stream just ended."""
        async with asyncio.timeout(_LIMIT_S):
            reader, self._writer = await asyncio.open_connection(self._url.hostname, self._url.port)
        self._protocol = WSConnection(ConnectionType.CLIENT)
        self._parts = []
        target = f"/api/parties/{self._party_id}/ws?device_id={self._device}"
        if self.first is not None:
            target += f"&last_revision={self._last}"
        headers = [(b"Authorization", f"Bearer {self._token}".encode())]
        host = f"{self._url.hostname}:{self._url.port}"
        self._send(Request(host=host, target=target, subprotocols=["party.v1"], extra_headers=headers))
        while True:
            # The server pings every 20 s, so that silence means that it is gone.
            async with asyncio.timeout(4 * _LIMIT_S if self.is_open else _LIMIT_S):
                data = await reader.read(65536)
            if not data:
                return None
            self._protocol.receive_data(data)
            for event in self._protocol.events():
                if isinstance(event, CloseConnection):
                    return int(event.code)
                self._take_in(event)

    @property
    def _last(self) -> int:
        return self.revisions[-1] if self.revisions else (self.first or 0)

    def _send(self, event: Event) -> None:
        if self._writer is not None and self._protocol is not None:
            self._writer.write(self._protocol.send(event))

    def _take_in(self, event: Event) -> None:
        if isinstance(event, RejectConnection):
            raise Refused(event.status_code)
        if isinstance(event, Ping):
            self._send(event.response())
        elif isinstance(event, TextMessage):
            self._parts.append(event.data)
            if event.message_finished:
                text, self._parts = "".join(self._parts), []
                self._understand(json.loads(text))

    def _understand(self, message: Json) -> None:
        kind = message["type"]
        if kind == "welcome":
            if self.first is None:
                self.first = message["party"]["revision"]
            elif self._ended_s:
                self.absences_s.append(time.monotonic() - self._ended_s)
            self._attempt = 0
            self.is_open = True
            for command in list(self._unanswered.values()):
                self._send(Message(json.dumps(command)))
        elif kind in ("playback", "event"):
            self.revisions.append(revision_of(message))
        elif kind in ("ack", "error") and message.get("id") in self._unanswered:
            del self._unanswered[message["id"]]
            self.answers[message["id"]] = message


class Crowd:
    """Viewers in a thread of their own. Use it in a `with` block."""

    def __init__(self, url: str, seed: int) -> None:
        self._url, self._chance = url, random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="crowd", daemon=True)
        self._tasks: list[asyncio.Task[None]] = []
        self.viewers: list[Viewer] = []

    def add(self, party_id: str, token: str) -> Viewer:
        """One more socket, from now on."""
        viewer = Viewer(self._url, party_id, token, random.Random(self._chance.random()))
        self.viewers.append(viewer)
        self._call(self._begin(viewer))
        return viewer

    def press(self, viewer: Viewer, action: str, **fields: Any) -> str:
        """Have this viewer give a command; returns its id."""

        async def pressed() -> str:
            return viewer.press(action, **fields)

        return str(self._call(pressed()))

    def wait_until_open(self, limit_s: float) -> None:
        """Wait until everybody is connected. Raises Unexpected."""
        eventually(lambda: all(viewer.is_open for viewer in self.viewers), limit_s)

    async def _begin(self, viewer: Viewer) -> None:
        self._tasks.append(self._loop.create_task(viewer.stay()))

    async def _end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for viewer in self.viewers:
            await viewer.hang_up()

    def _call(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_LIMIT_S)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._call(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_LIMIT_S)
        self._loop.close()
