"""Keeps players where the party is, as long as a socket is open, and tells the service where they are."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from party_client.follower import LOOK_S, Follower
from party_client.member_clock import own_ms
from party_client.messages import Messages
from party_client.player import Player
from party_client.status_pace import StatusPace
from party_client.types import Json

log = logging.getLogger(__name__)

Send = Callable[[Json], Awaitable[bool]]


class Steering:
    """The followers of one connection."""

    def __init__(self, messages: Messages) -> None:
        self._messages = messages
        self._followed: list[tuple[Follower, StatusPace]] = []
        self._news = asyncio.Event()

    def add(self, player: Player) -> Follower:
        """Follow with this player too."""
        follower = Follower(player, self._messages.timeline)
        self._followed.append((follower, StatusPace()))
        self._news.set()
        return follower

    def news(self) -> None:
        """Something has changed: look at once."""
        self._news.set()

    async def run(self, send: Send) -> None:
        """Step each follower when it is due or there is news, until this is cancelled."""
        while True:
            self._news.clear()
            wait_s = await self._step(send)
            try:
                async with asyncio.timeout(wait_s):
                    await self._news.wait()
            except TimeoutError:
                continue

    async def _step(self, send: Send) -> float:
        party_ms = self._messages.clock.party_ms()
        wait_s = LOOK_S
        if party_ms is None or not self._messages.is_welcomed:
            return wait_s
        for follower, pace in self._followed:
            try:
                wait_s = min(wait_s, follower.step(party_ms))
                status = follower.status(party_ms)
            except Exception:
                # A player of somebody else's; the next step may go well.
                log.exception("a player failed")
                continue
            if status and pace.is_due(status, follower.error_s, self._messages.status_ms, own_ms()):
                await send({"type": "status", **status, "video_id": self._messages.video_id})
        return wait_s
