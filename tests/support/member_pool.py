"""Many members on many sockets from one thread, each reconnecting by itself as the JavaScript client does."""

from __future__ import annotations

import asyncio
import random
import threading
import time
import uuid
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Self
from urllib.parse import urlsplit

from wsproto.utilities import ProtocolError

from tests.support.clients.blocking import Json, revision_of
from tests.support.clients.many import AsyncSocket, HandshakeRefused
from tests.support.waiting import LIMIT_S, eventually

#: A socket that closed with 1012 comes back within this time, in s; others by a backoff of these.
RESTART_SPREAD_S = 3.0
_BACKOFF_S, _LONGEST_BACKOFF_S = 0.5, 10.0
_RESTART = 1012


class PoolMember:
    """One device of a member. All times in s of the machine's monotonic clock."""

    def __init__(self, url: str, party_id: str, token: str, chance: random.Random) -> None:
        self._url, self._party_id, self._token, self._chance = urlsplit(url), party_id, token, chance
        self._device = uuid.UUID(int=chance.getrandbits(128), version=4)
        self._socket: AsyncSocket | None = None
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
        """Be connected, and reconnect whenever the connection is gone."""
        while True:
            code: int | None = None
            # A gone service, a broken stream and a silent one are all to be tried again.
            with suppress(OSError, TimeoutError, HandshakeRefused, ProtocolError):
                code = await self._connection()
            was_open, self.is_open = self.is_open, False
            if was_open:
                self.ended_with.append(code)
                self._ended_s = time.monotonic()
            if code == _RESTART and was_open:
                await asyncio.sleep(self._chance.random() * RESTART_SPREAD_S)
            else:
                longest_s = min(_BACKOFF_S * 2**self._attempt, _LONGEST_BACKOFF_S)
                self._attempt += 1
                await asyncio.sleep(self._chance.random() * longest_s)

    def send_command(self, action: str, **fields: Any) -> str:
        """Send a command, again after each reconnect until it is answered; returns its id."""
        command_id = str(uuid.uuid4())
        self._unanswered[command_id] = {"type": "command", "id": command_id, "action": action, **fields}
        if self.is_open and self._socket is not None:
            self._socket.send(self._unanswered[command_id])
        return command_id

    @property
    def waits(self) -> bool:
        """True while a command has no answer."""
        return bool(self._unanswered)

    async def _connection(self) -> int | None:
        """One connection from beginning to end; its close code, None if the stream just ended."""
        target = f"/api/parties/{self._party_id}/ws?device_id={self._device}"
        if self.first is not None:
            target += f"&last_revision={self._last}"
        assert self._url.hostname is not None
        assert self._url.port is not None
        opened = await AsyncSocket.open(self._url.hostname, self._url.port, target, self._token)
        self._socket = opened
        try:
            async for message in opened.messages():
                self._take(opened, message)
        finally:
            self._socket = None
            opened.abort()
        return opened.code

    @property
    def _last(self) -> int:
        return self.revisions[-1] if self.revisions else (self.first or 0)

    def _take(self, opened: AsyncSocket, message: Json) -> None:
        kind = message["type"]
        if kind == "welcome":
            if self.first is None:
                self.first = message["party"]["revision"]
            elif self._ended_s:
                self.absences_s.append(time.monotonic() - self._ended_s)
            self._attempt = 0
            self.is_open = True
            for command in list(self._unanswered.values()):
                opened.send(command)
        elif kind in ("playback", "event"):
            self.revisions.append(revision_of(message))
        elif kind in ("ack", "error") and message.get("id") in self._unanswered:
            del self._unanswered[message["id"]]
            self.answers[message["id"]] = message


class MemberPool:
    """Members in a thread of their own. Use it in a `with` block."""

    def __init__(self, url: str, seed: int) -> None:
        self._url, self._chance = url, random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="member-pool", daemon=True)
        self._tasks: list[asyncio.Task[None]] = []
        self.members: list[PoolMember] = []

    def add(self, party_id: str, token: str) -> PoolMember:
        """One more socket, from now on."""
        member = PoolMember(self._url, party_id, token, random.Random(self._chance.random()))
        self.members.append(member)
        self._call(self._begin(member))
        return member

    def send_command(self, member: PoolMember, action: str, **fields: Any) -> str:
        """Have this member send a command; returns its id."""

        async def sent() -> str:
            return member.send_command(action, **fields)

        return str(self._call(sent()))

    def wait_until_open(self, limit_s: float) -> None:
        """Wait until everybody is connected. Raises Unexpected."""
        eventually(lambda: all(member.is_open for member in self.members), limit_s)

    async def _begin(self, member: PoolMember) -> None:
        self._tasks.append(self._loop.create_task(member.stay()))

    async def _end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _call(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(LIMIT_S)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._call(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(LIMIT_S)
        self._loop.close()
