"""A member whose film comes over the same network as its socket: when that is too slow, its player loads."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from threading import Event, Thread
from typing import Self

import httpx
from party_client import AsyncPartyApi, AsyncPartyConnection, PartyError
from party_client.member_clock import own_ms

from partyapp.simulation.player import SimulatedPlayer
from tests.support.waiting import LIMIT_S, RECOVERY_S

#: What a film takes, bytes a second (2 Mbit/s); the parts that it is read in; and how far ahead, s.
FILM_BYTES_S, PART_BYTES, MOST_AHEAD_S = 250_000, 65_536, 4.0
#: A player that ran dry goes on with so much, s.
_ENOUGH_S, _LOOK_S = 1.0, 0.1


class StreamingMember:
    """The Python client with a simulated player, in a thread of its own; a context.

    `url` leads to the service, over whatever network that is.
    """

    def __init__(self, url: str, party_id: str, invite_code: str) -> None:
        self._url, self._party_id, self._invite_code = url, party_id, invite_code
        self._player = SimulatedPlayer(own_ms)
        self._ahead_s = 0.0
        self._over, self._began = Event(), Event()
        self._thread = Thread(target=lambda: asyncio.run(self._watch()), name="streaming-member", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._began.wait(RECOVERY_S), "the member did not get in"
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(LIMIT_S)

    async def _watch(self) -> None:
        async with httpx.AsyncClient(timeout=LIMIT_S) as http, AsyncPartyApi(self._url, http=http) as api:
            await api.guest("Streaming")
            await api.join(self._party_id, self._invite_code)
            async with AsyncPartyConnection(api, self._party_id) as connection:
                connection.follow(self._player)
                self._began.set()
                works = [asyncio.create_task(work) for work in (self._load(http), self._play())]
                while not self._over.is_set():
                    await asyncio.sleep(_LOOK_S)
                for work in works:
                    work.cancel()
                with suppress(PartyError):
                    await api.leave(self._party_id)

    async def _load(self, http: httpx.AsyncClient) -> None:
        headers = {"Range": f"bytes=0-{PART_BYTES - 1}"}
        while True:
            if self._ahead_s >= MOST_AHEAD_S:
                await asyncio.sleep(_LOOK_S)
                continue
            answer = await http.get(f"{self._url}/media/sample.mp4", headers=headers)
            assert answer.status_code == 206
            self._ahead_s += len(answer.content) / FILM_BYTES_S

    async def _play(self) -> None:
        dry, before_ms = False, own_ms()
        while True:
            await asyncio.sleep(_LOOK_S)
            now_ms = own_ms()
            if self._player.state() == "playing":
                self._ahead_s -= (now_ms - before_ms) / 1000.0
            before_ms = now_ms
            dry = self._ahead_s < (_ENOUGH_S if dry else 0.0)
            if dry:
                self._player.stall(3 * _LOOK_S)
