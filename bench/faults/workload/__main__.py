"""The workload of a fault run: all clients in one process, controlled by lines on its standard input.

    python -m bench.faults.workload URL HISTORY CLIENTS SEED BUGS

It prints `ready` when all members have joined and opened their sockets; after the line `settle` it stops
the clients and prints `settled` with the number of those that did not end in time; after
`final {party: [revision, messages, deleted messages, revision of the queue]}` it prints `done` as soon as
all members have come that far, or when `FINAL_LIMIT_S` is over.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import httpx

from bench.faults.history import Recorder
from bench.faults.seeded_bugs import LOST_PUBLISH
from bench.faults.workload.guests import EveningMember, Guest
from bench.faults.workload.members import Creator, Member, Visitor
from bench.faults.workload.users import SharedContext, User

PARTY_SIZE = 5
#: One visitor and one creator for so many members, and so many guests for each of these.
MEMBERS_A_VISITOR, GUESTS_A_VISITOR = 12, 3
#: Every so many-th party watches together in an evening; the others play and seek as fast as they can.
EVENING_EVERY = 3
SETUP_CONCURRENCY = 6
OPEN_LIMIT_S = 30.0
SETTLE_LIMIT_S = 90.0
FINAL_LIMIT_S = 15.0

Permanent = Member | EveningMember
Temporary = Visitor | Creator | Guest
T = TypeVar("T")
#: By party: its revision, its messages, how many of these were deleted, and the revision of its queue.
Wanted = dict[str, tuple[int, int, int, int]]


async def gather_limited(calls: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
    """The results of all calls, of which `SETUP_CONCURRENCY` run at once."""
    limit = asyncio.Semaphore(SETUP_CONCURRENCY)

    async def limited(call: Callable[[], Awaitable[T]]) -> T:
        async with limit:
            return await call()

    return list(await asyncio.gather(*(limited(call) for call in calls)))


async def set_up(context: SharedContext, count: int, seed: int) -> tuple[list[Permanent], list[Temporary]]:
    """Sign in all users, create the parties, and have the members join and open their sockets."""
    others = max(1, count // MEMBERS_A_VISITOR)
    whole = count + (2 + GUESTS_A_VISITOR) * others
    users = await gather_limited([partial(User.sign_in, context, n) for n in range(whole)])
    groups = [users[at : min(at + PARTY_SIZE, count)] for at in range(0, count, PARTY_SIZE)]
    video = await users[0].add_video()
    assert video is not None, "no video could be added"
    created = await gather_limited([partial(group[0].create_party, video) for group in groups])
    parties = [party for party in created if party is not None]
    joins = []
    for group, party in zip(groups, parties, strict=True):
        for user in group[1:]:
            joins.append(partial(user.join, party))
            party.permanent_ids.append(user.id)
    assert all(await gather_limited(joins)), "a member could not join"
    members: list[Permanent] = []
    for number, (group, party) in enumerate(zip(groups, parties, strict=True)):
        kind = EveningMember if number % EVENING_EVERY == 0 else Member
        members += [kind(user, party, seed * 1000 + len(members) + n) for n, user in enumerate(group)]
    for member in members:
        member.listener.start()
    await until(lambda: all(member.listener.is_open for member in members), OPEN_LIMIT_S)
    visiting, creating, invited = (
        users[count : count + others],
        users[count + others : count + 2 * others],
        users[count + 2 * others :],
    )
    temporary: list[Temporary] = []
    temporary += [Visitor(user, parties, seed * 1000 + 500 + n) for n, user in enumerate(visiting)]
    temporary += [Creator(user, video, seed * 1000 + 700 + n) for n, user in enumerate(creating)]
    evenings = parties[::EVENING_EVERY]
    temporary += [Guest(user, evenings, seed * 1000 + 800 + n) for n, user in enumerate(invited)]
    return members, temporary


async def until(check: Callable[[], bool], limit_s: float) -> bool:
    """Wait until `check()`; False when that takes longer than `limit_s`."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + limit_s
    while not check():
        if loop.time() > deadline:
            return False
        await asyncio.sleep(0.02)
    return True


async def next_line() -> str:
    """The next line of the standard input."""
    line: str = await asyncio.to_thread(sys.stdin.readline)
    return line.strip()


async def run(url: str, history: Path, count: int, seed: int, bugs: list[str]) -> None:
    """Set up, run until `settle`, catch up until `final` is reached."""
    random.seed(seed)
    record, split = Recorder.to(history), urlsplit(url)
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=50, keepalive_expiry=2.0)
    async with httpx.AsyncClient(base_url=url, timeout=12.0, limits=limits, trust_env=False) as http:
        canary = f"zq{random.Random(seed).randrange(10**12):012d}qz"
        address = (split.hostname or "127.0.0.1", split.port or 80)
        context = SharedContext(address, http, record, canary, asyncio.Event())
        record("canary", canary)
        members, temporary = await set_up(context, count, seed)
        print(json.dumps({"ready": sorted(member.listener.name for member in members)}), flush=True)
        clients = [*members, *temporary]
        running = [asyncio.create_task(client.run()) for client in clients]
        if LOST_PUBLISH in bugs:
            members[0].listener.changes_to_drop = 1
        assert await next_line() == "settle"
        context.stopping.set()
        _, unfinished = await asyncio.wait(running, timeout=SETTLE_LIMIT_S)
        for task in running:
            if task.done() and task.exception() is not None:
                raise RuntimeError("a client failed") from task.exception()
        print(json.dumps({"settled": len(unfinished)}), flush=True)
        wanted = json.loads((await next_line()).removeprefix("final "))
        await until(lambda: all(_has_reached(member, wanted) for member in members), FINAL_LIMIT_S)
        for task in unfinished:
            task.cancel()
        for member in members:
            await member.read()
            member.listener.record_heard()
            await member.listener.stop()
    record.close()
    print(json.dumps({"done": sum(client.requests for client in clients)}), flush=True)


def _has_reached(member: Permanent, wanted: Wanted) -> bool:
    """Whether a member has the party's revision, all of its chat, and its queue."""
    listener, (revision, messages, deleted, queue) = member.listener, wanted[member.party_id]
    return (
        listener.is_open
        and listener.revision >= revision
        and listener.talk.last_seq >= messages
        and listener.talk.count_deleted() >= deleted
        and listener.queue.get("queue_revision", 0) >= queue
    )


if __name__ == "__main__":
    asyncio.run(
        run(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5].split(","))
    )
