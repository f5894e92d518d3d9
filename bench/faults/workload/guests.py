"""Who is there in the evening: members of a party that watches together, and guests who come by invites."""

from __future__ import annotations

import asyncio
import random
import uuid
from typing import Any

from bench.faults.workload.evening import Evening
from bench.faults.workload.operations import Answer
from bench.faults.workload.permanent_member import PermanentMember
from bench.faults.workload.users import PartyHandle, User

Json = dict[str, Any]

#: From one thing that an evening's member does to the next, in s.
PAUSE_S = (0.05, 0.4)
#: The share of these that are commands of the playback: seldom, so that films end and waits last.
PLAYBACK = 0.02


class EveningMember(PermanentMember):
    """Watches with the others: talks, queues films, waits, and has a word in who is there."""

    async def run(self) -> None:
        """One thing after the other until the workload stops."""
        if self._party.permanent_ids[0] == self._user.id:
            await self._evening.begin()
        while not self._user.context.stopping.is_set():
            self.requests += 1
            if self._rng.random() < PLAYBACK:
                await self._control()
            else:
                await self._evening.act()
            await asyncio.sleep(self._rng.uniform(*PAUSE_S))

    async def _control(self) -> None:
        action = self._rng.choice(("play", "play", "play", "pause", "seek"))
        command: Json = {"type": "command", "id": str(uuid.uuid4()), "action": action}
        if action == "play" and self._rng.random() < 0.5:
            command["when_ready"] = True
        if action == "seek":
            command["position_s"] = self._rng.uniform(0.0, 3.0)

        async def attempt() -> Answer:
            return await self._user.operations.try_socket(self.listener, command)

        await self._user.operations.execute(command["id"], self._party.id, action, attempt)


class Guest:
    """Comes by an invite, as other guests do at once, stays for a moment, and goes or is put out."""

    def __init__(self, user: User, parties: list[PartyHandle], seed: int) -> None:
        self._user, self._parties, self._rng = user, parties, random.Random(seed)
        self.requests = 0

    async def run(self) -> None:
        """Party after party until the workload stops."""
        unknown: set[str] = set()
        while not self._user.context.stopping.is_set():
            party = self._rng.choice(self._parties)
            if not party.invites:
                await asyncio.sleep(0.05)
                continue
            self.requests += 1
            # All guests take the newest first, so most of them come too late.
            invite, code = party.invites[-1]
            if self._rng.random() < 0.1:
                invite, code = "", party.invite_code
            noop = party.id in unknown
            answer = await self._user.enter(party, code, may_be_noop=noop, facts={"invite": invite})
            if answer.status == 0:
                unknown.add(party.id)
            elif answer.status == 200:
                if not await self._stay(party):
                    unknown.add(party.id)
                else:
                    unknown.discard(party.id)
            await asyncio.sleep(self._rng.uniform(0.05, 0.3))

    async def _stay(self, party: PartyHandle) -> bool:
        """Stay for a moment; False when it is unknown whether the guest has left."""
        party.guests.add(self._user.id)
        listener = self._user.listener(party, f"{self._user.id}/{self.requests}")
        listener.start()
        evening = Evening(self._user, party, listener, self._rng)
        for _ in range(self._rng.randint(1, 6)):
            if self._user.context.stopping.is_set():
                break
            await asyncio.sleep(self._rng.uniform(0.1, 0.4))
            await evening.act(as_guest=True)
        # Who was put out may leave all the same, which changes nothing.
        status = await self._user.go(party, may_be_noop=True)
        party.guests.discard(self._user.id)
        await asyncio.sleep(0.05)
        await listener.stop()
        return status != 0
