"""All clients in one process, told what to do by lines on its standard input.

    python -m bench.faults.workload URL HISTORY CLIENTS SEED PLANTS

It prints `ready` when everybody is in, after `settle` `settled` once no command is under way any more, and
after `final {party: revision}` `done` once all who stay have heard so much, or haven't in time.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import httpx

from bench.faults.history import Recorder
from bench.faults.seeded_bugs import LOST_PUBLISH
from bench.faults.workload.users import Founder, House, Member, Person, Wanderer

PARTY_SIZE = 5
#: One wanderer and one founder for so many members.
MEMBERS_A_GUEST = 12
AT_ONCE = 6
SETTLE_LIMIT_S = 90.0
FINAL_LIMIT_S = 15.0

T = TypeVar("T")


async def at_once(deeds: list[Callable[[], Awaitable[T]]]) -> list[T]:
    """All of them, a few at a time."""
    door = asyncio.Semaphore(AT_ONCE)

    async def one(deed: Callable[[], Awaitable[T]]) -> T:
        async with door:
            return await deed()

    return list(await asyncio.gather(*(one(deed) for deed in deeds)))


async def settle_in(house: House, count: int, seed: int) -> tuple[list[Member], list[Wanderer | Founder]]:
    """Guests, parties, joins, sockets."""
    others = max(1, count // MEMBERS_A_GUEST)
    people = await at_once([lambda n=n: Person.sign_in(house, n) for n in range(count + 2 * others)])
    staying = [people[at : min(at + PARTY_SIZE, count)] for at in range(0, count, PARTY_SIZE)]
    video = await people[0].add_video()
    found = await at_once([lambda group=group: group[0].start_party(video) for group in staying])
    places = [place for place in found if place is not None]
    joins = []
    for group, place in zip(staying, places, strict=True):
        for person in group[1:]:
            joins.append(lambda person=person, place=place: person.join(place))
            place.stayers.append(person.user)
    assert all(await at_once(joins)), "not everybody came in"
    pairs = [(person, place) for group, place in zip(staying, places, strict=True) for person in group]
    members = [Member(person, place, seed * 1000 + n) for n, (person, place) in enumerate(pairs)]
    for member in members:
        member.ear.start()
    await until(lambda: all(member.ear.is_open for member in members), 30.0)
    wandering, founding = people[count : count + others], people[count + others :]
    guests: list[Wanderer | Founder] = []
    guests += [Wanderer(person, places, seed * 1000 + 500 + n) for n, person in enumerate(wandering)]
    guests += [Founder(person, video, seed * 1000 + 700 + n) for n, person in enumerate(founding)]
    return members, guests


async def until(check: Callable[[], bool], limit_s: float) -> bool:
    """Wait for it; False when it isn't so in time."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + limit_s
    while not check():
        if loop.time() > deadline:
            return False
        await asyncio.sleep(0.02)
    return True


async def told() -> str:
    """The next line of our orders."""
    return (await asyncio.to_thread(sys.stdin.readline)).strip()


async def run(url: str, history: Path, count: int, seed: int, plants: list[str]) -> None:
    """The whole life of the clients."""
    random.seed(seed)
    record, split = Recorder.to(history), urlsplit(url)
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=50, keepalive_expiry=2.0)
    async with httpx.AsyncClient(base_url=url, timeout=12.0, limits=limits, trust_env=False) as http:
        canary = f"zq{random.Random(seed).randrange(10**12):012d}qz"
        address = (split.hostname or "127.0.0.1", split.port or 80)
        house = House(address, http, record, canary, asyncio.Event())
        record("canary", canary)
        members, guests = await settle_in(house, count, seed)
        staying = {member.ear.name: member for member in members}
        print(json.dumps({"ready": sorted(staying)}), flush=True)
        acting = [asyncio.create_task(one.act()) for one in (*members, *guests)]
        if LOST_PUBLISH in plants:
            members[0].ear.to_lose = 1
        assert await told() == "settle"
        house.is_over.set()
        _, unfinished = await asyncio.wait(acting, timeout=SETTLE_LIMIT_S)
        for task in acting:
            if task.done() and task.exception() is not None:
                raise RuntimeError("a client fell over") from task.exception()
        print(json.dumps({"settled": len(unfinished)}), flush=True)
        wanted = json.loads((await told()).removeprefix("final "))
        await until(lambda: all(_is_there(member, wanted) for member in members), FINAL_LIMIT_S)
        for task in unfinished:
            task.cancel()
        for member in members:
            await member.ear.stop()
    record.close()
    print(json.dumps({"done": sum(each.asked for each in (*members, *guests))}), flush=True)


def _is_there(member: Member, wanted: dict[str, int]) -> bool:
    return member.ear.is_open and member.ear.revision >= wanted[member.place_id]


if __name__ == "__main__":
    asyncio.run(
        run(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5].split(","))
    )
