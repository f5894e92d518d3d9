"""The live connection for programs without asyncio: the same one, in a thread of its own."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Self, TypeVar

from party_client.api import PartyApi
from party_client.async_api import AsyncPartyApi
from party_client.async_connection import AsyncPartyConnection, Listener
from party_client.follower import Follower
from party_client.member_clock import MemberClock
from party_client.player import Player
from party_client.types import Action, Json, Party

T = TypeVar("T")

#: How much longer than asked for a call waits for the thread, s.
_GRACE_S = 10.0


class PartyConnection:
    """As `AsyncPartyConnection`, with blocking methods. Listeners and players are called in its thread."""

    def __init__(self, api: PartyApi, party_id: str, *, device_id: str | None = None) -> None:
        self._api = api
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="party-client", daemon=True)
        self._thread.start()
        self._live = self._wait(self._made(api, party_id, device_id))

    @property
    def party(self) -> Party | None:
        """The party as it is now; a new object with every change."""
        return self._live.party

    @property
    def state(self) -> str:
        """`connecting`, `open`, `waiting` or `closed`."""
        return self._live.state

    @property
    def clock(self) -> MemberClock:
        """Party time."""
        return self._live.clock

    def __enter__(self) -> Self:
        try:
            self.open()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self, timeout_s: float = 30.0) -> None:
        """Connect and wait for the party. Raises ConnectionOverError, and TimeoutError after `timeout_s`."""
        self._wait(self._live.open(timeout_s), timeout_s)

    def close(self) -> None:
        """Close it, and end its thread. It can't be used again."""
        if not self._loop.is_running():
            return
        self._wait(self._closed())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_GRACE_S)
        self._loop.close()

    def on(self, kind: str, listener: Listener) -> Callable[[], None]:
        """Have each message of this type heard; `*` for all. What is returned ends that."""
        return self._live.on(kind, listener)

    def wait_until(self, is_so: Callable[[], bool], timeout_s: float = 30.0) -> None:
        """Wait until something is so. Raises TimeoutError, ConnectionOverError."""
        self._wait(self._live.wait_until(is_so, timeout_s), timeout_s)

    def follow(self, player: Player) -> Follower:
        """Keep this player where the party is, as long as the connection is open."""
        return self._wait(self._followed(player))

    def command(self, action: Action, timeout_s: float = 15.0, **fields: Any) -> int:
        """Command the party; the revision that came of it. Raises as `AsyncPartyConnection.command` does."""
        return self._wait(self._live.command(action, timeout_s, **fields), timeout_s)

    def say(self, text: str, timeout_s: float = 60.0, *, message_id: str | None = None) -> Json:
        """Say something in the party's chat, once; see `AsyncPartyConnection.say`."""
        return self._wait(self._live.say(text, timeout_s, message_id=message_id), timeout_s)

    def _wait(self, work: Coroutine[Any, Any, T], limit_s: float = 0.0) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(limit_s + _GRACE_S)

    async def _made(self, api: PartyApi, party_id: str, device_id: str | None) -> AsyncPartyConnection:
        self._async_api = AsyncPartyApi(api.base_url, api.token)
        return AsyncPartyConnection(self._async_api, party_id, device_id=device_id)

    async def _followed(self, player: Player) -> Follower:
        return self._live.follow(player)

    async def _closed(self) -> None:
        await self._live.close()
        await self._async_api.close()
        # It may have been renewed meanwhile.
        self._api.token = self._async_api.token
