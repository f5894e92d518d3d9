"""A member's live connection for asyncio: it comes back by itself, keeps the party and its time, commands."""

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Callable
from typing import Any, Self
from urllib.parse import urlencode
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.typing import Subprotocol

from party_client import backoff
from party_client.answers import problem_of
from party_client.async_api import AsyncPartyApi
from party_client.comeback import Comeback, NextStep
from party_client.errors import ConnectionOverError, NoAnswerError
from party_client.follower import Follower
from party_client.member_clock import MemberClock, own_ms
from party_client.messages import Messages
from party_client.pending import PendingCommands
from party_client.player import Player
from party_client.steering import Steering
from party_client.timeline import Timeline
from party_client.types import Action, Json, Party

log = logging.getLogger(__name__)

SUBPROTOCOL = Subprotocol("party.v1")
#: The longest message that is read, in bytes: a welcome with a long chat takes some 100 KB.
_MOST_BYTES = 1 << 20
_UPGRADE_S, _WELCOME_S, _ALIVE_S, _CLOSE_S = 10.0, 10.0, 10.0, 2.0

Listener = Callable[[Json], None]


class AsyncPartyConnection:
    """A member's connection to one party, which the member has joined before.

    `device_id` (a UUID) tells several devices of one person apart. Listeners are called in the event loop,
    one message after the other, and must not block; what one raises is logged and stops nothing.
    """

    def __init__(self, api: AsyncPartyApi, party_id: str, *, device_id: str | None = None) -> None:
        self._messages = Messages()
        #: `connecting`, `open`, `waiting` between two attempts, `closed`.
        self.state = "connecting"
        #: Why it is closed for good; None while it isn't.
        self.over: ConnectionOverError | None = None
        self._api = api
        self._party_id = party_id
        self._device_id = device_id
        self._pending = PendingCommands()
        self._listeners: dict[str, list[Listener]] = {}
        self._steering = Steering(self._messages)
        self._socket: ClientConnection | None = None
        self._task: asyncio.Task[None] | None = None
        self._changed = asyncio.Condition()
        self._comeback = Comeback(api)

    @property
    def clock(self) -> MemberClock:
        """Party time."""
        return self._messages.clock

    @property
    def timeline(self) -> Timeline:
        """Where the party is when."""
        return self._messages.timeline

    @property
    def party(self) -> Party | None:
        """The party as it is now; a new object with every change."""
        return self._messages.replica.party

    @property
    def refused(self) -> Counter[str]:
        """How many of its sockets were refused before they were open, by the problem's code."""
        return self._comeback.refused

    @property
    def closed(self) -> Counter[int]:
        """How many of its sockets have ended, by the close code; 1006 for those without one."""
        return self._comeback.closed

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def open(self, timeout_s: float = 30.0) -> None:
        """Connect and wait for the party. Raises ConnectionOverError, and TimeoutError after `timeout_s`."""
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        try:
            await self.wait_until(lambda: self.state == "open", timeout_s)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Close it; what was not answered raises ConnectionOverError. It can't be opened again."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await self._finish("closed")

    def on(self, kind: str, listener: Listener) -> Callable[[], None]:
        """Have each message of this type heard; `*` for all. What is returned ends that."""
        heard = self._listeners.setdefault(kind, [])
        heard.append(listener)
        return lambda: heard.remove(listener) if listener in heard else None

    async def wait_until(self, is_so: Callable[[], bool], timeout_s: float = 30.0) -> None:
        """Wait until something is so, as messages come. Raises TimeoutError, ConnectionOverError."""
        async with asyncio.timeout(timeout_s), self._changed:
            while not is_so():
                if self.over is not None:
                    raise self.over
                await self._changed.wait()

    def follow(self, player: Player) -> Follower:
        """Keep this player where the party is, and tell the service where it is, as long as this is open."""
        return self._steering.add(player)

    async def command(self, action: Action, timeout_s: float = 15.0, **fields: Any) -> int:
        """Command the party; the revision that came of it. `fields`: `position_s`, `rate`, `user_id`…

        It is sent again, under the same id, after a reconnect, and has its effect once. Raises ProblemError
        where it is refused, NoAnswerError after `timeout_s`, ConnectionOverError.
        """
        answer = await self._asked({"type": "command", "action": action, **fields}, timeout_s)
        return int(answer["revision"])

    async def say(self, text: str, timeout_s: float = 60.0, *, message_id: str | None = None) -> Json:
        """Say something in the party's chat; the message as everybody has it. Raises as `command` does.

        It is sent again after a reconnect, and said once. `message_id` (a UUID) is an id of one's own: the
        same again is the same message, also after a NoAnswerError, which leaves open whether it was said and
        holds the id.
        """
        asked = {"type": "chat", "text": text, **({"id": message_id} if message_id else {})}
        answer = await self._asked(asked, timeout_s)
        return dict(answer["message"])

    async def send(self, message: Json) -> bool:
        """Send a message as it is; False where there is no open socket now."""
        socket = self._socket
        if socket is None or self.state != "open":
            return False
        try:
            await socket.send(json.dumps(message))
        except ConnectionClosed:
            return False
        return True

    async def _asked(self, message: Json, timeout_s: float) -> Json:
        if self.over is not None:
            raise self.over
        identified = {"id": str(uuid4()), **message}
        answer = self._pending.add(identified)
        try:
            await self.send(identified)
            async with asyncio.timeout(timeout_s):
                return await answer
        except TimeoutError:
            raise NoAnswerError(identified["id"]) from None
        finally:
            self._pending.forget(identified["id"])

    async def _run(self) -> None:
        """Connect, serve, and come back, until there is no coming back."""
        while True:
            self.state = "connecting"
            self._comeback.begin()
            step = await self._connected()
            if isinstance(step, str):
                await self._finish(step)
                return
            self.state = "waiting"
            log.info("the socket is gone; the next one in %.1f s", step)
            await asyncio.sleep(step)

    async def _connected(self) -> NextStep:
        """One socket, from its upgrade to its end, and what follows."""
        self._messages.new_socket()
        try:
            async with connect(
                self._address(),
                subprotocols=[SUBPROTOCOL],
                additional_headers={"Authorization": f"Bearer {self._api.token}"},
                max_size=_MOST_BYTES,
                open_timeout=_UPGRADE_S,
                ping_interval=_ALIVE_S,
                ping_timeout=_ALIVE_S,
                close_timeout=_CLOSE_S,
            ) as socket:
                code = await self._served(socket)
        except InvalidStatus as refused:
            answer = refused.response
            problem = problem_of(answer.status_code, answer.headers, bytes(answer.body or b""))
            return await self._comeback.after_refusal(problem)
        except (OSError, TimeoutError, WebSocketException):
            code = backoff.NO_CLOSE_FRAME
        return await self._comeback.after_close(code, self._messages.is_welcomed)

    def _address(self) -> str:
        query = {"last_revision": self._messages.replica.resume_from, "device_id": self._device_id}
        given = urlencode({name: value for name, value in query.items() if value})
        base = self._api.base_url.replace("http", "ws", 1)
        return f"{base}/api/parties/{self._party_id}/ws{'?' if given else ''}{given}"

    async def _served(self, socket: ClientConnection) -> int:
        """Read a socket to its end; its close code."""
        self._socket = socket
        self.clock.new_socket(doubtful=self._comeback.attempt > 0)
        helpers = [asyncio.create_task(work) for work in (self._ping(), self._steering.run(self.send))]
        try:
            async with asyncio.timeout(_WELCOME_S) as limit:
                async for text in socket:
                    received_ms = own_ms()
                    if not isinstance(text, str):
                        continue
                    if not await self._take(text, received_ms):
                        break
                    if self._messages.is_welcomed:
                        limit.reschedule(None)
            return socket.close_code or backoff.NO_CLOSE_FRAME
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else backoff.NO_CLOSE_FRAME
        finally:
            self._socket = None
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)

    async def _take(self, text: str, received_ms: float) -> bool:
        """Take one message; False when the party is to be read anew, on another socket."""
        try:
            message = json.loads(text)
        except ValueError:
            return True
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            return True
        try:
            goes_on = self._messages.take(message, received_ms)
            self._pending.answered(message)
        except (KeyError, TypeError, AttributeError):
            log.warning("a message of the type %s can't be read", message["type"])
            return True
        if message["type"] == "welcome":
            self.state = "open"
            for asked in self._pending.messages():
                await self.send(asked)
        for listener in [*self._listeners.get(message["type"], ()), *self._listeners.get("*", ())]:
            try:
                listener(message)
            except Exception:
                log.exception("a listener of %s failed", message["type"])
        self._steering.news()
        async with self._changed:
            self._changed.notify_all()
        return goes_on

    async def _ping(self) -> None:
        """Ask for the time, as often as the clock wants to."""
        while True:
            party = self.party
            if await self.send(self.clock.next_ping()):
                await asyncio.sleep(
                    self.clock.delay_s(bool(party and party["playback"]["state"] == "playing"))
                )
            else:
                await asyncio.sleep(0.05)

    async def _finish(self, reason: str) -> None:
        if self.over is None:
            self.over = ConnectionOverError(reason)
            self._pending.over(reason, self.over, self._messages.replica.revision)
        self.state = "closed"
        async with self._changed:
            self._changed.notify_all()
