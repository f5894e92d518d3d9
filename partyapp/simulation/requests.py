"""Requests that wait where the service asks for it, and what they have put off."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

import httpx
from party_client import AsyncPartyApi, ProblemError
from party_client.calls import Call

T = TypeVar("T")

#: At most so many requests of a process are under way, and so long one may take, s.
AT_ONCE, TIMEOUT_S = 16, 20.0
#: The wait before the next try where the service names none, and the longest, s.
_AGAIN_S, _LONGEST_S = 1.0, 30.0
_FILM_S = 600.0


class Requests:
    """One process's requests; all its members share the connections."""

    def __init__(self, url: str) -> None:
        self.url = url
        #: How often the service asked to come later.
        self.put_off = 0
        limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
        self._http = httpx.AsyncClient(timeout=TIMEOUT_S, limits=limits)
        self._free = asyncio.Semaphore(AT_ONCE)
        self._is_over = asyncio.Event()

    def end_patience(self) -> None:
        """From now on nobody waits for another try."""
        self._is_over.set()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    def api(self) -> AsyncPartyApi:
        """Nobody's requests yet."""
        return AsyncPartyApi(self.url, http=self._http)

    async def patient(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask, and again for as long as the service asks to come later. Raises PartyError, not for that."""
        while True:
            try:
                async with self._free:
                    return await ask()
            except ProblemError as problem:
                if problem.status not in (429, 503) or self._is_over.is_set():
                    raise
                wait_s = min(problem.retry_after_s or _AGAIN_S, _LONGEST_S)
            self.put_off += 1
            # Whoever is told the same wait doesn't come back at the same instant.
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s * random.uniform(1.0, 1.5)):
                    await self._is_over.wait()

    async def guest(self, name: str) -> AsyncPartyApi:
        """Somebody new."""
        api = self.api()
        await self.patient(lambda: api.guest(name))
        return api

    async def film(self, api: AsyncPartyApi) -> tuple[str, bool]:
        """The id of a film that can be played, and whether it was added for this."""
        films = await self.patient(lambda: api.videos(100))
        playable = [film for film in films if film["state"] == "playable"]
        if playable:
            return max(playable, key=lambda film: film["duration_s"] or 0.0)["id"], False
        address = f"{self.url}/media/sample.mp4"
        film = await self.patient(lambda: api.add_video("Simulated film", address, _FILM_S))
        return film["id"], True

    async def delete_film(self, api: AsyncPartyApi, video_id: str) -> None:
        """Delete a film that was added. Raises PartyError."""
        await self.patient(lambda: api.send(Call("DELETE", f"/api/videos/{video_id}")))
