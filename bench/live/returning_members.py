"""Members who come back by themselves when their connection is lost, as the shipped client does.

    python -m bench.live.returning_members

Actions as those of `bench.live.playing_members`, and `back`: until everybody is back. Who is refused with 503
waits for its `Retry-After`; every wait has full jitter, up to 0.5 s at first and doubled up to 10 s.
"""

import asyncio
import random
import time
from typing import Any

from picows import WSInvalidStatusError

from bench.live.actions import run_actions
from bench.live.playing_members import ACTIONS, Member, close, members, welcomed

BASE_S, CAP_S = 0.5, 10.0
#: How often to look whether all are back; the instants are told by the members themselves.
LOOK_S = 0.1


class Returning:
    """One person, by the connections that they have after one another."""

    def __init__(self, given: dict[str, Any]) -> None:
        self._given = given
        self._returning: asyncio.Task[None] | None = None
        self.lost_s = self.back_s = 0.0
        self.refused = self.failed = 0

    async def come(self) -> None:
        """Connect for the first time, or again."""
        members.append(await welcomed(self._given, Member(True, self._lose)))

    @property
    def is_gone(self) -> bool:
        """Lost, and not back yet."""
        return self.lost_s > self.back_s

    def _lose(self) -> None:
        self.lost_s, self.refused, self.failed = time.perf_counter(), 0, 0
        self._returning = asyncio.get_running_loop().create_task(self._return())

    async def _return(self) -> None:
        attempt, least_s = 0, 0.0
        while True:
            await asyncio.sleep(least_s + random.random() * min(CAP_S, BASE_S * 2**attempt))
            attempt, least_s = attempt + 1, 0.0
            try:
                await self.come()
            except WSInvalidStatusError as refusal:
                self.refused += 1
                least_s = float(refusal.response.headers.get("Retry-After", 0)) if refusal.response else 0.0
            except (OSError, TimeoutError):
                # Closed before the welcome, too.
                self.failed += 1
            else:
                self.back_s = time.perf_counter()
                return


people: list[Returning] = []


async def open_people(sockets: list[dict[str, Any]], at_once: int) -> dict[str, Any]:
    """Connect all."""
    limit = asyncio.Semaphore(at_once)

    async def come(person: Returning) -> None:
        async with limit:
            await person.come()

    people.extend(map(Returning, sockets))
    await asyncio.gather(*map(come, people))
    return {"opened": len(people)}


async def back(began_s: float, limit_s: float) -> dict[str, Any]:
    """Wait until nobody is gone of those who were lost since `began_s` (this machine's clock, s)."""
    began = time.perf_counter() - (time.time() - began_s)
    lost: list[Returning] = []
    while time.perf_counter() - began < limit_s:
        await asyncio.sleep(LOOK_S)
        lost = [person for person in people if person.lost_s >= began]
        if lost and not any(person.is_gone for person in lost):
            break
    took = sorted(person.back_s - began for person in lost if not person.is_gone)
    return {
        "lost": len(lost),
        "gone": sum(person.is_gone for person in people),
        "p50": took[len(took) // 2] if took else None,
        "last": took[-1] if took else None,
        "refused": sum(person.refused for person in lost),
        "failed": sum(person.failed for person in lost),
        "twice": sum(person.refused + person.failed > 1 for person in lost),
    }


async def close_people() -> dict[str, Any]:
    """Drop all."""
    people.clear()
    return await close()


if __name__ == "__main__":
    asyncio.run(run_actions({**ACTIONS, "open": open_people, "back": back, "close": close_people}))
